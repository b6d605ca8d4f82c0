"""A body of Jira as Markdown, and an edited Markdown back into that body.

A body is cut into top-level blocks, each with its own Markdown. An edit is the difference between
two lists of such texts: blocks whose text stayed return as Jira holds them, byte for byte, whether
or not we can show what they are; only new and changed ones are converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieline.records.issue import Edition
from tieline.richtext.fit import fit_document
from tieline.richtext.graft import compare, graft
from tieline.richtext.kept import Kept, build_kept
from tieline.richtext.markdown_read import MarkdownBlock, normalised, parse_markdown
from tieline.richtext.markdown_write import render_block
from tieline.richtext.nodes import Node, canonical, canonical_blocks, fingerprint, is_blank, is_sound
from tieline.richtext.wiki_body import WikiPart, WikiText, build_wiki_text, render_wiki_block

Body = Mapping[str, Any] | str | None
"""A body as Jira holds it: an ADF document, wiki markup, or None where it is empty."""


@dataclass(frozen=True, kw_only=True)
class EditedBody:
    """What to send to Jira. ``losses`` are sentences about what the text could not carry over;
    ``unchanged_blocks`` counts the blocks that stay exactly as Jira holds them."""

    body: Body
    losses: tuple[str, ...] = ()
    unchanged_blocks: int = 0


@dataclass(frozen=True, kw_only=True)
class _Segment:
    """One visible block of a kept body: its Markdown, its node, blank paragraphs that go with it."""

    markdown: str
    node: Any
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()


def markdown_of(body: Body, edition: Edition) -> str:  # noqa: ARG001 - one signature for all who ask
    """Return a body as Markdown, for reading and for editing here. "" when it is empty; never raises.

    The notation is seen from the body itself, not from ``edition``: webhooks carry wiki markup on
    Cloud too.
    """
    if isinstance(body, str):
        segments, _ = _wiki_segments(build_wiki_text(body))
    elif body is None:
        return ""
    else:
        segments, _ = _document_segments(body)
    return "\n\n".join(segment.markdown for segment in segments)


def body_of(markdown: str, edition: Edition) -> EditedBody:
    """Turn new Markdown into a body: an ADF document on Cloud, wiki markup on Data Center."""
    reading = parse_markdown(markdown)
    losses = list(reading.losses)
    if edition is Edition.DATA_CENTER:
        texts = [render_wiki_block(held.nodes, "", losses) for held in reading.blocks]
        text = "\n\n".join(part for part in texts if part)
        return EditedBody(body=text or None, losses=_once(losses))
    content = fit_document([node for held in reading.blocks for node in held.nodes], losses)
    return EditedBody(body=_document({}, content), losses=_once(losses))


def apply_edit(kept: Body, before: str, after: str, edition: Edition) -> EditedBody:
    """Carry an edit over into the body that Jira holds.

    ``kept`` is that body, ``before`` the Markdown derived from it, ``after`` what the person wrote.
    When nothing was written, the body returns as it is.
    """
    if kept is None or isinstance(kept, str) != (edition is Edition.DATA_CENTER):
        return body_of(after, edition)
    if isinstance(kept, str):
        return _edit_wiki(kept, before, after)
    segments, held = _document_segments(kept)
    if _is_untouched(before, after, segments):
        return EditedBody(body=kept, unchanged_blocks=len(segments))
    reading = parse_markdown(after, held)
    losses = list(reading.losses)
    content: list[Any] = []
    unchanged = 0
    for place, written in _arranged(segments, reading.blocks):
        segment = segments[place] if place is not None else None
        if segment is not None:
            content += segment.before
        if written is None and segment is not None:
            content.append(segment.node)
            unchanged += 1
        elif written is not None:
            fitted = fit_document(written.nodes, losses)
            if segment is not None and fitted:
                fitted = [graft(fitted[0], segment.node), *fitted[1:]]
            content += fitted
        if segment is not None:
            content += segment.after
    return EditedBody(body=_document(kept, content), losses=_once(losses), unchanged_blocks=unchanged)


def same_text(a: Body, b: Body, edition: Edition) -> bool:
    """Say whether two bodies say the same, so that no write is needed: ids, layout and blanks aside."""
    if isinstance(a, str) and isinstance(b, str) and _flat(a) == _flat(b):
        return True
    first, second = _blocks_of(a), _blocks_of(b)
    if isinstance(a, str) == isinstance(b, str) or a is None or b is None:
        return first == second
    return markdown_of(a, edition) == markdown_of(b, edition)


def _blocks_of(body: Body) -> tuple[Any, ...]:
    if body is None:
        return ()
    if isinstance(body, str):
        nodes: Sequence[Any] = [node for held in build_wiki_text(body).blocks for node in held.nodes]
    else:
        nodes = _content_of(body)
    if all(map(is_sound, nodes)):
        return canonical_blocks(nodes)
    visible = (node for node in nodes if not is_blank(node))
    return tuple(canonical(node) if is_sound(node) else (fingerprint(node),) for node in visible)


def _flat(text: str) -> str:
    return "\n".join(line.rstrip() for line in normalised(text).split("\n")).strip()


def _once(losses: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(losses))


def _content_of(body: Mapping[str, Any]) -> list[Any]:
    content = body.get("content")
    if body.get("type") == "doc" and isinstance(content, list):
        return content
    return [] if not body or (body.get("type") == "doc" and content is None) else [dict(body)]


def _document(kept: Mapping[str, Any], content: list[Any]) -> Body:
    if not content:
        return None
    frame = kept if kept.get("type") == "doc" else {"version": 1, "type": "doc"}
    return {**frame, "content": content}


def _document_segments(body: Mapping[str, Any]) -> tuple[list[_Segment], Kept]:
    content = _content_of(body)
    kept = build_kept(content)
    segments: list[_Segment] = []
    waiting: list[Any] = []
    family, other = "", False
    for node in content:
        if is_blank(node):
            if segments:
                last = segments[-1]
                segments[-1] = _Segment(
                    markdown=last.markdown, node=last.node, before=last.before, after=(*last.after, node)
                )
            else:
                waiting.append(node)
            continue
        own = _family(node)
        other = not other if own and own == family else False
        family = own
        markdown = render_block(node, kept, other_bullet=other)
        segments.append(_Segment(markdown=markdown, node=node, before=tuple(waiting)))
        waiting = []
    return segments, kept


def _family(node: object) -> str:
    kind = node.get("type") if isinstance(node, dict) else None
    return {"bulletList": "bullet", "taskList": "bullet", "orderedList": "ordered"}.get(str(kind), "")


def _wiki_segments(wiki: WikiText) -> tuple[list[_Segment], Kept]:
    kept = build_kept([node for held in wiki.blocks for node in held.nodes])
    segments: list[_Segment] = []
    family, other = "", False
    for held in wiki.blocks:
        node: Node = held.nodes[0]
        own = _family(node)
        other = not other if own and own == family else False
        family = own
        segments.append(_Segment(markdown=render_block(node, kept, other_bullet=other, wiki=True), node=node))
    return segments, kept


def _is_untouched(before: str, after: str, segments: Sequence[_Segment]) -> bool:
    written = normalised(after).strip()
    return written in {normalised(before).strip(), "\n\n".join(s.markdown for s in segments).strip()}


def _arranged(
    segments: Sequence[_Segment], blocks: Sequence[MarkdownBlock]
) -> list[tuple[int | None, MarkdownBlock | None]]:
    """Say for each block of the new text where it comes from: ``(place, None)`` is kept as it is,
    ``(place, block)`` replaces the block at that place, ``(None, block)`` is new."""
    texts = [segment.markdown.rstrip() for segment in segments]
    steps = compare(texts, [held.text for held in blocks])
    spare: dict[str, list[int]] = {}
    for step, old_from, old_to, _, _ in steps:
        if step in {"delete", "replace"}:
            for place in range(old_from, old_to):
                spare.setdefault(texts[place], []).append(place)
    arranged: list[tuple[int | None, MarkdownBlock | None]] = []
    for step, old_from, old_to, new_from, new_to in steps:
        if step == "equal":
            arranged += [(place, None) for place in range(old_from, old_to)]
            continue
        moved = {new: spare[blocks[new].text].pop(0) for new in range(new_from, new_to) if spare.get(blocks[new].text)}
        mates = iter([place for place in range(old_from, old_to) if place in spare.get(texts[place], ())])
        for new in range(new_from, new_to):
            arranged.append((moved[new], None) if new in moved else (next(mates, None), blocks[new]))
    return arranged


def _edit_wiki(kept: str, before: str, after: str) -> EditedBody:
    wiki = build_wiki_text(kept)
    segments, held = _wiki_segments(wiki)
    if _is_untouched(before, after, segments):
        return EditedBody(body=kept, unchanged_blocks=len(segments))
    reading = parse_markdown(after, held)
    losses = list(reading.losses)
    parts: list[WikiPart] = []
    for place, written in _arranged(segments, reading.blocks):
        if written is None and place is not None:
            parts.append(WikiPart(markup=wiki.source(place), place=place, kept=True))
        elif written is not None:
            old = wiki.source(place) if place is not None else ""
            text = render_wiki_block(written.nodes, old, losses, verbatim=wiki.macros)
            alike = place is not None and [n["type"] for n in written.nodes] == [segments[place].node["type"]]
            if text:
                parts.append(WikiPart(markup=text, place=place if alike else None))
    unchanged = sum(part.kept for part in parts)
    text = wiki.joined(parts)
    return EditedBody(body=text or None, losses=_once(losses), unchanged_blocks=unchanged)
