"""The frame and the small parts of the sandbox's pages, as escaped HTML text. Pure."""

from collections.abc import Iterable
from html import escape

STYLE = """
:root{color-scheme:light dark;--bg:#f8f9fb;--panel:#fff;--text:#1c2024;--soft:#5b6472;--line:#d9dde5;--accent:#3e63dd;
--on-accent:#fff;--new:#e8ebf0;--indeterminate:#dde6ff;--done:#d6f1df;--warn:#ffe5d1;--code:#eef0f4}
@media (prefers-color-scheme:dark){:root{--bg:#111418;--panel:#181c22;--text:#e9ecf1;--soft:#a3adbb;--line:#323a46;
--accent:#8aa4ff;--on-accent:#10131a;--new:#2a313c;--indeterminate:#24315f;--done:#1d4330;--warn:#54331c;--code:#232933}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:14px/1.5 system-ui,sans-serif}
header{background:var(--panel);border-bottom:1px solid var(--line);padding:8px 20px;display:flex;flex-wrap:wrap;gap:4px 18px;align-items:baseline}
header strong{margin-right:6px}main{max-width:1080px;margin:0 auto;padding:20px}a{color:var(--accent)}
h1{font-size:21px;margin:0 0 12px}h2{font-size:16px;margin:22px 0 8px}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:6px 9px;border-bottom:1px solid var(--line);vertical-align:top}th{font-weight:600;color:var(--soft)}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:6px}
.card{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:14px 16px;margin:0 0 14px}
.grid{display:grid;gap:14px}@media(min-width:820px){.grid{grid-template-columns:3fr 2fr}}
.lozenge{display:inline-block;border-radius:4px;padding:0 7px;font-size:12px;font-weight:600;background:var(--new);white-space:nowrap}
.indeterminate{background:var(--indeterminate)}.done{background:var(--done)}.warn{background:var(--warn)}.soft{color:var(--soft)}
button,.button{font:inherit;border:1px solid var(--line);background:var(--panel);color:var(--text);border-radius:5px;padding:4px 11px;cursor:pointer;text-decoration:none;display:inline-block}
button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
label{display:block;font-weight:600;margin:10px 0 3px}input,select,textarea{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:5px;padding:5px 8px;width:100%}
textarea{min-height:150px;font-family:ui-monospace,monospace;font-size:13px}input[type=checkbox]{width:auto}
form.inline{display:inline-flex;gap:6px;align-items:center;flex-wrap:wrap}form.inline select,form.inline input{width:auto}
.row{display:flex;gap:8px;flex-wrap:wrap;align-items:center}pre{background:var(--code);padding:9px;border-radius:5px;overflow-x:auto}
code{background:var(--code);border-radius:3px;padding:0 3px}.panel{border-left:3px solid var(--accent);background:var(--code);padding:4px 12px;border-radius:4px;margin:8px 0}
.body table{width:auto}.body blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:12px;color:var(--soft)}.mention{color:var(--accent)}
.message{border-left:4px solid var(--accent)}fieldset{border:0;padding:0;margin:0}
"""


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


def select(name: str, options: Iterable[tuple[str, str]], chosen: Iterable[str], *, many: bool = False) -> str:
    """`options` are (value, text)."""
    picked = set(chosen)
    inner = "".join(
        f'<option value="{escape(value)}"{" selected" if value in picked else ""}>{escape(text)}</option>'
        for value, text in options
    )
    extra = ' multiple size="5"' if many else ""
    return f'<select id="{name}" name="{name}"{extra}>{inner}</select>'


def message(text: str) -> str:
    return f'<div class="card message" role="status">{escape(text)}</div>' if text else ""
