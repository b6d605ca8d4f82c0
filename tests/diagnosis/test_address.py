from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.diagnosis.address import repair_account, repair_address, repair_secret


@pytest.mark.parametrize(
    ("typed", "url", "key"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net", None),
        ("acme.atlassian.net", "https://acme.atlassian.net", None),
        ("http://acme.atlassian.net/", "https://acme.atlassian.net", None),
        ("https://acme.atlassian.net/jira", "https://acme.atlassian.net", None),
        ("https://acme.atlassian.net/jira/software/projects/ROAD/boards/1", "https://acme.atlassian.net", "ROAD"),
        (
            "https://acme.atlassian.net/jira/software/c/projects/ROAD/boards/1/backlog?selectedIssue=ROAD-7",
            "https://acme.atlassian.net",
            "ROAD",
        ),
        ("https://acme.atlassian.net/browse/ROAD-12", "https://acme.atlassian.net", "ROAD"),
        ("https://acme.atlassian.net/jira/dashboards/10000", "https://acme.atlassian.net", None),
        ("https://acme.atlassian.net/issues/?jql=project%20%3D%20OPS", "https://acme.atlassian.net", "OPS"),
        ("https://acme.atlassian.net/wiki/spaces/X", "https://acme.atlassian.net", None),
        ("https://jira.acme.io/jira/browse/ROAD-12", "https://jira.acme.io/jira", "ROAD"),
        ("https://jira.acme.io/jira/projects/ROAD/issues", "https://jira.acme.io/jira", "ROAD"),
        ("https://jira.acme.io/secure/RapidBoard.jspa?rapidView=3&projectKey=ROAD", "https://jira.acme.io", "ROAD"),
        ("https://jira.acme.io:8443/tracker/secure/Dashboard.jspa", "https://jira.acme.io:8443/tracker", None),
        ("https://jira.acme.io/jira/", "https://jira.acme.io/jira", None),
        ("https://jira.acme.io/jira/rest/api/2", "https://jira.acme.io/jira", None),
        ("http://jira.acme.io:80/login.jsp", "http://jira.acme.io", None),
        ("https://https://jira.acme.io", "https://jira.acme.io", None),
        ("https:/jira.acme.io", "https://jira.acme.io", None),
        ("https//jira.acme.io", "https://jira.acme.io", None),
        ('  "https://jira.acme.io/" \n', "https://jira.acme.io", None),
        ("<https://jira.acme.io>", "https://jira.acme.io", None),
        ("http://localhost:2990/jira", "http://localhost:2990/jira", None),
        ("https://pat:secret@jira.acme.io", "https://jira.acme.io", None),
        ("http://[::1]:8080/jira", "http://[::1]:8080/jira", None),
    ],
)
def test_a_pasted_address_becomes_the_base_of_jira(typed, url, key):
    repaired = repair_address(typed)
    assert (repaired.url, repaired.project_key) == (url, key)
    assert bool(repaired.repairs) == (typed != url), repaired.repairs
    assert all(sentence.endswith(".") for sentence in repaired.repairs)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "not an address",
        "ftp://jira.acme.io",
        "https://",
        "https://[",
        "https://.atlassian.net",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_is_given_back(typed):
    repaired = repair_address(typed)
    assert not repaired.readable
    assert repaired.url == typed.strip()


@given(st.text(max_size=80))
def test_repairing_twice_changes_nothing_more(text):
    once = repair_address(text)
    if once.readable:
        again = repair_address(once.url)
        assert (again.url, again.repairs) == (once.url, ())


@pytest.mark.parametrize(
    ("typed", "secret", "bearer"),
    [
        ("ATATT3xFfGF0abc", "ATATT3xFfGF0abc", False),
        ("  ATATT3xFfGF0abc\n", "ATATT3xFfGF0abc", False),
        ('"ATATT3xFfGF0abc"', "ATATT3xFfGF0abc", False),
        ("Bearer NjQ1MTc0MDk4", "NjQ1MTc0MDk4", True),
        ("Authorization: Bearer NjQ1MTc0MDk4", "NjQ1MTc0MDk4", True),
        ("ATATT3x\nFfGF0abc", "ATATT3xFfGF0abc", False),
        ("a pass phrase", "a pass phrase", False),
        ("Bearer of news", "Bearer of news", False),
        ("", "", False),
    ],
)
def test_a_pasted_secret_loses_what_stands_around_it(typed, secret, bearer):
    repaired = repair_secret(typed)
    assert (repaired.secret, repaired.as_bearer) == (secret, bearer)
    assert bool(repaired.repairs) == (typed != secret)


def test_a_secret_is_not_in_the_text_of_its_repair():
    assert "hunter2" not in repr(repair_secret(' "hunter2" '))
    assert "hunter2" not in " ".join(repair_secret(' "hunter2" ').repairs)


def test_an_account_loses_what_stands_around_it():
    assert repair_account(" mailto:pat@acme.io ") == ("pat@acme.io", ("What stood around the account was removed.",))
    assert repair_account("pat") == ("pat", ())
