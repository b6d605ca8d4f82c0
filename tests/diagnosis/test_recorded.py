from __future__ import annotations

import pytest

from tieline.diagnosis.classify import classify
from tieline.diagnosis.recorded import findings_json, parse_auth_words, parse_recorded


@pytest.mark.parametrize(
    ("words", "scheme", "account", "shape"),
    [
        ("", "unknown", None, None),
        ("basic", "basic", None, None),
        ("basic fred", "basic", "fred", None),
        ("basic user:PAT", "basic", None, "pat"),
        ("basic email:scoped-token", "basic", None, "scoped"),
        ("basic pat@acme.io:api-token", "basic", "pat@acme.io", "cloud-classic"),
        ("basic, user without Edit Issues", "basic", None, None),
        ("bearer PAT", "bearer", None, "pat"),
        ("Bearer <base64-encoded user:password>", "bearer", None, "base64-pair"),
        ("none (anonymous)", "none", None, None),
        ("oauth2-3lo", "oauth2", None, None),
        ("Connect JWT in the query string", "jwt-query", None, None),
        ("service-account scoped token", "token", None, "scoped"),
        ("cookie-session", "cookie-session", None, None),
    ],
)
def test_the_words_about_a_login_are_read(words, scheme, account, shape):
    assert parse_auth_words(words) == (scheme, account, shape)


def test_only_four_keys_of_a_line_are_read():
    line = {
        "id": "a-1",
        "deployment": "cloud",
        "request": {
            "method": "POST (followed as GET)",
            "path": "https://old.atlassian.net/rest/api/3/issue",
            "auth": "basic",
        },
        "response": {"status": 405, "status_quoted": False, "headers": {}, "body": None},
        "client_error": None,
        "cause_id": "ok",
        "cause": "not read",
    }
    exchange = parse_recorded(line).exchanges[0]
    assert (exchange.request.base, exchange.request.path) == ("https://old.atlassian.net", "/rest/api/3/issue")
    assert exchange.followed_redirect
    assert exchange.response.status_implied
    without = {key: line[key] for key in ("id", "deployment", "request", "response", "client_error")}
    assert parse_recorded(without) == parse_recorded(line)


def test_the_json_of_one_line():
    line = {"id": "a-2", "request": {"path": "/rest/api/3/search"}, "response": {"status": 410, "status_quoted": True}}
    shown = findings_json("a-2", classify(parse_recorded(line)))
    assert shown["id"] == "a-2"
    assert list(shown["findings"][0]) == ["slug", "confidence", "because", "probe"]
    assert shown["findings"][0]["slug"] == "api-search-removed"
