"""Every form, filled as nobody means to: whatever is typed, there is an answer, and what was typed stays."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from tests.safety.digest import digest_of_rows
from tests.web.conftest import Scene
from tests.web.test_routes import ASKS_JIRA, ROUTES, address_of
from tieline.store.models import Connection, Record

pytestmark = pytest.mark.django_db

LONG = "x" * 300_000
ODD: dict[str, Any] = {
    "nothing": "",
    "long": LONG,
    "nul": "a\x00b",
    "only nul": "\x00",
    "emoji": "\U0001f6f3\ufe0f\u200d\U0001f30a" * 50,
    "right to left": "\u202egnirts\u202c\u200b",
    "control characters": "\x01\x02\x1b[31m\x7f\x85\u2028",
    "lone surrogate, as bytes": b"\xed\xa0\x80".decode("latin-1"),
    "number": "9" * 400,
    "negative": "-1",
    "superscript": "²³",
    "infinite": "1e999.0",
    "not a number": "NaN",
    "json": '{"$ne": null, "a": [[[[]]]]}',
    "sql": "'; DROP TABLE store_record; --",
    "template": "{{ settings.SECRET_KEY }}{% debug %}${7*7}",
    "date": "0000-00-00",
    "far date": "99999-12-31",
    "several": ["a", "b", "c"],
}
FIELDS = (
    "name", "description", "status", "release", "assignee", "due", "tags", "revision", "preview", "where", "back",
    "email", "password", "present", "next", "part", "theme", "role", "key", "base_url", "account", "secret", "take",
    "existing", "project", "integration", "ref", "state", "mode", "act", "winner", "webhook", "import", "send_all",
    "feature-type", "feature-name-direction", "feature-name-theirs", "feature-name-policy", "feature-from-1",
    "feature-constant-summary", "release-type", "requirement-type", "authority", "proxy", "certificate",
)  # fmt: skip
NEEDS_JIRA = ASKS_JIRA | {"check-again", "use-address", "switch-hearing", "turn-on", "wizard-check"}
"""These ask Jira whatever is typed; they are tested where there is one."""
WRITING = sorted(
    set(ROUTES) - NEEDS_JIRA - {"asset", "healthz", "readyz", "catalogue", "catalogue-page", "sign-out"},
    key=lambda name: ("delete" in name, name),
)
"""Those that delete come last: the others want something to be there."""


@pytest.mark.parametrize("kind", ODD)
def test_no_route_stumbles_over_what_is_typed(scene: Scene, kind: str) -> None:
    typed = dict.fromkeys(FIELDS, ODD[kind])
    people = {name: scene["admin"] if ROUTES[name][0].value == "admin" else scene["owner"] for name in WRITING}
    met = {}
    for name in WRITING:
        met[name] = people[name].post(address_of(name, scene), typed).status_code
        scene.admin.refresh_from_db()
    assert {name: status for name, status in met.items() if status >= 500} == {}


@pytest.mark.parametrize("act", ["save", "suggest"])
@pytest.mark.parametrize("kind", sorted(set(ODD) - {"several"}))
def test_a_mapping_of_odd_values_is_read_or_refused(scene: Scene, kind: str, act: str) -> None:
    path = f"/w/FERRY/integrations/{scene.integration.pk}/map"
    page = scene["owner"].get(path)
    posted = {"act": act}
    for shown in page.context["kinds"]:
        posted[f"{shown.name}-type"] = shown.type
        for row in shown.rows:
            posted |= {f"{shown.name}-{row.name}-direction": row.direction}
            posted |= {f"{shown.name}-{row.name}-{part}": ODD[kind] for part in ("theirs", "policy")}
        posted |= {f"{shown.name}-from-{one.id}": ODD[kind] for one in shown.statuses}
        posted |= {
            f"{shown.name}-constant-{one.id}": ODD[kind]
            for type_ in scene.integration.schema["issue_types"]
            for one in [_Field(id=field["id"]) for field in type_["create_fields"]]
        }
    assert scene["owner"].post(path, posted).status_code < 500
    assert scene["owner"].get(path).status_code == 200


class _Field:
    def __init__(self, id: str) -> None:
        self.id = id


@pytest.mark.parametrize("kind", ODD)
def test_no_page_stumbles_over_its_address(scene: Scene, kind: str) -> None:
    words = ODD[kind] if isinstance(ODD[kind], list) else [ODD[kind][:3000]]
    names = ("q", "status", "jira", "group", "page", "show", "level", "direction", "record", "integration", "before",
             "after", "follow", "seen", "next", "sent", "release")  # fmt: skip
    for name in sorted(set(ROUTES) - ASKS_JIRA):
        answer = scene["owner"].get(address_of(name, scene), dict.fromkeys(names, words))
        assert answer.status_code < 500, name


@pytest.mark.parametrize(
    "text", ["²", "99999999999999999999999999", "-1", "%F0%9F%9B%B3", "a%0Ab", "..", "x" * 2000, "%FF"]
)
def test_no_page_stumbles_over_an_odd_id(scene: Scene, text: str) -> None:
    from django.urls import NoReverseMatch, reverse

    for name, (_, args) in ROUTES.items():
        for place in range(len(args)):
            given: list[Any] = [scene.integration.pk if one == "integration" else "FERRY" for one in args]
            try:
                reverse(name, args=[1 if one in {"member", "person"} else "a" for one in args])
                given[place] = "AN-ODD-ID"
                given = [1 if one in {"member", "person"} and at != place else value
                         for at, (one, value) in enumerate(zip(args, given, strict=True))]  # fmt: skip
                path = reverse(name, args=given)
            except NoReverseMatch:
                path = reverse(name, args=[31337 if one in {"member", "person"} else value
                                           for one, value in zip(args, given, strict=True)])  # fmt: skip
                path = path.replace("31337", "AN-ODD-ID")
            for verb in ("get", "post"):
                for role in ("owner", "admin", "anonymous"):
                    answer = getattr(scene[role], verb)(path.replace("AN-ODD-ID", text))
                    assert answer.status_code < 500, (name, verb)


def test_what_was_typed_into_a_record_stays(scene: Scene) -> None:
    typed = {
        "name": "",
        "description": "A text\nof <two> lines & more \U0001f6f3",
        "status": "no such status",
        "assignee": "not an e-mail",
        "due": "next week",
        "tags": "one, two",
    }
    answer = scene["owner"].post("/w/FERRY/features/new", typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    for name in ("description", "assignee", "due", "tags"):
        assert typed[name] in page
    for sentence in ("Give it a name.", "Write an e-mail address such as", "Write a date such as"):
        assert sentence in page


@pytest.mark.parametrize(
    ("path", "typed", "gone"),
    [
        ("/w/FERRY/integrations/new", {"base_url": "https://jira.example//  x", "account": "pat", "name": "n" * 121}, "secret"),
        ("/w/FERRY/members/invite", {"email": "no e-mail", "role": "emperor"}, "password"),
        ("/account", {"part": "you", "name": "P" * 121, "theme": "plaid"}, "password"),
    ],
)  # fmt: skip
def test_a_refused_form_keeps_what_was_typed_but_no_secret(
    scene: Scene, path: str, typed: dict[str, str], gone: str
) -> None:
    answer = scene["owner"].post(path, typed | {gone: "canary-secret-of-a-form"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "canary-secret-of-a-form" not in page
    kept = [value for name, value in typed.items() if name not in {"part", "role", "theme"}]
    assert [value for value in kept if value not in page] == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://jira.example", "//jira.example",
        "http://", "https://:8080", "https://[::1", "https://[v1.x]/", "https://a b/", "https://jira.example:99999",
        "https://jira.example:port", "https://-x.example", "https://x..example", "https://jira.example\x00.evil",
        "https://" + "a" * 480, "https://" + "a." * 200, "gopher://x:70/", "\u202ehttps://jira.example", "https://ⓛocalhost/",
        "https://user:pass@jira.example/", "https://jira.example#@evil.example/", "https://evil.example\\@jira.example",
    ],
)  # fmt: skip
def test_an_odd_address_is_refused_or_becomes_a_plain_one(scene: Scene, settings: Any, address: str) -> None:
    settings.ALLOW = []
    typed = {"base_url": address, "account": "pat", "secret": "canary-secret-of-a-form", "name": "odd"}
    answer = scene["owner"].post("/w/FERRY/integrations/repair", typed)
    assert answer.status_code == 200
    before = digest_of_rows()
    from tieline.web.forms.connect import ConnectForm

    form = ConnectForm(typed)
    if form.is_valid():
        assert form.cleaned_data["base_url"].startswith(("https://", "http://"))
        assert "@" not in form.cleaned_data["base_url"]
        assert "\x00" not in form.cleaned_data["base_url"]
    else:
        answer = scene["owner"].post("/w/FERRY/integrations/new", typed)
        assert answer.status_code == 422
        assert b"canary-secret-of-a-form" not in answer.content
        assert digest_of_rows() == before
    assert not Connection.objects.filter(base_url__contains="script").exists()


def test_too_many_fields_and_too_much_text_are_refused_in_words(scene: Scene) -> None:
    many = scene["owner"].post("/w/FERRY/features/new", {f"field{n}": "x" for n in range(1200)})
    assert many.status_code == 400
    much = scene["owner"].post("/w/FERRY/features/new", {"name": "n", "description": "x" * (11 * 1024 * 1024)})
    assert much.status_code in {400, 413}
    for answer in (many, much):
        assert b"Traceback" not in answer.content
    assert Record.objects.count() == 3


@pytest.mark.parametrize(
    "body",
    [
        b"%",
        b"%zz=1&=&&==",
        b"\xff\xfe\x00",
        b"name=%ff%fe&name",
        b"{}",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n",
    ],
)
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""],
)
def test_a_body_that_is_no_form_is_answered_all_the_same(scene: Scene, kind: str, body: bytes) -> None:
    for path in ("/w/FERRY/features/new", "/w/FERRY/integrations/new", "/account"):
        assert scene["owner"].post(path, data=body, content_type=kind).status_code in {200, 302, 400, 422}
    assert Client().post("/sign-in", data=body, content_type=kind).status_code in {200, 400, 422}
