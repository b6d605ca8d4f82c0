"""Words from Jira and from people that are markup to a browser: shown as words on every page that shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from tests.web.conftest import AT, Scene
from tests.web.test_routes import ASKS_JIRA, ROUTES, address_of
from tieline.diagnosis.card import build_card
from tieline.diagnosis.evidence import Evidence, Exchange, Failure, Request, Response, Settings, Stage
from tieline.diagnosis.finding import Confidence, Finding
from tieline.richtext.html import render_html
from tieline.store.evidence import exchange_as_json, finding_as_json, parse_finding
from tieline.store.ids import new_id
from tieline.store.models import (
    CheckRun,
    Clash,
    Connection,
    Delivery,
    ImportRun,
    Integration,
    Link,
    LogEntry,
    Problem,
    Record,
    RecordChange,
    User,
    Workspace,
)
from tieline.web.headers import POLICY

PAYLOADS = (
    "<script>pwn()</script>", "<SCRIPT/x pwn=1>pwn()</SCRIPT>", "<script src=//pwn.example/x.js></script>",
    "</textarea><script pwn>1</script>", "</title><script pwn>1</script>", "</pre></code><img pwn src=x>",
    '"><img pwn src=x onerror=pwn()>', "'><img pwn src=x onerror=pwn()>", "<img pwn src=x onerror=pwn()>",
    "<svg/onload=pwn()>", "<svg><script pwn>1</script></svg>", "<svg><animate pwn onbegin=pwn() attributeName=x>",
    "<math><mtext><table><mglyph><style><img pwn src onerror=pwn()>", "<iframe pwn srcdoc='<script>pwn()</script>'>",
    "<iframe pwn src=javascript:pwn()>", "<object pwn data=javascript:pwn()>", "<embed pwn src=javascript:pwn()>",
    "<a pwn href=javascript:pwn()>x</a>", "<form pwn action=javascript:pwn()><button>x", "<base pwn href=//pwn.example/>",
    "<meta pwn http-equiv=refresh content='0;url=//pwn.example'>", "<link pwn rel=stylesheet href=//pwn.example>",
    "<style pwn>*{background:url(//pwn.example)}</style>", "<div pwn style=background:url(//pwn.example)>",
    "<body pwn onload=pwn()>", "<input pwn autofocus onfocus=pwn()>", "<details pwn open ontoggle=pwn()>",
    "<video pwn><source onerror=pwn()></video>", "<marquee pwn onstart=pwn()>", "<x pwn onclick=pwn()>x</x>",
    '" autofocus onfocus=pwn() pwn="', "' onmouseover='pwn()' pwn='", "` onmouseover=`pwn()` pwn=`",
    "<!--><script pwn>1</script>-->", "<![CDATA[<script pwn>1</script>]]>", "<?xml pwn?><script pwn>1</script>",
    "<div hx-get='/sign-out' hx-trigger='load' pwn>", "<div data-hx-on:load='pwn()' pwn>", "<button hx-post='/x' pwn>x",
    "{{ pwn }}{% pwn %}<b pwn>", "${pwn}<b pwn>", "\u003cscript pwn\u003e1\u003c/script\u003e", "%3Cscript pwn%3E<b pwn>",
    "<scr\x00ipt pwn>1</scr\x00ipt>", "<scr<script pwn>ipt>1</scr</script>ipt>", "&lt;script pwn&gt;<b pwn>",
    "\ufeff<script pwn>1</script>", "+ADw-script pwn+AD4-<b pwn>", '<a href="&#106;avascript:pwn()" pwn>x</a>',
)  # fmt: skip
ADDRESSES = (
    "javascript:pwn()", "JaVaScRiPt:pwn()", " javascript:pwn()", "java\nscript:pwn()", "java\tscript:pwn()",
    "\x01javascript:pwn()", "data:text/html,<script>pwn()</script>", "vbscript:pwn()", "&#106;avascript:pwn()",
    "javascript&colon;pwn()", "view-source:javascript:pwn()", "blob:x", "file:///etc/passwd", "//pwn.example",
    'x" onmouseover=pwn() pwn="', 'https://x/?"><script pwn>1</script>',
)  # fmt: skip
ALL = "\n".join(PAYLOADS)


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page, as far as it could do harm."""

    harm: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "pwn" in given or any(name.startswith("on") or name == "style" or name == "srcdoc" for name in given):
            self.harm.append(f"<{tag} {given}>")
        if tag in {"iframe", "object", "embed", "base", "style", "math", "marquee", "video", "x"}:
            self.harm.append(f"<{tag}>")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.harm.append(f"<script {given}>")
        if tag == "link" and not given.get("href", "").startswith("/static/"):
            self.harm.append(f"<link {given}>")
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "data", "poster"):
            place = re.sub(r"^[\x00-\x20]+|[\t\n\r]+", "", given.get(name, "")).lower()
            if re.match(r"(?!https?:|mailto:|tel:|ftp:)[a-z][a-z0-9+.-]*:", place):
                self.harm.append(f"{name}={place}")
            if name != "href" and place.startswith(("//", "http")):
                self.harm.append(f"{name}={place}")

    def handle_data(self, text: str) -> None:
        self.text.append(text)


