"""Checks as pages show them: the ladder with what each step found, cards in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from tieline.diagnosis.card import Card
from tieline.diagnosis.ladder import RUNGS
from tieline.store.models import CheckRun, Connection
from tieline.web.cards import parse_card


@dataclass(frozen=True, kw_only=True)
class ShownRung:
    """One step. ``state`` is a state of the ladder, ``running`` for the one being asked, ``pending`` for later ones."""

    name: str
    title: str
    describes: str
    state: str
    found: str = ""
    reason: str = ""
    cards: tuple[Card, ...] = ()

    @property
    def soft(self) -> bool:
        return self.state == "warning"

    @property
    def others(self) -> int:
        """Causes besides the first."""
        return len(self.cards) - 1


@dataclass(frozen=True, kw_only=True)
class ShownCheck:
    run: CheckRun
    rungs: tuple[ShownRung, ...]

    @property
    def running(self) -> bool:
        return self.run.state == "running"

    @property
    def problems(self) -> int:
        return sum(one.state == "problem" for one in self.rungs)

    @property
    def warnings(self) -> int:
        return sum(one.state == "warning" for one in self.rungs)

    @property
    def may_go_on(self) -> bool:
        """Every step that choosing a project stands on is green (warnings allowed)."""
        grounds = {"address", "name", "connection", "redirect", "product", "login"}
        good = {one.name for one in self.rungs if one.state in {"ok", "warning"}}
        return grounds <= good


LONGEST = timedelta(seconds=60)
"""A check takes 20 s at most; one that still runs after this was broken off with its server."""


def shown_check(run: CheckRun, *, now: datetime | None = None) -> ShownCheck:
    """The ladder of one check, with steps that have not been asked yet."""
    if run.state == "running" and (now or timezone.now()) - run.started > LONGEST:
        run.state = "broken-off"
    saved = {str(one.get("step")): one for one in run.results}
    rungs: list[ShownRung] = []
    waiting = "running" if run.state == "running" else "not-run"
    for rung in RUNGS:
        row = saved.get(rung.name)
        if row is None:
            reason = "" if run.state == "running" else "The check was broken off before this step."
            rungs.append(
                ShownRung(name=rung.name, title=rung.title, describes=rung.describes, state=waiting, reason=reason)
            )
            waiting = "pending" if run.state == "running" else "not-run"
            continue
        rungs.append(
            ShownRung(
                name=rung.name,
                title=rung.title,
                describes=rung.describes,
                state=str(row.get("state")),
                found=str(row.get("found") or ""),
                reason=str(row.get("reason") or ""),
                cards=tuple(parse_card(one) for one in (row.get("cards") or ())[:3]),
            )
        )
    return ShownCheck(run=run, rungs=tuple(rungs))


def latest_check(connection: Connection) -> CheckRun | None:
    return CheckRun.objects.filter(connection=connection).order_by("-id").first()
