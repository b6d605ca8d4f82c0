"""Wiki markup → Atlassian Document Format, as far as the sandbox's own texts and a plan's texts need it.

Vendor page: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from typing import Any

from .model import Json

_FENCE = re.compile(r"^\{(code|noformat|panel|quote|info|note|tip|warning)(?::([^}]*))?\}(.*)$")
_HEADING = re.compile(r"^h([1-6])\.\s+(.*)$")
_ITEM = re.compile(r"^\s*([*#]+|-)\s+(.*)$")
_PANELS = {"panel": "info", "info": "info", "note": "warning", "tip": "success", "warning": "error"}
_INLINE = re.compile(
    r"\\\\(?=\s|$)\s?|\\(?P<escaped>[\\*_+\-{}\[\]|!^~#])"
    r"|\{\{(?P<code>.+?)\}\}"
    r"|\[~accountid:(?P<account>[^\]]+)\]|\[~(?P<user>[^\]]+)\]"
    r"|\[(?:(?P<text>[^\]|\n]+)\|)?(?P<href>(?:https?|mailto|ftp):[^\]|\n]+)(?:\|[^\]]*)?\]"
    r"|\{color:(?P<color>[^}]+)\}(?P<colored>.*?)\{color\}"
    r"|(?<![\w*])\*(?P<strong>(?!\s)[^*\n]+?(?<!\s))\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>(?!\s)[^_\n]+?(?<!\s))_(?![\w_])"
    r"|(?<![\w+])\+(?P<underline>(?!\s)[^+\n]+?(?<!\s))\+(?![\w+])"
    r"|(?<![\w-])-(?P<strike>(?!\s)[^-\n]+?(?<!\s))-(?![\w-])"
    r"|(?<!\w)\^(?P<sup>[^^\n]+)\^|(?<![\w~])~(?P<sub>[^~\n]+)~(?![\w~])"
    r"|(?P<url>https?://[^\s\]|)]+)|(?P<newline>\n)"
)
_NAMED_COLORS = {"red": "#ff5630", "green": "#36b37e", "blue": "#0065ff", "orange": "#ff991f", "grey": "#97a0af"}


def parse_wiki(text: str) -> Json:
    """Parse wiki markup into an ADF document. Markup that is not known stays as text."""
    return {"version": 1, "type": "doc", "content": _blocks(text.replace("\r\n", "\n").split("\n"))}


def _blocks(lines: list[str]) -> list[Json]:
    found: list[Json] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line.strip())
        if not line.strip():
            at += 1
        elif fence and (end := _fence_end(lines, at, fence.group(1), fence.group(3))) is not None:
            inner, at = end
            found.append(_fenced(fence.group(1), fence.group(2) or "", inner))
        elif heading := _HEADING.match(line):
            found.append({"type": "heading", "attrs": {"level": int(heading.group(1))}, **_content(heading.group(2))})
            at += 1
        elif line.startswith("bq. "):
            found.append({"type": "blockquote", "content": [_paragraph(line[4:])]})
            at += 1
        elif re.fullmatch(r"-{4,}\s*", line):
            found.append({"type": "rule"})
            at += 1
        elif _ITEM.match(line):
            at = _take_list(lines, at, found)
        elif line.lstrip().startswith("|"):
            rows = []
            while at < len(lines) and lines[at].lstrip().startswith("|"):
                rows.append(_row(lines[at].strip()))
                at += 1
            found.append({"type": "table", "content": rows})
        else:
            text = [line]
            at += 1
            while at < len(lines) and lines[at].strip() and not _starts_block(lines[at]):
                text.append(lines[at])
                at += 1
            found.append(_paragraph("\n".join(text)))
    return found


def _starts_block(line: str) -> bool:
    return bool(
        _HEADING.match(line)
        or _ITEM.match(line)
        or _FENCE.match(line.strip())
        or line.lstrip().startswith("|")
        or line.startswith("bq. ")
        or re.fullmatch(r"-{4,}\s*", line)
    )


def _fence_end(lines: list[str], at: int, name: str, rest: str) -> tuple[list[str], int] | None:
    close = "{" + name + "}"
    if close in rest:
        return [rest.split(close, 1)[0]], at + 1
    inner = [rest] if rest else []
    for index in range(at + 1, len(lines)):
        if close in lines[index]:
            before = lines[index].split(close, 1)[0]
            return inner + ([before] if before else []), index + 1
        inner.append(lines[index])
    return None


def _fenced(name: str, options: str, inner: list[str]) -> Json:
    if name in ("code", "noformat"):
        language = next((part for part in options.split("|") if part and "=" not in part), None)
        text = "\n".join(inner)
        block: Json = {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
        if language:
            block["attrs"] = {"language": language}
        return block
    content = _blocks(inner) or [{"type": "paragraph", "content": []}]
    if name == "quote":
        return {"type": "blockquote", "content": content}
    title = next((part.split("=", 1)[1] for part in options.split("|") if part.startswith("title=")), None)
    if title:
        content = [{"type": "paragraph", "content": [_text(title, [{"type": "strong"}])]}, *content]
    return {"type": "panel", "attrs": {"panelType": _PANELS[name]}, "content": content}


def _take_list(lines: list[str], at: int, found: list[Json]) -> int:
    """Read one list with its nested lists; `*` and `-` are bullets, `#` numbers."""
    stack: list[tuple[str, Json]] = []
    while at < len(lines) and (item := _ITEM.match(lines[at])):
        marks = item.group(1).replace("-", "*")
        text = [item.group(2)]
        at += 1
        while at < len(lines) and lines[at].strip() and not _starts_block(lines[at]):
            text.append(lines[at].strip())
            at += 1
        while stack and (len(stack) > len(marks) or stack[-1][0] != marks[len(stack) - 1]):
            stack.pop()
        while len(stack) < len(marks):
            mark = marks[len(stack)]
            fresh: Json = {"type": "orderedList" if mark == "#" else "bulletList", "content": []}
            if stack:
                items = stack[-1][1]["content"]
                if not items:
                    items.append({"type": "listItem", "content": [{"type": "paragraph", "content": []}]})
                items[-1]["content"].append(fresh)
            else:
                found.append(fresh)
            stack.append((mark, fresh))
        stack[-1][1]["content"].append({"type": "listItem", "content": [_paragraph("\n".join(text))]})
    return at


def _row(line: str) -> Json:
    cells = []
    for bars, text in re.findall(r"(\|\|?)((?:\[[^\]]*\]|\\\||[^|])*)(?=\||$)", line):
        if text.strip() or (text and not text.isspace()):
            kind = "tableHeader" if bars == "||" else "tableCell"
            cells.append({"type": kind, "content": [_paragraph(text.strip())]})
        elif text:
            cells.append({"type": "tableCell", "content": [{"type": "paragraph", "content": []}]})
    return {"type": "tableRow", "content": cells}


def _content(text: str) -> Json:
    return {"content": _inline(text, [])}


def _paragraph(text: str) -> Json:
    return {"type": "paragraph", "content": _inline(text, [])}


def _text(text: str, marks: list[Json]) -> Json:
    return {"type": "text", "text": text, "marks": marks} if marks else {"type": "text", "text": text}


def _inline(text: str, marks: list[Json]) -> list[Json]:
    found: list[Json] = []
    plain = ""

    def settle() -> None:
        nonlocal plain
        if plain:
            found.append(_text(plain, marks))
            plain = ""

    at = 0
    for match in _INLINE.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        kind = match.lastgroup
        group: dict[str, Any] = match.groupdict()
        if kind == "escaped":
            plain += group["escaped"]
            continue
        settle()
        if kind is None or kind == "newline":
            found.append({"type": "hardBreak"})
        elif kind == "code":
            found.append(_text(group["code"], [*[m for m in marks if m["type"] == "link"], {"type": "code"}]))
        elif kind in ("account", "user"):
            name = group[kind]
            found.append({"type": "mention", "attrs": {"id": name, "text": "@" + name}})
        elif kind in ("href", "url"):
            href = group[kind]
            link = {"type": "link", "attrs": {"href": href}}
            found.extend(_inline_link(group["text"] or href, [*marks, link]))
        elif kind == "colored":
            color = _NAMED_COLORS.get(group["color"], group["color"])
            mark = [{"type": "textColor", "attrs": {"color": color}}] if color.startswith("#") else []
            found.extend(_inline(group["colored"], [*marks, *mark]))
        elif kind in ("sup", "sub"):
            found.extend(_inline(group[kind], [*marks, {"type": "subsup", "attrs": {"type": kind}}]))
        else:
            found.extend(_inline(group[str(kind)], [*marks, {"type": str(kind)}]))
    plain += text[at:]
    settle()
    return found


def _inline_link(text: str, marks: list[Json]) -> list[Json]:
    return [_text(text, marks)]