def harm_in(html: str) -> list[str]:
    page = Page()
    page.feed(html)
    page.close()
    return page.harm


def test_the_judge_sees_each_payload_when_nothing_is_escaped() -> None:
    harmless = [one for one in PAYLOADS if not harm_in(f'<div title="{one}">{one}</div>') and "pwn" not in one]
    assert harmless == []
    seen = [one for one in PAYLOADS if harm_in(f'<p>{one}</p><p title="{one}">')]
    assert len(seen) > 40, sorted(set(PAYLOADS) - set(seen))


# --- every field that Jira or a person can fill ------------------------------------------------------------------------


def poison(scene: Scene, words: str) -> None:
    """Write ``words`` into everything that comes from outside, past all forms."""
    exchange = Exchange(
        id="x1",
        probe=words,
        request=Request(method="POST", base=f"https://acme.atlassian.net/{words}", path=f"/rest/{words}", body=words),
        response=Response(
            status=302,
            headers={"Location": words, "Content-Type": words, "Set-Cookie": words, f"X-{words}": words},
            body=words,
        ),
        failure=Failure(stage=Stage.READ, kind="closed", detail=words),
        elapsed_ms=84,
    )
    stored = [exchange_as_json(exchange)]
    finding = finding_as_json(
        Finding(
            slug="perm-create-version",
            confidence=Confidence.CERTAIN,
            because=(words,),
            probe=words,
            excluded=(words,),
            facts={"account": words, "project": words, "words": words, "permission": words, "location": words},
            exchange_ids=("x1",),
        )
    )
    User.objects.all().update(name=words[:120])
    Workspace.objects.filter(pk=scene.workspace.pk).update(name=words[:120])
    Record.objects.filter(workspace=scene.workspace).update(
        name=words[:255], description=f"{words}\n\n```{words}\n{words}\n```\n\n[{words}]({words})\n\n> {words}",
        assignee=words[:255], tags=[words, words], status=words[:40],
    )  # fmt: skip
    RecordChange.objects.all().update(
        actor=words[:120], old=words, new=words, note=words[:255], revision=2, source="jira"
    )
    Connection.objects.filter(pk=scene.connection.pk).update(
        name=words[:120], account=words[:255], account_name=words[:255], version=words[:40], edition="cloud",
        secret_set_by=words[:255], client_shown=words[:300], proxy_shown=words[:300], authority_pem=words,
    )  # fmt: skip
    schema = _poisoned(scene.integration.schema, words)
    Integration.objects.filter(pk=scene.integration.pk).update(
        name=words[:120], project_key=words[:80], project_name=words[:200], schema=schema, state="on"
    )
    Link.objects.filter(pk=scene.link.pk).update(
        remote_key=words[:255], remote_status=words[:80], remote_status_category=words[:16]
    )
    Clash.objects.filter(pk=scene.clash.pk).update(ours=words, theirs=[words], agreed={"x": words})
    Problem.objects.filter(pk=scene.problem.pk).update(finding=finding, evidence=stored)
    LogEntry.objects.filter(pk=scene.entry.pk).update(
        sentence=words, steps=[words], exchanges=stored, level="problem", direction="push"
    )
    card = build_card(
        parse_finding(finding), Evidence(settings=Settings(account=words, address=words), exchanges=(exchange,))
    ).as_json()
    card |= {"title": words, "symptom": [words], "explanation": words, "request_text": words}
    CheckRun.objects.filter(pk=scene.run.pk).update(
        project_key=words[:80],
        results=[{"step": "address", "title": words, "state": "problem", "found": words, "reason": words, "findings": [],
                  "cards": [card]}],
    )  # fmt: skip
    ImportRun.objects.create(id=new_id(), integration=scene.integration, started=AT, why=words, state="parked")
    Delivery.objects.create(
        id=new_id(), integration=scene.integration, identifier=words[:120], event=words[:80], subject=words[:120],
        received=AT, outcome=words[:120], payload={"webhookEvent": words},
    )  # fmt: skip


