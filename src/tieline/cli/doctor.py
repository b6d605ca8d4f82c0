"""``tieline doctor URL``: the ladder with no server and no database."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tieline.cli.terminal import paint, print_card, print_json, width
from tieline.diagnosis.address import AddressRepair, repair_address, repair_secret
from tieline.diagnosis.card import build_card
from tieline.diagnosis.evidence import Settings
from tieline.diagnosis.ladder import CheckReport, RungResult, RungState, build_report
from tieline.diagnosis.secret_shape import classify_secret
from tieline.engine.check import check_connection
from tieline.engine.clock import SystemClock
from tieline.wiring.doors import door_for_settings

MARKS = {
    RungState.OK: ("✓", "ok", "green"),
    RungState.WARNING: ("!", "warning", "yellow"),
    RungState.PROBLEM: ("✕", "problem", "red"),
    RungState.NOT_RUN: ("·", "not run", "dim"),
}
SECRET_VARIABLE = "TIELINE_JIRA_SECRET"  # the name of a variable
_PORTS = {"https": 443, "http": 80}


def read_secret(*, from_stdin: bool, user: str) -> str:
    """The secret from standard input, the environment or a prompt; empty where nobody can be asked."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if given := os.environ.get(SECRET_VARIABLE):
        return given
    if not sys.stdin.isatty():
        return ""
    return getpass.getpass(f"{'Password or API token of ' + user if user else 'Personal access token'}: ")


def typed_endpoint(address: str) -> tuple[str, ...]:
    """The host and port typed at this terminal: whoever types them here is the operator of this call."""
    parts = urlsplit(address)
    if not parts.hostname:
        return ()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return (f"{host}:{parts.port or _PORTS.get(parts.scheme, 443)}",)


def run_doctor(
    url: str, *, user: str, project: str, secret_stdin: bool, ca_file: str, as_json: bool
) -> int:
    """0: every step is green. 2: no address, or a file that is not there. 3: something is wrong with the connection."""
    if not url.strip():
        print("Name the address of Jira: tieline doctor https://acme.atlassian.net --user pat@acme.io", file=sys.stderr)
        return 2
    if ca_file and not Path(ca_file).is_file():
        print(f'There is no file "{ca_file}".', file=sys.stderr)
        return 2
    repair = repair_address(url)
    user = user.strip()
    fixed = repair_secret(read_secret(from_stdin=secret_stdin, user=user))
    project = (project or repair.project_key or "").strip()
    settings = Settings(
        address=repair.url,
        account=user,
        auth=("basic" if user else "bearer") if fixed.secret else "none",
        secret_shape=classify_secret(fixed.secret) if fixed.secret or user else None,
        project_key=project or None,
    )
    said = [*repair.repairs, *fixed.repairs]
    if not as_json:
        print(f"Checking {paint(repair.url, 'bold')}{f' as {user}' if user else ''}")
        for sentence in said:
            print(paint(f"  {sentence}", "dim"))
        print(flush=True)
    door = door_for_settings(
        repair.url,
        user,
        fixed.secret,
        auth=settings.auth,
        allow=typed_endpoint(repair.url),
        total_s=20.0,
        ca_file=ca_file or None,
    )
    results: list[RungResult] = []
    try:
        for result in check_connection(door, settings, clock=SystemClock(), project_key=project or None):
            results.append(result)
            if not as_json:
                print_rung(result)
    finally:
        door.close()
    report = build_report(results, settings)
    if as_json:
        print_json(report_json(report, repair, said))
    else:
        print_problems(report)
    return 0 if report.ok else 3


def print_rung(result: RungResult) -> None:
    mark, word, colour = MARKS[result.state]
    sentence = result.reason if result.state is RungState.NOT_RUN else result.found
    label = f"{mark} {result.rung.title:<22} {word:<8}"
    print(f"{paint(label, colour)} {sentence}".rstrip(), flush=True)


def print_problems(report: CheckReport) -> None:
    evidence = report.evidence()
    for finding in report.findings:
        print("\n" + paint("─" * min(width(), 72), "dim") + "\n")
        card = build_card(finding, evidence)
        print_card(card)
        if card.request_text:
            print("\n" + paint("Request for the Jira admin, to copy", "bold"))
            print("\n".join(f"  {line}" for line in card.request_text.split("\n")))
    print()
    if report.ok:
        print(paint("All good.", "bold", "green"), f"{len(report.exchanges)} calls.")
    else:
        red = [result.rung.title for result in report.results if result.state is RungState.PROBLEM]
        print(paint("Problems found:", "bold", "red"), f"{', '.join(red)}. Mend it, then run this again.")


def report_json(report: CheckReport, repair: AddressRepair, said: list[str]) -> dict[str, object]:
    evidence = report.evidence()
    return {
        "address": repair.url,
        "repairs": said,
        **report.as_json(),
        "problems": [build_card(finding, evidence).as_json() for finding in report.findings],
    }
