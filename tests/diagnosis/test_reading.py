from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tieline.diagnosis.card import build_card, render_text
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response
from tieline.diagnosis.pasted import parse_pasted
from tieline.diagnosis.reading import Reading, clean_text, parse_json, status_meaning
from tieline.diagnosis.recorded import findings_json, parse_recorded

ANY_TEXT = st.text(alphabet=st.characters(), max_size=300)
NASTY = st.sampled_from(
    [
        "", "{", "[" * 30_000, '{"a":' * 30_000, '{"errorMessages": "x"}', '{"errorMessages": [1, null]}', '{"errors": []}', "\ud800",
        '"\\ud800"', "NaN", '{"x": NaN}', "<title>", "<html><title>" + "x" * 5000, '{"errors": {"a": null}}', "\x00" * 50,
        '{"message": {"deep": 1}}', "9" * 5000, '{"n": ' + "9" * 5000 + "}", '{"permissions": []}', '{"values": {}}',
    ]
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Location",
            "Content-Type",
            "X-Seraph-LoginReason",
            "X-AUSERNAME",
            "Retry-After",
            "Server",
            "www-authenticate",
            "odd",
        ]
    ),
    ANY_TEXT
    | st.sampled_from(
        ["text/html", "application/json", "http://[::1", "https://", "//", "/login.jsp", "AUTHENTICATED_FAILED"]
    ),
    max_size=4,
)
PATHS = st.sampled_from(
    ["", "/", "/rest/api/2/serverInfo", "/rest/api/3/myself", "/rest/api/2/version", "/rest/api/2/mypermissions?projectKey=X",
     "/rest/api/2/issue", "/rest/api/2/issue/X-1", "/rest/api/3/user/search", "/rest/agile/1.0/board", "/wiki", "/status"]
) | ANY_TEXT  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    body=st.none() | ANY_TEXT | NASTY,
    headers=HEADERS,
    status=st.none() | st.integers(100, 599),
    path=PATHS,
    base=st.sampled_from(["", "https://a.atlassian.net", "http://jira.example/jira", "https://[::1", "x"]) | ANY_TEXT,
    auth=st.sampled_from(["none", "basic", "bearer", "jwt", "oauth1", "unknown"]),
    deployment=st.sampled_from([None, "cloud", "dc", "server", "connect"]),
    said=st.none() | ANY_TEXT,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
def test_no_answer_makes_the_diagnosis_raise(body, headers, status, path, base, auth, deployment, said, method):
    exchange = Exchange(
        id="x",
        deployment=deployment,
        request=Request(method=method, base=base, path=path, auth=auth),
        response=Response(status=status, headers=headers, body=body),
        client_error=said,
        elapsed_ms=3,
    )
    evidence = Evidence(exchanges=(exchange,))
    findings = classify(evidence)
    json.dumps(findings_json("x", findings))
    for finding in findings:
        card = build_card(finding, evidence)
        json.dumps(card.as_json()).encode("utf-8")
        render_text(card, 40).encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT | NASTY)
def test_no_pasted_text_makes_the_diagnosis_raise(text):
    for finding in classify(parse_pasted(text)):
        assert finding.because


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | ANY_TEXT,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "request",
                        "response",
                        "deployment",
                        "client_error",
                        "status",
                        "headers",
                        "body",
                        "auth",
                        "path",
                        "method",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=15,
    ).filter(lambda value: isinstance(value, dict))
)
def test_no_recorded_line_makes_the_parser_raise(line):
    classify(parse_recorded(line))


def test_json_with_nan_and_lone_surrogates_is_read():
    assert parse_json('{"a": NaN, "b": "\\ud800"}') == {"a": None, "b": "\ud800"}
    assert clean_text("a\ud800b") == "a?b"


def test_json_nested_without_end_is_no_json():
    assert parse_json("[" * 100_000) is None


def test_text_is_made_fit_to_show():
    assert clean_text("one\n\ttwo\x1b[31m three") == "one two [31m three"
    assert clean_text("x" * 400, 10) == "xxxxxxxxx…"
    assert len(clean_text("word " * 400, 50)) <= 50


def test_a_status_is_told_with_its_meaning():
    assert status_meaning(404) == "404 (not found)"
    assert status_meaning(599) == "599"


def test_messages_are_found_wherever_jira_puts_them():
    def words(body, **headers):
        return Reading(Exchange(response=Response(status=400, headers=headers, body=body))).messages

    assert words('{"errorMessages":["One."],"errors":{"summary":"Two."}}') == ("One.", "summary: Two.")
    assert words('{"message":"Three","status-code":404}') == ("Three",)
    assert words("<?xml version='1.0'?><status><message>Four</message></status>") == ("Four",)
    assert words("<html><head><title>Five\n six</title></head></html>") == ("Five six",)
    assert words('…"errorMessages":["Seven') == ('…"errorMessages":["Seven',)
    assert words("plain") == ("plain",)
