"""`tieline doctor URL` against sandboxes: what it says, how it ends, and what it never says."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Inside, Running, golden, same_every_time, tieline
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.sandbox import Sandbox

Start = Callable[..., Sandbox]
CANARY = "kY7-canary-Wq3!zT9+/=e"


def arguments(jira: Sandbox, *more: str) -> list[str]:
    return ["doctor", jira.url, "--user", jira.user, "--project", jira.project, *more]


def test_a_healthy_jira_is_green_in_at_most_twelve_calls(start: Start, inside: Inside) -> None:
    for edition in ("cloud", "dc"):
        jira = start(edition)
        ran = inside(*arguments(jira, "--json"), TIELINE_JIRA_SECRET=jira.secret)
        told = json.loads(ran.out)
        assert (ran.code, told["ok"], told["problems"]) == (0, True, [])
        assert {step["state"] for step in told["steps"]} == {"ok"}
        assert told["calls"] <= 12


@pytest.mark.parametrize(
    ("name", "edition", "fault"),
    [
        ("healthy", "cloud", None),
        ("no-right-to-make-versions", "cloud", "perm-create-version"),
        ("sent-to-a-private-address", "cloud", "redirect-internal-host"),
        ("captcha", "dc", "auth-captcha-triggered"),
    ],
)
def test_the_whole_text_and_the_whole_json(
    start: Start, inside: Inside, name: str, edition: str, fault: str | None
) -> None:
    jira = start(edition, *([fault] if fault else []))
    ran = inside(*arguments(jira), TIELINE_JIRA_SECRET=jira.secret)
    assert (ran.code, ran.err) == (3 if fault else 0, "")
    golden(f"doctor-{name}.txt", same_every_time(ran.out))
    ran = inside(*arguments(jira, "--json"), TIELINE_JIRA_SECRET=jira.secret)
    assert (ran.code, ran.err) == (3 if fault else 0, "")
    document = json.dumps(json.loads(ran.out), indent=1, ensure_ascii=False) + "\n"
    golden(f"doctor-{name}.json", same_every_time(document))


@pytest.mark.parametrize(
    ("edition", "fault"),
    [
        ("cloud", "net-connection-refused"),
        ("cloud", "net-dns-failure"),
        ("cloud", "tls-expired"),
        ("cloud", "auth-cloud-token-expired"),
        ("cloud", "perm-project-not-visible"),
        ("dc", "tls-self-signed"),
        ("dc", "url-wrong-context-path"),
        ("dc", "auth-pat-sent-as-basic"),
    ],
)
def test_a_fault_ends_in_its_problem_within_twenty_seconds(
    start: Start, inside: Inside, edition: str, fault: str
) -> None:
    jira = start(edition, fault)
    began = time.monotonic()
    ran = inside(*arguments(jira, "--json"), TIELINE_JIRA_SECRET=jira.secret)
    assert time.monotonic() - began < 20
    told = json.loads(ran.out)
    assert (ran.code, told["ok"]) == (3, False)
    best = told["problems"][0]
    group = CATALOGUE[fault].group
    assert best["slug"] == fault or (group and best["group"] == group and best["probe"])


def test_a_jira_that_never_answers_costs_twenty_seconds_at_most(start: Start, inside: Inside) -> None:
    jira = start("cloud", "net-read-timeout")
    began = time.monotonic()
    ran = inside(*arguments(jira, "--json"), TIELINE_JIRA_SECRET=jira.secret)
    assert time.monotonic() - began <= 21
    assert (ran.code, json.loads(ran.out)["problems"][0]["slug"]) == (3, "net-read-timeout")


@pytest.mark.process
def test_ctrl_c_during_a_stalled_check_ends_at_once_with_130(start: Start) -> None:
    jira = start("cloud", "net-read-timeout")
    with Running(*arguments(jira), TIELINE_JIRA_SECRET=CANARY, PYTHONUNBUFFERED="1") as stalled:
        stalled.wait_for("Checking")
        time.sleep(1.5)
        assert stalled.process.poll() is None
        code, took = stalled.end(signal.SIGINT)
    assert (code, took < 3) == (130, True)
    assert "".join(stalled.errors).strip() == "Interrupted."


def test_the_secret_is_in_no_output(start: Start, inside: Inside) -> None:
    for edition, fault in (("cloud", "auth-cloud-credentials-rejected"), ("dc", "auth-wrong-password")):
        jira = start(edition, fault)
        for more in ([], ["--json"]):
            for ran in (
                inside(*arguments(jira, *more), TIELINE_JIRA_SECRET=CANARY),
                inside(*arguments(jira, "--secret-stdin", *more), stdin=CANARY.encode() + b"\n"),
            ):
                assert ran.code == 3
                assert CANARY not in ran.all
                assert CANARY[:12] not in ran.all


def test_a_secret_typed_as_an_argument_is_refused_and_not_repeated(inside: Inside) -> None:
    for words in (
        ["https://jira.example", "--user", "pat", CANARY],
        ["https://jira.example", f"--secret={CANARY}"],
        ["https://jira.example", "--password", CANARY],
        ["https://jira.example", "--token", CANARY],
    ):
        ran = inside("doctor", *words)
        assert (ran.code, ran.out) == (2, "")
        assert "TIELINE_JIRA_SECRET" in ran.err
        assert CANARY not in ran.err


def test_a_password_in_the_address_is_left_out_and_not_shown(inside: Inside, start: Start) -> None:
    jira = start("cloud", "net-connection-refused")
    port = jira.url.rpartition(":")[2]
    for address in (f"http://pat:{CANARY.replace('/', '')}@127.0.0.1:{port}", "https://pat:s3cr3t-Kq@no host at:all"):
        ran = inside("doctor", address)
        assert ran.code == 3
        assert "canary" not in ran.all
        assert "s3cr3t-Kq" not in ran.all


@pytest.mark.process
def test_the_secret_is_read_from_standard_input(start: Start) -> None:
    jira = start("dc")
    ran = tieline(*arguments(jira, "--secret-stdin", "--json"), stdin=f' "{jira.secret}"\r\nmore\n'.encode())
    told = json.loads(ran.out)
    assert (ran.code, told["ok"], ran.err) == (0, True, "")
    assert len(told["repairs"]) == 2
    assert jira.secret not in ran.out


def test_where_nobody_can_be_asked_for_the_secret_nothing_is_sent(start: Start, inside: Inside) -> None:
    jira = start("dc")
    ran = inside(*arguments(jira))
    assert (ran.code, ran.out) == (2, "")
    assert "--secret-stdin" in ran.err
    assert "TIELINE_JIRA_SECRET" in ran.err


@pytest.mark.parametrize(
    ("piped", "words"), [(b"", "holds no secret"), (b"\n", "holds no secret"), (b"\xff\xfe\n", "UTF-8")]
)
def test_an_empty_or_unreadable_standard_input_is_told(inside: Inside, piped: bytes, words: str) -> None:
    ran = inside("doctor", "https://jira.example", "--user", "pat", "--secret-stdin", stdin=piped)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_without_user_and_secret_the_check_asks_as_nobody(start: Start, inside: Inside) -> None:
    jira = start("cloud")
    ran = inside("doctor", f"{jira.url}/browse/ROAD-1", "--json")
    told = json.loads(ran.out)
    assert ran.code == 3
    assert told["address"] == jira.url
    assert [step["state"] for step in told["steps"]][:5] == ["ok"] * 5
    assert told["facts"].get("logged_in") is not True


@pytest.mark.parametrize(
    "address",
    [
        "   ",
        "http://",
        "http://[::1",
        "http://jira.example:99999",
        "http://jira example",
        "ftp://jira.example",
        "http://-",
        "//",
    ],
)
def test_an_address_that_is_none_is_a_problem_and_no_accident(inside: Inside, address: str) -> None:
    ran = inside("doctor", address)
    assert ran.code in {2, 3}
    assert "itself failed" not in ran.all
    assert "Traceback" not in ran.all
    assert "address" in ran.all.lower()


@pytest.mark.parametrize(
    "address", ["http://bücher.invalid", "http://[fe80::1%25eth0]:9", "http://under_score.invalid:0"]
)
def test_an_unusual_address_is_checked_all_the_same(inside: Inside, address: str) -> None:
    ran = inside("doctor", address)
    assert ran.code == 3
    assert "Problems found" in ran.out


def test_a_file_of_certificates_must_be_one(inside: Inside, tmp_path: Path, start: Start) -> None:
    folder = tmp_path
    (folder / "notes.txt").write_text("no certificate", encoding="utf-8")
    absent = inside("doctor", "https://jira.example", "--ca-file", str(folder / "absent.pem"))
    wrong = inside("doctor", "https://jira.example", "--ca-file", str(folder / "notes.txt"))
    assert (absent.code, wrong.code) == (2, 2)
    assert "There is no file" in absent.err
    assert "holds no certificates" in wrong.err
    jira = start("cloud", "tls-untrusted-ca")
    assert jira.authority_pem
    (folder / "authority.pem").write_text(jira.authority_pem, encoding="utf-8")
    ran = inside(*arguments(jira, "--ca-file", str(folder / "authority.pem")), TIELINE_JIRA_SECRET=jira.secret)
    assert ran.code == 0, ran.out


def test_colours_only_where_they_are_wanted(start: Start, inside: Inside) -> None:
    jira = start("cloud")
    secret = {"TIELINE_JIRA_SECRET": jira.secret}
    assert "\x1b[" not in inside(*arguments(jira), **secret).out
    assert "\x1b[32m" in inside(*arguments(jira), CLICOLOR_FORCE="1", **secret).out
    assert "\x1b[" not in inside(*arguments(jira), CLICOLOR_FORCE="0", **secret).out
    assert "\x1b[" not in inside(*arguments(jira), CLICOLOR_FORCE="1", NO_COLOR="1", **secret).out
    assert "\x1b[" not in inside(*arguments(jira, "--json"), CLICOLOR_FORCE="1", **secret).out


@pytest.mark.process
def test_a_terminal_of_another_alphabet_loses_marks_and_no_words(start: Start) -> None:
    jira = start("cloud")
    ran = tieline(*arguments(jira), TIELINE_JIRA_SECRET=jira.secret, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 0
    assert "? Who am I" in ran.out
    ran = tieline(*arguments(jira, "--json"), TIELINE_JIRA_SECRET=jira.secret, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "“" in json.loads(ran.out)["steps"][4]["found"]
