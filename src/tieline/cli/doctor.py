"""``tieline doctor URL``: the ladder with no server and no database.

The first line is printed before anything that talks to Jira is imported, so that a person sees at once that it runs.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

from tieline.cli.refusal import mistyped
from tieline.cli.terminal import paint, print_card, print_json, width
from tieline.diagnosis.address import AddressRepair, repair_account, repair_address, repair_secret
from tieline.diagnosis.card import build_card
from tieline.diagnosis.evidence import Settings
from tieline.diagnosis.ladder import RUNGS, CheckReport, RungResult, RungState, build_report
from tieline.diagnosis.secret_shape import classify_secret

MARKS = {
    RungState.OK: ("✓", "ok", "green"),
    RungState.WARNING: ("!", "warning", "yellow"),
    RungState.PROBLEM: ("✕", "problem", "red"),
    RungState.NOT_RUN: ("·", "not run", "dim"),
}
SECRET_VARIABLE = "TIELINE_JIRA_SECRET"  # the name of a variable
PROXY_VARIABLE = "TIELINE_JIRA_PROXY"
WHOLE_CHECK_S = 20.0
_LONGEST_SECRET = 64 * 1024
_TITLES = max(len(rung.title) for rung in RUNGS)
_PORTS = {"https": 443, "http": 80}


def read_secret(*, from_stdin: bool, user: str) -> str:
    """The secret from standard input, the environment or a prompt; empty where nobody can be asked.

    Raises ``Refusal`` when standard input was to hold one and does not.
    """
    if from_stdin:
        line = sys.stdin.buffer.readline(_LONGEST_SECRET).rstrip(b"\r\n")
        try:
            secret = line.decode("utf-8")
        except UnicodeDecodeError:
            raise mistyped("The secret on standard input is not text in UTF-8.") from None
        if not secret.strip():
            raise mistyped(
                "Standard input holds no secret. Write it there in one line, for instance from a file: < FILE"
            )
        return secret
    if given := os.environ.get(SECRET_VARIABLE):
        return given
    if not sys.stdin.isatty():
        return ""
    try:
        return getpass.getpass(f"{'Password or API token of ' + user if user else 'Personal access token'}: ")
    except EOFError:
        raise KeyboardInterrupt from None


def typed_endpoint(address: str) -> tuple[str, ...]:
    """The host and port typed at this terminal: whoever types them here is the operator of this call."""
    from tieline.jira.allow import parse_entry

    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").partition("%")[0].encode("idna").decode()
        entry = f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 443)}"
        parse_entry(entry)
    except ValueError:
        return ()
    return (entry,)


def run_doctor(
    url: str,
    *,
    user: str,
    project: str,
    secret_stdin: bool,
    ca_file: str,
    as_json: bool,
    client_cert: str = "",
    client_key: str = "",
    proxy: str = "",
) -> int:
    """0: every step is green. 3: something is wrong between here and Jira.

    Raises ``Refusal`` when address, secret or a file is missing.
    """
    if not url.strip():
        raise mistyped("Name the address of Jira: tieline doctor https://acme.atlassian.net --user pat@acme.io")
    if ca_file and (trouble := _unreadable(ca_file)):
        raise mistyped(trouble)
    if "@" in proxy:
        raise mistyped(
            f"A proxy's login does not belong on the command line. Set {PROXY_VARIABLE} to the whole address."
        )
    proxy = proxy or os.environ.get(PROXY_VARIABLE, "")
    for file in (client_cert, client_key):
        if file and not Path(file).is_file():
            raise mistyped(f'There is no file "{file}".')
    repair = repair_address(url)
    if not repair.readable:
        repair = repair_address(re.sub(r"(?<=//)[^/@]*@", "", url))  # a password in there must not be shown
    user, account_said = repair_account(user)
    secret = read_secret(from_stdin=secret_stdin, user=user)
    if user and not secret.strip():
        raise mistyped(
            f"No secret was given for {user}. Pipe it in with --secret-stdin, or set {SECRET_VARIABLE}; "
            "without --user the check goes as far as Jira lets anybody."
        )
    fixed = repair_secret(secret)
    project = (project or repair.project_key or "").strip()
    settings = Settings(
        address=repair.url,
        account=user,
        auth=("basic" if user else "bearer") if fixed.secret else "none",
        secret_shape=classify_secret(fixed.secret) if fixed.secret or user else None,
        project_key=project or None,
        authority_file=ca_file or None,
        client_certificate=client_cert or None,
        proxy=re.sub(r"(?<=//)[^/@]*@", "", proxy) or None,
    )
    said = [*repair.repairs, *account_said, *fixed.repairs]
    if not as_json:
        print(f"Checking {paint(repair.url, 'bold')}{f' as {user}' if user else ''}")
        for sentence in said:
            print(paint(f"  {sentence}", "dim"))
        print(flush=True)
    results = _check(settings, fixed.secret, client_key=client_key, proxy=proxy, live=not as_json)
    report = build_report(results, settings)
    if as_json:
        print_json(report_json(report, repair, said))
    else:
        print_problems(report)
    return 0 if report.ok else 3


def _check(settings: Settings, secret: str, *, client_key: str, proxy: str, live: bool) -> list[RungResult]:
    from tieline.engine.check import check_connection
    from tieline.engine.clock import SystemClock
    from tieline.wiring.doors import door_for_settings

    door = door_for_settings(
        settings.address,
        settings.account,
        secret,
        auth=settings.auth,
        allow=(*typed_endpoint(settings.address), *(typed_endpoint(settings.proxy) if settings.proxy else ())),
        total_s=WHOLE_CHECK_S,
        ca_file=settings.authority_file,
        client_cert=settings.client_certificate,
        client_key=client_key or None,
        proxy=proxy,
    )
    results: list[RungResult] = []
    try:
        for result in check_connection(door, settings, clock=SystemClock(), project_key=settings.project_key):
            results.append(result)
            if live:
                print_rung(result)
    finally:
        door.close()
    return results


def _unreadable(file: str) -> str:
    """Why ``file`` cannot serve as a list of certificates; empty when it can."""
    import ssl

    if not Path(file).is_file():
        return f'There is no file "{file}".'
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ValueError):
        return f'"{file}" holds no certificates. They are expected as PEM: -----BEGIN CERTIFICATE-----'
    return ""


def print_rung(result: RungResult) -> None:
    mark, word, colour = MARKS[result.state]
    sentence = result.reason if result.state is RungState.NOT_RUN else result.found
    label = f"{mark} {result.rung.title:<{_TITLES}} {word:<8}"
    print(f"{paint(label, colour)} {sentence}".rstrip(), flush=True)


def print_problems(report: CheckReport) -> None:
    evidence = report.evidence()
    for finding in report.findings:
        print("\n" + paint("─" * min(width(), 72), "dim") + "\n")
        card = build_card(finding, evidence)
        print_card(card)
        if card.request_text:
            print("\n" + paint("Request for the Jira admin, to copy", "bold"))
            print(textwrap.indent(card.request_text, "  "))
    print()
    if report.ok:
        calls = len(report.exchanges)
        print(paint("All good.", "bold", "green"), f"{calls} call{'' if calls == 1 else 's'}.")
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
