"""A sandbox with faults, the real door to it, and a check through that door."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tieline.diagnosis.evidence import Exchange, Settings
from tieline.diagnosis.ladder import CheckReport, Needs, RungResult, build_report
from tieline.diagnosis.secret_shape import classify_secret
from tieline.engine.check import check_connection
from tieline.engine.ports import ProbeRequest
from tieline.jira.allow import parse_allow_list
from tieline.jira.door import build_door
from tieline.jira.options import DoorOptions, Limits, SystemClock
from tieline.jira.secret import Secret
from tieline.sandbox.server import Sandbox, SandboxOptions


@dataclass(kw_only=True)
class RecordingDoor:
    """The real door, and all that was asked through it."""

    door: object
    asked: list[ProbeRequest]

    def ask(self, request: ProbeRequest, *, timeout_s: float | None = None) -> Exchange:
        self.asked.append(request)
        return self.door.ask(request, timeout_s=timeout_s)

    def close(self) -> None:
        self.door.close()


@dataclass(frozen=True, kw_only=True)
class Checked:
    report: CheckReport
    asked: list[ProbeRequest]

    @property
    def slugs(self) -> list[str]:
        return [finding.slug for finding in self.report.findings]

    def state(self, rung: str) -> str:
        return self.result(rung).state.value

    def result(self, rung: str) -> RungResult:
        return next(result for result in self.report.results if result.rung.name == rung)

    @property
    def first_red(self) -> str | None:
        return next((r.rung.name for r in self.report.results if r.state.value == "problem"), None)


@contextmanager
def sandbox(edition: str, *faults: str, **options: object) -> Iterator[Sandbox]:
    with Sandbox.start(SandboxOptions(edition=edition, faults=frozenset(faults), **options)) as running:
        yield running


def run_check(
    running: Sandbox,
    *,
    auth: str = "basic",
    user: str | None = None,
    secret: str | None = None,
    project: str | None = None,
    needs: Needs | None = None,
    worked_before: bool = False,
    ca_file: str | None = None,
    settings_auth: str | None = None,
    deadline_s: float = 20.0,
    allow: bool = True,
    limits: Limits | None = None,
) -> Checked:
    account = running.user if user is None else user
    word = running.secret if secret is None else secret
    where = urlsplit(running.url)
    entries = ["127.0.0.0/8", f"{where.hostname}:{where.port}"] if allow else []
    door = RecordingDoor(
        door=build_door(
            DoorOptions(
                base_url=running.url,
                auth=auth,
                account=account,
                secret=Secret(word),
                allow=parse_allow_list(entries),
                ca_file=ca_file,
                limits=limits or Limits(),
            )
        ),
        asked=[],
    )
    settings = Settings(
        address=running.url,
        account=account,
        auth=settings_auth or auth,
        secret_shape=classify_secret(word),
        worked_before=worked_before,
    )
    try:
        results = list(
            check_connection(
                door,
                settings,
                clock=SystemClock(),
                project_key=running.project if project is None else project or None,
                needs=needs,
                deadline_s=deadline_s,
            )
        )
    finally:
        door.close()
    assert threading.active_count() < 100
    return Checked(report=build_report(results, settings), asked=door.asked)
