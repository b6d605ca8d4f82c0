"""Reading a body within a limit that counts after decompression."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"
_STEP = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class UndecodableBodyError(ValueError):
    """The body is not what its ``Content-Encoding`` says, or that encoding was not asked for."""


def read_limited(chunks: Iterable[bytes], encoding: str, limit: int, into: bytearray) -> bool:
    """Append the decoded body to ``into``, at most ``limit`` bytes; True when it was cut there.

    A compressed body is unpacked in small steps, so that little of it expanding to much costs little memory.
    Raises :class:`UndecodableBodyError`; what ``chunks`` raises passes through. What came before stays in ``into``.
    """
    for piece in _decoded(chunks, encoding.strip().lower(), limit):
        room = limit - len(into)
        into += piece[:room]
        if len(piece) > room:
            return True
    return False


def _decoded(chunks: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    if encoding in {"", "identity"}:
        yield from chunks
    elif encoding in {"gzip", "x-gzip"}:
        yield from _inflated(chunks, _GZIP, limit)
    elif encoding == "deflate":
        yield from _inflated(chunks, zlib.MAX_WBITS, limit)
    else:
        raise UndecodableBodyError(f'The body is encoded as "{encoding}", which was not asked for')


def _inflated(chunks: Iterable[bytes], bits: int, limit: int) -> Iterator[bytes]:
    taken = 0
    unpack = None
    for chunk in chunks:
        taken += len(chunk)
        if taken > limit:
            raise UndecodableBodyError("The compressed body is larger than an unpacked one may be")
        if unpack is None:
            unpack = _unpacker(chunk, bits)
        rest = chunk
        while rest:
            if unpack.eof:
                unpack = zlib.decompressobj(bits)
            try:
                yield unpack.decompress(rest, _STEP)
            except zlib.error as exc:
                raise UndecodableBodyError(f"The compressed body does not unpack: {exc}") from exc
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    if unpack is not None and not unpack.eof:
        raise UndecodableBodyError("The compressed body ends too early")


def _unpacker(first: bytes, bits: int) -> zlib._Decompress:
    """Some servers send ``deflate`` without the zlib header that the standard wants."""
    if bits == zlib.MAX_WBITS and first and not _has_zlib_header(first):
        return zlib.decompressobj(-zlib.MAX_WBITS)
    return zlib.decompressobj(bits)


def _has_zlib_header(first: bytes) -> bool:
    return first[0] & 0x0F == 8 and (len(first) < 2 or (first[0] << 8 | first[1]) % 31 == 0)
