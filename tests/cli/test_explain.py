"""`tieline explain`: pasted messages, names of problems, recorded answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, Inside, clean_environment, tieline
from tests.shared_material import shared, skip_without_shared
from tieline.cli import explain
from tieline.diagnosis.catalogue import CATALOGUE

OBSERVED = "evidence/observed-responses.jsonl"


@pytest.mark.parametrize(
    ("text", "among", "says"),
    [
        ("Remote error for 'installed': Unhandled error: STATUS=302", {"redirect-generic-302"}, "redirect"),
        ("Remote error for 'installed': Authentication failed: 401", set(), "401 (unauthorized)"),
        (
            "Project with key 'X' either does not exist or you do not have permission to create versions in it",
            {"perm-create-version"},
            "Administer Projects",
        ),
    ],
)
def test_messages_that_people_paste_are_explained(inside: Inside, text: str, among: set[str], says: str) -> None:
    ran = inside("explain", text)
    assert (ran.code, ran.err) == (0, "")
    assert says in ran.out
    told = json.loads(inside("explain", text, "--json").out)
    slugs = [finding["slug"] for finding in told["findings"]]
    assert slugs
    assert len(slugs) <= 3
    assert among <= set(slugs)
    assert slugs == [card["slug"] for card in told["cards"]]
    assert {finding["confidence"] for finding in told["findings"]} <= {"likely", "possible"}, (
        "one line of text proves nothing"
    )


def test_words_without_quotes_are_one_message(inside: Inside) -> None:
    ran = inside("explain", "Unhandled", "error:", "STATUS=302", "--json")
    assert json.loads(ran.out)["text"] == "Unhandled error: STATUS=302"


def test_every_problem_has_its_page(inside: Inside) -> None:
    for slug in CATALOGUE:
        assert explain.page_of(slug).startswith("# ")
    ran = inside("explain", "perm-create-version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("The account may not create versions")
    assert max(map(len, ran.out.split("\n"))) <= 100


@pytest.mark.parametrize(
    "written", ["PERM-CREATE-VERSION", "perm create version", "perm_create_version", "  perm-create-version\n"]
)
def test_the_name_of_a_problem_is_found_however_it_is_written(inside: Inside, written: str) -> None:
    told = json.loads(inside("explain", written, "--json").out)
    assert told["slug"] == "perm-create-version"
    assert told["resolution"][0].keys() == {"who", "text"}
    assert told["page"].startswith("# ")


def test_a_name_that_is_nearly_right_is_helped_along(inside: Inside) -> None:
    ran = inside("explain", "perm-create-versions")
    assert (ran.code, ran.out) == (2, "")
    assert "Did you mean perm-create-version" in ran.err


def test_a_name_that_is_nothing_like_any_is_told(inside: Inside) -> None:
    ran = inside("explain", "zzz-zzz-zzz")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith('There is no problem named "zzz-zzz-zzz".')


def test_of_a_message_that_nobody_knows_nothing_is_claimed(inside: Inside) -> None:
    ran = inside("explain", "The quick brown fox")
    assert ran.code == 3
    assert "claims nothing without evidence" in ran.out
    assert "tieline doctor" in ran.out
    ran = inside("explain", "The quick brown fox", "--json")
    assert (ran.code, json.loads(ran.out)["findings"]) == (3, [])


@pytest.mark.parametrize("words", [[], [""], ["   "], ["-"]])
def test_nothing_to_explain_is_told_with_an_example(inside: Inside, words: list[str]) -> None:
    ran = inside("explain", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "tieline explain perm-create-version" in ran.err


def test_a_message_comes_from_standard_input_too(inside: Inside) -> None:
    ran = inside("explain", "-", "--json", stdin=b"some log\nUnhandled error: STATUS=302\n")
    assert ran.code == 0
    assert json.loads(ran.out)["findings"]


def test_bytes_that_are_no_text_are_no_accident(inside: Inside) -> None:
    ran = inside("explain", "-", stdin=b"\xff\xfe\x00 Unhandled error: STATUS=302 \xc3\x28\x80")
    assert ran.code == 0
    assert "redirect" in ran.out


@pytest.mark.process
def test_an_argument_that_is_no_text_is_no_accident() -> None:
    for more in ([], ["--json"]):
        done = subprocess.run(
            [*COMMAND, "explain", b"\xff Unhandled error: STATUS=302 \xe2\x82", *more],
            capture_output=True,
            env=clean_environment(),
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        done.stdout.decode("utf-8")


def test_a_long_text_is_read_in_time(inside: Inside) -> None:
    ran = inside("explain", "-", stdin=b"lorem ipsum STATUS = dolor {[( " * 60_000)
    assert ran.code in {0, 3}


ANSWER = {
    "id": "a",
    "deployment": "cloud",
    "request": {"method": "GET", "path": "/rest/api/3/myself", "auth": "basic"},
    "response": {
        "status": 401,
        "headers": {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"},
        "body": "Client must be authenticated to access this resource.",
    },
    "client_error": None,
}


def test_recorded_answers_are_answered_line_by_line(inside: Inside, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join([json.dumps(ANSWER), "", json.dumps(ANSWER | {"id": 7}), ""]), encoding="utf-8")
    ran = inside("explain", "--exchange", str(file), "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert [row["id"] for row in rows] == ["a", 7]
    for row in rows:
        assert row.keys() == {"id", "findings"}
        assert row["findings"]
        for finding in row["findings"]:
            assert finding.keys() == {"slug", "confidence", "because", "probe"}
            assert finding["slug"] in CATALOGUE
    assert inside("explain", "--exchange", "-", "--json", stdin=file.read_bytes()).out == ran.out


def test_recorded_answers_are_shown_to_people_too(inside: Inside) -> None:
    fine = {
        "id": "fine",
        "request": {"method": "GET", "path": "/x"},
        "response": {"status": 200, "headers": {}, "body": "{}"},
    }
    lines = f"{json.dumps(ANSWER)}\n{json.dumps(fine)}\n".encode()
    ran = inside("explain", "--exchange", "-", stdin=lines)
    assert (ran.code, ran.err) == (0, "")
    assert "auth-" in ran.out
    assert "nothing to explain (status 200)" in ran.out


def test_what_cannot_be_read_is_named_by_its_line_and_the_rest_is_answered(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "_LONGEST_LINE", 10_000)
    lines = [
        json.dumps(ANSWER).encode(),
        b"{not json",
        b"",
        b"[1, 2]",
        b'{"id": "' + b"x" * 25_000 + b'"}',
        b'{"deep": ' + b"[" * 3000 + b"]" * 3000 + b"}",
        b"\xff\xfe\x00",
        json.dumps(ANSWER | {"id": "last"}).encode(),
    ]
    ran = inside("explain", "--exchange", "-", "--json", stdin=b"\n".join(lines))
    answered = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 2
    assert (answered[0]["id"], answered[-1]["id"]) == ("a", "last")
    told = ran.err.splitlines()
    assert "Line 2 is not JSON; it was left out." in told
    assert "Line 4 is not a JSON object; it was left out." in told
    assert any(line.startswith("Line 5 is longer than") for line in told)
    assert any(line.startswith("Line 7 is not JSON") for line in told)
    assert len(told) + len(answered) == 7


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"id": null, "request": null, "response": null, "client_error": null}',
        '{"id": [1], "request": [], "response": "x", "client_error": {"a": 1}}',
        '{"response": {"status": "302", "headers": [["Location", 3]], "body": {"a": [1]}}}',
        '{"response": {"status": -1, "headers": {"a": null}, "body": null}}',
        '{"response": {"status": 1e999, "headers": {}, "body": "\\ud800"}, "id": "\\ud800"}',
        '{"request": {"path": 7, "method": [], "auth": {}}, "response": {"status": true}}',
        '{"deployment": {"x": 1}, "client_error": "\\u0000"}',
    ],
)
def test_a_strange_recorded_answer_gets_an_answer(inside: Inside, line: str) -> None:
    ran = inside("explain", "--exchange", "-", "--json", stdin=line.encode())
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out).keys() == {"id", "findings"}
    assert inside("explain", "--exchange", "-", stdin=line.encode()).code == 0


def test_a_file_that_cannot_be_read_is_told(inside: Inside, tmp_path: Path) -> None:
    for name in (tmp_path / "absent.jsonl", tmp_path):
        ran = inside("explain", "--exchange", str(name), "--json")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("Cannot read")


@pytest.mark.process
def test_a_reader_that_has_read_enough_is_no_accident(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text((json.dumps(ANSWER) + "\n") * 3000, encoding="utf-8")
    reader = subprocess.Popen(
        [*COMMAND, "explain", "--exchange", str(file), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    assert reader.stdout
    assert reader.stderr
    reader.stdout.readline()
    reader.stdout.close()
    assert (reader.wait(30), reader.stderr.read()) == (0, b"")
    reader.stderr.close()


@pytest.mark.process
def test_it_works_where_the_settings_are_broken(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "tieline.toml").write_text("port = [", encoding="utf-8")
    ran = tieline("explain", "perm-create-version", cwd=tmp_path, TIELINE_PORT="many")
    assert (ran.code, ran.err) == (0, "")


@skip_without_shared(OBSERVED)
def test_every_observed_answer_gets_its_line(inside: Inside) -> None:
    file = shared(OBSERVED)
    assert file
    ran = inside("explain", "--exchange", str(file), "--json")
    asked = [json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert ran.code == 0
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == asked