def _poisoned(value: Any, words: str) -> Any:
    """The schema with every name replaced; ids stay, so that the page finds its way."""
    if isinstance(value, dict):
        return {key: words if key == "name" else _poisoned(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_poisoned(one, words) for one in value]
    return value


def pages(scene: Scene) -> Iterator[tuple[str, Any]]:
    names = sorted(set(ROUTES) - ASKS_JIRA - {"asset", "healthz", "readyz", "hook"})
    for name in names:
        role = "admin" if ROUTES[name][0].value == "admin" else "owner"
        yield f"{role} {name}", scene[role].get(address_of(name, scene))
    for path in ("log?record=x", "features?group=none", "problems?show=fixed", "log/after?after=0"):
        yield f"viewer {path}", scene["viewer"].get(f"/w/FERRY/{path}")
    for ref in (scene.release.ref, scene.requirement.ref):
        yield f"viewer {ref}", scene["viewer"].get(reverse("record", args=["FERRY", ref]))


@pytest.mark.django_db
@pytest.mark.parametrize("payload", [ALL, *PAYLOADS[3:9:2]], ids=lambda one: one[:24].encode("unicode_escape").decode())
def test_every_page_shows_hostile_words_as_words(scene: Scene, payload: str) -> None:
    words = payload.replace("\x00", "")
    poison(scene, words)
    shown = 0
    for where, answer in pages(scene):
        assert answer.status_code < 500, where
        assert answer["Content-Security-Policy"] == POLICY
        assert answer["X-Content-Type-Options"] == "nosniff"
        html = answer.content.decode()
        if answer["Content-Type"].startswith("text/html"):
            assert (where, harm_in(html)) == (where, [])
            shown += "pwn" in html
    assert shown > 15, "the words are really shown"


@pytest.mark.django_db
def test_words_that_a_form_gives_back_are_words(scene: Scene) -> None:
    words = ALL.replace("\x00", "")
    for path, names in (
        ("/w/FERRY/features/new", ("name", "description", "status", "assignee", "due", "tags", "release")),
        ("/w/FERRY/integrations/new", ("base_url", "account", "name")),
        ("/w/FERRY/integrations/repair", ("base_url",)),
        ("/w/FERRY/members/invite", ("email", "role")),
        (f"/w/FERRY/connections/{scene.connection.pk}", ("authority_pem", "proxy")),
        ("/w/FERRY/preview", ("description",)),
        ("/account", ("name", "theme")),
    ):
        for one in (words, *PAYLOADS[:12], *ADDRESSES):
            part = {"part": "you"} if path == "/account" else {}
            answer = scene["owner"].post(path, dict.fromkeys(names, one.replace("\x00", "")) | part)
            assert answer.status_code in {200, 302, 422}, path
            assert (path, harm_in(answer.content.decode())) == (path, [])
    taken = scene["owner"].post("/w/FERRY/integrations/repair", {"take": words})
    assert harm_in(taken.content.decode()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/sign-in?next=", "/w/FERRY/features?q=", "/problems/?q=", "/w/FERRY/log?record=", "/nowhere/"]
)
def test_words_in_an_address_are_words(scene: Scene, path: str) -> None:
    from urllib.parse import quote

    for one in (*PAYLOADS, *ADDRESSES):
        answer = scene["owner" if path != "/sign-in?next=" else "anonymous"].get(path + quote(one.replace("\x00", "")))
        assert (one, harm_in(answer.content.decode())) == (one, [])


@pytest.mark.parametrize("form", ["{}", "# {}", "- {}", "[x]({})", "[{}](https://x)", "![{}](x)", "![x]({})", "`{}`",
                                  "```{}\n{}\n```", "| {} |\n|---|\n| {} |", "> {}", "**{}**", "[x](https://x '{}')",
                                  "<{}>"])  # fmt: skip
def test_markdown_of_hostile_words_has_no_markup_of_theirs(form: str) -> None:
    for payload in PAYLOADS:
        assert (payload, harm_in(render_html(form.replace("{}", payload)))) == (payload, [])


@pytest.mark.parametrize(
    "form", ["[x]({})", "[x](<{}>)", "![x]({})", "<{}>", "[x][a]\n\n[a]: {}", "{}", "[x]( {} 'y')"]
)
def test_no_link_in_a_description_runs_anything(form: str) -> None:
    for address in ADDRESSES:
        assert (address, harm_in(render_html(form.replace("{}", address)))) == (address, [])
