"""Every route, and what each kind of person meets there. A route without a row fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tieline.web.gate import Gate, gate_of

# name → (gate, which arguments of the scene its address takes)
ROUTES: dict[str, tuple[Gate, tuple[str, ...]]] = {
    "home": (Gate.PERSON, ()),
    "asset": (Gate.OPEN, ("stamped", "path")),
    "healthz": (Gate.OPEN, ()),
    "readyz": (Gate.OPEN, ()),
    "sign-in": (Gate.OPEN, ()),
    "sign-out": (Gate.OPEN, ()),
    "welcome": (Gate.OPEN, ("token",)),
    "first": (Gate.PERSON, ()),
    "account": (Gate.PERSON, ()),
    "new-workspace": (Gate.ADMIN, ()),
    "members": (Gate.VIEWER, ("key",)),
    "invite": (Gate.OWNER, ("key",)),
    "member-role": (Gate.OWNER, ("key", "member")),
    "features": (Gate.VIEWER, ("key",)),
    "new-feature": (Gate.CONTRIBUTOR, ("key",)),
    "releases": (Gate.VIEWER, ("key",)),
    "new-release": (Gate.CONTRIBUTOR, ("key",)),
    "preview": (Gate.CONTRIBUTOR, ("key",)),
    "record": (Gate.VIEWER, ("key", "ref")),
    "record-live": (Gate.VIEWER, ("key", "ref")),
    "edit-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "move-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "delete-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "new-requirement": (Gate.CONTRIBUTOR, ("key", "ref")),
    "send-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "sync-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "unlink-record": (Gate.CONTRIBUTOR, ("key", "ref")),
    "settle-clash": (Gate.CONTRIBUTOR, ("key", "clash")),
    "integrations": (Gate.VIEWER, ("key",)),
    "new-integration": (Gate.OWNER, ("key",)),
    "repair-address": (Gate.OWNER, ("key",)),
    "wizard-connect": (Gate.OWNER, ("key", "integration")),
    "wizard-check": (Gate.VIEWER, ("key", "integration")),
    "check-again": (Gate.CONTRIBUTOR, ("key", "integration")),
    "check-live": (Gate.VIEWER, ("key", "integration", "run")),
    "use-address": (Gate.OWNER, ("key", "integration")),
    "wizard-project": (Gate.OWNER, ("key", "integration")),
    "wizard-map": (Gate.OWNER, ("key", "integration")),
    "wizard-try": (Gate.OWNER, ("key", "integration")),
    "send-one": (Gate.OWNER, ("key", "integration")),
    "sent-live": (Gate.VIEWER, ("key", "integration", "ref")),
    "turn-on": (Gate.OWNER, ("key", "integration")),
    "integration": (Gate.VIEWER, ("key", "integration")),
    "overview-live": (Gate.VIEWER, ("key", "integration")),
    "switch": (Gate.OWNER, ("key", "integration")),
    "switch-hearing": (Gate.OWNER, ("key", "integration")),
    "webhook": (Gate.OWNER, ("key", "integration")),
    "start-import": (Gate.OWNER, ("key", "integration")),
    "send-all": (Gate.OWNER, ("key", "integration")),
    "poll-now": (Gate.CONTRIBUTOR, ("key", "integration")),
    "delete-integration": (Gate.OWNER, ("key", "integration")),
    "connection": (Gate.OWNER, ("key", "connection")),
    "delete-connection": (Gate.OWNER, ("key", "connection")),
    "problems": (Gate.VIEWER, ("key",)),
    "problem": (Gate.VIEWER, ("key", "problem")),
    "problem-again": (Gate.CONTRIBUTOR, ("key", "problem")),
    "let-run": (Gate.OWNER, ("key", "problem")),
    "check-run": (Gate.VIEWER, ("key", "run")),
    "log": (Gate.VIEWER, ("key",)),
    "log-after": (Gate.VIEWER, ("key",)),
    "log-entry": (Gate.VIEWER, ("key", "entry")),
    "catalogue": (Gate.OPEN, ()),
    "catalogue-page": (Gate.OPEN, ("slug",)),
    "system": (Gate.ADMIN, ()),
    "sign-in-link": (Gate.ADMIN, ("person",)),
    "hook": (Gate.OPEN, ("token",)),
}
ASKS_JIRA = {"wizard-project", "wizard-try", "start-import"}
"""Pages that ask Jira when opened: what they show is tested with a Jira, here who may not come in."""
RANK = {"viewer": 0, "contributor": 1, "owner": 2}


def all_patterns() -> list[URLPattern]:
    def walk(patterns: list[Any]) -> list[URLPattern]:
        found: list[URLPattern] = []
        for one in patterns:
            found += walk(one.url_patterns) if isinstance(one, URLResolver) else [one]
        return found

    return walk(get_resolver().url_patterns)


def address_of(name: str, scene: Any) -> str:
    values = {
        "stamped": "x",
        "path": "app.css",
        "token": "no-such-token",
        "key": "FERRY",
        "member": scene.member.pk,
        "ref": scene.feature.ref,
        "clash": scene.clash.pk,
        "integration": scene.integration.pk,
        "run": scene.run.pk,
        "connection": scene.connection.pk,
        "problem": scene.problem.pk,
        "entry": scene.entry.pk,
        "slug": "perm-create-version",
        "person": scene.admin.pk,
    }
    return reverse(name, args=[values[one] for one in ROUTES[name][1]])


def test_every_route_has_a_row_and_every_row_a_route():
    assert {one.name for one in all_patterns()} == set(ROUTES)


def test_every_view_stands_behind_the_gate_of_its_row():
    assert {one.name: gate_of(one.callback) for one in all_patterns()} == {
        name: gate for name, (gate, _args) in ROUTES.items()
    }


IN_A_WORKSPACE = sorted(name for name, (_, args) in ROUTES.items() if "key" in args)
METHODS = ("get", "post")


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(scene):
    for name, (gate, _) in ROUTES.items():
        if gate is not Gate.OPEN:
            for method in METHODS:
                answer = getattr(scene["anonymous"], method)(address_of(name, scene))
                assert (name, answer.status_code) == (name, 302)
                assert answer["Location"].startswith("/sign-in")


@pytest.mark.parametrize("outsider", ["stranger", "admin"])
def test_who_is_no_member_finds_nothing_whatever_they_are_elsewhere(scene, outsider):
    met = {
        (name, method): getattr(scene[outsider], method)(address_of(name, scene)).status_code
        for name in IN_A_WORKSPACE
        for method in METHODS
    }
    assert {key: status for key, status in met.items() if status != 404} == {}


@pytest.mark.parametrize("role", ["viewer", "contributor"])
def test_a_role_below_the_gate_is_refused_in_every_way_of_asking(scene, role):
    for name in IN_A_WORKSPACE:
        if RANK[role] < RANK[ROUTES[name][0].value]:
            for method in METHODS:
                answer = getattr(scene[role], method)(address_of(name, scene))
                assert (name, method, answer.status_code) == (name, method, 403)
                assert b"Another role is needed here" in answer.content


@pytest.mark.parametrize("role", ["viewer", "contributor", "owner"])
def test_a_role_at_the_gate_comes_in(scene, role):
    for name in IN_A_WORKSPACE:
        if RANK[role] >= RANK[ROUTES[name][0].value] and name not in ASKS_JIRA:
            answer = scene[role].get(address_of(name, scene))
            assert (name, answer.status_code) in {(name, 200), (name, 204), (name, 405)}


def test_only_who_runs_the_server_sees_its_pages(scene):
    for name in sorted(name for name, (gate, _) in ROUTES.items() if gate is Gate.ADMIN):
        for role in ("viewer", "contributor", "owner", "stranger"):
            assert scene[role].get(address_of(name, scene)).status_code == 403
        assert scene["admin"].get(address_of(name, scene)).status_code in {200, 405}


def test_a_refused_page_names_the_role_and_who_has_it(scene):
    answer = scene["viewer"].get(address_of("wizard-map", scene))
    text = answer.content.decode()
    assert "“Owner”" in text
    assert "owner@acme.io" in text
    assert "contributor@acme.io" not in text


def test_objects_of_one_workspace_are_not_found_through_another(scene):
    stranger = scene["stranger"]
    for name in sorted(ROUTES):
        gate, args = ROUTES[name]
        if "key" not in args or len(args) < 2 or "ref" in args:
            continue
        address = address_of(name, scene).replace("/w/FERRY/", "/w/OTHER/")
        for method in ("get", "post"):
            assert getattr(stranger, method)(address).status_code in {404, 405}, (name, gate, method)
