"""Files that pages are made of: style sheets, fonts, scripts. All lie in this package.

The address of a file holds a stamp made from the contents of all files, so that browsers may keep it for ever.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

_HERE = Path(__file__).parent
ROOT = _HERE / "static" / "tieline"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    kind: str
    plain: bytes
    zipped: bytes | None


@cache
def _read_assets() -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in _KINDS and path.is_file():
            plain = path.read_bytes()
            zipped = None if path.suffix == ".woff2" else gzip.compress(plain, 9, mtime=0)
            found[path.relative_to(ROOT).as_posix()] = Asset(kind=_KINDS[path.suffix], plain=plain, zipped=zipped)
    return found


@cache
def stamp() -> str:
    """Twelve characters that change whenever one of the files does."""
    whole = hashlib.sha256()
    for name, asset in _read_assets().items():
        whole.update(name.encode() + b"\0" + asset.plain)
    return whole.hexdigest()[:12]


def serve(request: HttpRequest, stamped: str, path: str) -> HttpResponse:
    """One file, by its exact name: nothing outside the list can be asked for."""
    asset = _read_assets().get(path)
    if asset is None:
        return HttpResponseNotFound("No such file.", content_type="text/plain; charset=utf-8")
    if asset.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(asset.zipped, content_type=asset.kind)
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(asset.plain, content_type=asset.kind)
    answer["Vary"] = "Accept-Encoding"
    answer["Cache-Control"] = "public, max-age=31536000, immutable" if stamped == stamp() else "no-cache"
    return answer


@cache
def icon_shapes(name: str) -> str:
    """The shapes inside one Lucide icon, ready to stand inside an ``<svg>`` of ours."""
    text = (_HERE / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    inside = text.split(">", 2)[2].rsplit("</svg>", 1)[0]
    return " ".join(inside.split())
