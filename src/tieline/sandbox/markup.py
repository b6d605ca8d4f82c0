"""The frame and the small parts of the sandbox's pages, as escaped HTML text. Pure."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files

STYLE = files(__package__).joinpath("sandbox.css").read_text(encoding="utf-8")


def frame(title: str, body: str, *, edition: str, project: str = "ROAD") -> str:
    """A whole page."""
    name = "Cloud" if edition == "cloud" else "Data Center"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · sandbox Jira</title>"
        '<link rel="stylesheet" href="/sandbox/style.css"></head><body>'
        f"<header><strong>Sandbox Jira, {name}</strong>"
        f'<nav class="row"><a href="/sandbox/pages/projects/{project}">Issues</a>'
        f'<a href="/sandbox/pages/projects/{project}/versions">Versions</a>'
        '<a href="/sandbox/panel">Faults</a></nav>'
        '<span class="soft">You act as Robin Vale (sandbox)</span></header>'
        f"<main>{body}</main></body></html>"
    )


def lozenge(text: str, kind: str) -> str:
    return f'<span class="lozenge {escape(kind)}">{escape(text)}</span>'


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """`heads` are texts, `rows` hold finished HTML."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def field(label: str, control: str, *, name: str) -> str:
    return f'<label for="{name}">{escape(label)}</label>{control}'


def text_input(name: str, value: str | None, *, type: str = "text", required: bool = False) -> str:
    must = " required" if required else ""
    return f'<input id="{name}" name="{name}" type="{type}" value="{escape(value or "")}"{must}>'


def select(
    name: str, options: Iterable[tuple[str, str]], chosen: Iterable[str], *, many: bool = False, label: str = ""
) -> str:
    """`options` are (value, text); `label` is for a control that has no visible one."""
    picked = set(chosen)
    inner = "".join(
        f'<option value="{escape(value)}"{" selected" if value in picked else ""}>{escape(text)}</option>'
        for value, text in options
    )
    extra = ' multiple size="5"' if many else ""
    said = f' aria-label="{escape(label)}"' if label else ""
    return f'<select id="{name}" name="{name}"{extra}{said}>{inner}</select>'


def message(text: str) -> str:
    return f'<div class="card message" role="status">{escape(text)}</div>' if text else ""
