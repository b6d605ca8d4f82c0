"""Rules of the house that a machine can check."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tieline"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked("src/**/*.py", "src/*.py") if "migrations" not in path.parts]


def test_modules_stay_small_enough_to_read_in_one_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert long == {}


def test_nothing_unfinished_is_in_the_product() -> None:
    mark = re.compile(r"#.*\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b|NotImplemented" + "Error")
    marked = [str(path.relative_to(ROOT)) for path in modules() if mark.search(path.read_text(encoding="utf-8"))]
    assert marked == []


def test_broad_except_stands_only_at_the_workers_edge() -> None:
    broad = re.compile(r"^\s*except( \(?\s*(Exception|BaseException)\b.*)?:", re.MULTILINE)
    places = [str(path.relative_to(SOURCE)) for path in modules() if broad.search(path.read_text(encoding="utf-8"))]
    assert places == ["engine/worker.py"]


def test_file_names_say_what_is_in_them() -> None:
    empty = re.compile(r"(util|helper|manager|handler|processor|common|misc|base)s?\.py$")
    assert [path.name for path in modules() if empty.search(path.name)] == []


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        packages = re.findall(r"^[a-z0-9][a-z0-9_.\-\[\]]*==[^ ]+.*\\$", text, re.MULTILINE)
        assert len(packages) >= 30
        assert len(re.findall(r"^[a-z0-9].*==.*[^\\]$", text, re.MULTILINE)) == 0, "a package without hashes"


def test_every_direct_dependency_has_its_reason_written_down() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reasons = (ROOT / "docs/decisions/0008-dependencies.md").read_text(encoding="utf-8")
    names = [re.split(r"[\[<>=~! ]", one)[0] for one in project["dependencies"]]
    assert [name for name in names if f"| {name} |" not in reasons] == []


def test_no_path_of_one_machine_is_in_the_project() -> None:
    path = re.compile(r"(?<![\w/.])/(root|home/\w+|work)/\w")
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in tracked("*.py", "*.md", "*.toml", "*.sh", "*.html", "Makefile", "*.jsonl", "*.json")
        if file != Path(__file__) and (match := path.search(file.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_every_setting_is_explained() -> None:
    code = (SOURCE / "settings.py").read_text(encoding="utf-8")
    asked = set(re.findall(r"\b(?:setting|flag|words|number)\(\"(\w+)\"", code))
    for path in modules():
        asked |= set(re.findall(r"TIELINE_([A-Z_]+)", path.read_text(encoding="utf-8")))
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert sorted(name.upper() for name in asked if f"`TIELINE_{name.upper()}`" not in page) == []


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
