"""Webhooks: what is told, how it is signed, how often it is tried."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Jira
from tests.sandbox.receiver import Receiver, receiver
from tests.shared_material import shared, skip_without_shared

ALL = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "jira:version_created",
    "jira:version_updated",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_deleted",
]


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def register(jira: Jira, url: str, **more: Any) -> str:
    jira.sandbox.courier._retry_wait_s = 0.05
    made = jira.post("/rest/webhooks/1.0/webhook", {"name": "Tieline", "url": url, "events": ALL, **more})
    assert made.status_code == 201, made.text
    return str(made.json()["self"])


def delivered(jira: Jira) -> None:
    assert jira.sandbox.courier.wait_until_delivered(10)


def test_each_change_is_told_once_with_its_own_identifier(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    key = jira.create("Ring the bell", labels=["deck"])
    jira.put(f"/issue/{key}", {"fields": {"summary": "Ring the bell twice"}})
    comment = jira.post(f"/issue/{key}/comment", {"body": jira.body("Who holds the rope?")}).json()["id"]
    jira.put(f"/issue/{key}/comment/{comment}", {"body": jira.body("Who *holds* the rope?")})
    jira.delete(f"/issue/{key}/comment/{comment}")
    version = jira.post("/version", {"project": "ROAD", "name": "R1"}).json()["id"]
    jira.put(f"/version/{version}", {"released": True})
    jira.put(f"/version/{version}", {"released": False})
    jira.put(f"/version/{version}", {"description": "Bells"})
    jira.post(f"/version/{version}/removeAndSwap", {})
    jira.delete(f"/issue/{key}")
    delivered(jira)
    assert heard.events == [
        "jira:issue_created",
        "jira:issue_updated",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "jira:version_created",
        "jira:version_released",
        "jira:version_unreleased",
        "jira:version_updated",
        "jira:version_deleted",
        "jira:issue_deleted",
    ]
    identifiers = [one.headers["X-Atlassian-Webhook-Identifier"] for one in heard.came]
    assert len(set(identifiers)) == len(identifiers)
    assert all("X-Atlassian-Webhook-Retry" not in one.headers for one in heard.came)
    assert all("X-Hub-Signature" not in one.headers for one in heard.came)


def test_a_webhook_with_a_secret_is_signed_over_the_bytes_sent(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url, secret="between us")
    jira.create("Påskäventyr")
    delivered(jira)
    wanted = hmac.new(b"between us", heard.came[0].body, hashlib.sha256).hexdigest()
    assert heard.came[0].headers["X-Hub-Signature"] == f"sha256={wanted}"


def test_a_webhook_is_tried_again_after_a_bad_answer_with_the_same_identifier(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    heard.answers[:] = [503, None, 204]
    jira.create()
    delivered(jira)
    assert len(heard.came) == 3
    assert len({one.headers["X-Atlassian-Webhook-Identifier"] for one in heard.came}) == 1
    assert [one.headers.get("X-Atlassian-Webhook-Retry") for one in heard.came] == [None, "1", "2"]
    assert len({one.body for one in heard.came}) == 1


def test_a_refusal_is_not_tried_again(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    heard.answers[:] = [400]
    jira.create()
    delivered(jira)
    assert len(heard.came) == 1


def test_five_retries_and_no_more(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    jira.sandbox.courier._retry_wait_s = 0.001
    heard.answers[:] = [500]
    jira.create()
    delivered(jira)
    assert len(heard.came) == 6


def test_the_payload_names_actor_issue_and_what_changed(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    key = jira.create("Paint the funnel", description=jira.body("Red *and* white"))
    jira.post(f"/issue/{key}/transitions", {"transition": {"id": 11}})
    delivered(jira)
    created, moved = (one.payload for one in heard.came)
    assert created["issue_event_type_name"] == "issue_created"
    assert created["issue"]["fields"]["description"] == "Red *and* white"
    assert created["user"]["displayName"] == "Pat Lindgren"
    assert isinstance(created["timestamp"], int)
    item = moved["changelog"]["items"][0]
    assert (item["field"], item["fromString"], item["toString"]) == ("status", "To Do", "In Progress")
    assert ("fieldId" in item) is (jira.api == "3")
    assert moved["issue"]["fields"]["status"]["name"] == "In Progress"
    assert ("accountId" in moved["user"]) is (jira.api == "3")
    assert ("name" in moved["user"]) is (jira.api == "2")


def test_a_merged_version_says_where_its_issues_went(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    old, new = (jira.post("/version", {"project": "ROAD", "name": name}).json()["id"] for name in ("R1", "R2"))
    key = jira.create(fixVersions=[{"id": old}])
    assert jira.put(f"/version/{old}/mergeto/{new}", None).status_code == 204
    delivered(jira)
    told = heard.came[-1].payload
    assert (told["webhookEvent"], told["version"]["id"], told["mergedTo"]["id"]) == ("jira:version_deleted", old, new)
    assert [one["id"] for one in jira.get(f"/issue/{key}").json()["fields"]["fixVersions"]] == [new]


def test_a_filter_lets_through_only_what_it_names(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url, filters={"issue-related-events-section": "project = ROAD AND labels = deck"})
    jira.create("Below")
    jira.create("Above", labels=["deck"])
    delivered(jira)
    assert [one.payload["issue"]["fields"]["summary"] for one in heard.came] == ["Above"]


def test_without_the_body_only_the_address_tells(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url + "/${issue.key}", excludeBody=True)
    key = jira.create()
    delivered(jira)
    assert (heard.came[0].body, heard.came[0].path) == (b"", f"/hooks/jira/{key}")


def test_a_webhook_can_be_read_changed_and_removed(jira: Jira, heard: Receiver) -> None:
    address = register(jira, heard.url)
    assert [one["name"] for one in jira.get("/rest/webhooks/1.0/webhook").json()] == ["Tieline"]
    assert jira.get(address).json()["events"] == ALL
    jira.call("PUT", address, json={"enabled": False})
    jira.create()
    assert jira.get(address).json()["enabled"] is False
    assert jira.call("DELETE", address).status_code == 204
    assert jira.get(address).status_code == 404
    jira.create()
    delivered(jira)
    assert heard.came == []


def test_an_edit_on_the_pages_is_told_with_another_actor(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    key = jira.create()
    jira.session.post(f"{jira.sandbox.url}/sandbox/pages/issues/{key}/edit", data={"summary": "By hand"})
    delivered(jira)
    told = heard.came[-1].payload
    assert (told["user"]["displayName"], told["issue"]["fields"]["summary"]) == ("Robin Vale (sandbox)", "By hand")


def test_with_webhooks_off_nothing_is_told_then_or_later(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    jira.sandbox.world.switch_on("webhooks-off")
    jira.create("Silent")
    jira.sandbox.world.switch_off("webhooks-off")
    jira.create("Loud")
    delivered(jira)
    assert [one.payload["issue"]["fields"]["summary"] for one in heard.came] == ["Loud"]


def test_a_duplicated_webhook_comes_twice_with_one_identifier(jira: Jira, heard: Receiver) -> None:
    register(jira, heard.url)
    jira.sandbox.world.switch_on("webhooks-duplicated")
    jira.create()
    delivered(jira)
    assert len(heard.came) == 2
    assert len({one.headers["X-Atlassian-Webhook-Identifier"] for one in heard.came}) == 1


def test_reordered_webhooks_all_arrive_in_another_order(start: Start, heard: Receiver) -> None:
    jira = start("cloud", "webhooks-reordered", seed=3)
    register(jira, heard.url)
    for number in range(6):
        jira.create(f"Wave {number}")
    delivered(jira)
    told = [one.payload["issue"]["fields"]["summary"] for one in heard.came]
    assert sorted(told) == [f"Wave {number}" for number in range(6)]
    assert told != sorted(told)


# ---- the shape of real ones


def _kinds(value: Any) -> str:
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else type(value).__name__


@skip_without_shared("payloads/webhooks.jsonl.gz")
def test_our_payloads_have_the_shape_of_real_ones(start: Start, heard: Receiver) -> None:
    path = shared("payloads/webhooks.jsonl.gz")
    assert path is not None
    ours: dict[tuple[str, str], Any] = {}
    for edition, name in (("cloud", "cloud"), ("dc", "server")):
        jira = start(edition)
        heard.came.clear()
        register(jira, heard.url)
        key = jira.create("Shape", description=jira.body("x"))
        jira.put(f"/issue/{key}", {"fields": {"summary": "Shaped", "labels": ["a"]}})
        comment = jira.post(f"/issue/{key}/comment", {"body": jira.body("x")}).json()["id"]
        jira.put(f"/issue/{key}/comment/{comment}", {"body": jira.body("y")})
        jira.delete(f"/issue/{key}/comment/{comment}")
        jira.delete(f"/issue/{key}")
        delivered(jira)
        for one in heard.came:
            ours[(name, one.payload["webhookEvent"])] = one.payload
    judged = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            real = json.loads(line)
            mine = ours.get((real["deployment"], real["event"]))
            if mine is None:
                continue
            judged += 1
            body = real["body"]
            optional = {"issue_event_type_name", "changelog", "comment", "level", "message", "label"}
            assert body.keys() - optional <= mine.keys(), real["path"]
            if isinstance(body["timestamp"], int):  # some fixtures were reworded by a logger
                assert len(str(mine["timestamp"])) == len(str(body["timestamp"])) == 13, real["path"]
            fields, real_fields = mine["issue"]["fields"], body["issue"]["fields"]
            for field in ("summary", "issuetype", "project", "status", "priority"):
                if field in real_fields:
                    assert _kinds(fields[field]) == _kinds(real_fields[field]), (real["path"], field)
            for part in ("status", "issuetype", "project"):
                missing = (
                    (real_fields.get(part) or {}).keys()
                    - fields[part].keys()
                    - {"projectCategory", "simplified", "entityId"}
                )
                assert not missing, (real["path"], part, missing)
            if body.get("changelog", {}).get("items") and "changelog" in mine:
                real_items = {key for item in body["changelog"]["items"] for key in item}
                assert real_items - {"fieldId", "tmpFromAccountId", "tmpToAccountId"} <= set(
                    mine["changelog"]["items"][0]
                )
            if "comment" in mine and "comment" in body:
                assert body["comment"].keys() - {"visibility"} <= mine["comment"].keys()
    assert judged >= 15
