"""What all the evidence says together: who we are, which edition, whether the credential worked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieline.diagnosis.evidence import Evidence, Settings
from tieline.diagnosis.hosts import is_cloud_host
from tieline.diagnosis.reading import Reading


class Case:
    """The evidence around one exchange. ``logged_in``: True proven, False disproven, None not known.

    Facts given by the ladder win over what is read out of the exchanges.
    """

    __slots__ = ("cloud", "evidence", "facts", "logged_in", "permissions", "project_visible", "readings", "self_hosted",
                 "settings", "version")  # fmt: skip

    def __init__(self, evidence: Evidence, readings: Sequence[Reading]) -> None:
        self.evidence = evidence
        self.readings = readings
        self.settings: Settings = evidence.settings
        self.facts: Mapping[str, Any] = evidence.facts
        facts = evidence.facts
        edition = str(facts.get("edition", "")) if facts else ""
        self.cloud = edition == "cloud" or any(r.cloud for r in readings)
        self.self_hosted = not self.cloud and (edition in ("dc", "server") or any(r.self_hosted for r in readings))
        address = evidence.settings.address
        if not self.cloud and not self.self_hosted and address:
            self.cloud = is_cloud_host(address.split("://")[-1].split("/")[0].split(":")[0].lower())
        self.logged_in = _logged_in(facts, readings)
        permissions = facts.get("permissions") if facts else None
        self.permissions: Mapping[str, bool] = permissions if isinstance(permissions, Mapping) else {}
        visible = facts.get("project_visible") if facts else None
        self.project_visible: bool | None = visible if isinstance(visible, bool) else None
        self.version: tuple[int, ...] = _version(facts.get("version") if facts else None)

    @property
    def account(self) -> str:
        return self.settings.account

    @property
    def worked_before(self) -> bool:
        return self.settings.worked_before

    def may(self, permission: str) -> bool | None:
        """Whether Jira said that this account has the permission; None when it was not asked."""
        return self.permissions.get(permission)

    def gateway_status(self) -> int | None:
        """What ``/myself`` answered on the gateway, as a fact or among the exchanges."""
        given = self.facts.get("gateway_myself_status") if self.facts else None
        if isinstance(given, int):
            return given
        for reading in self.readings:
            if reading.gateway and reading.route.endswith("/myself"):
                return reading.status
        return None

    def bearer_status(self) -> int | None:
        """What ``/myself`` answered when the secret was sent as Bearer."""
        given = self.facts.get("bearer_myself_status") if self.facts else None
        if isinstance(given, int):
            return given
        for reading in self.readings:
            if reading.auth == "bearer" and reading.route.endswith("/myself") and not reading.gateway:
                return reading.status
        return None


def _logged_in(facts: Mapping[str, Any], readings: Sequence[Reading]) -> bool | None:
    if facts:
        known = facts.get("logged_in")
        if isinstance(known, bool):
            return known
        if facts.get("account_id") or facts.get("account_name"):
            return True
    verdict: bool | None = None
    for reading in readings:
        if reading.who is not None:
            return True
        if reading.route.endswith("/myself"):
            if reading.status == 200 and reading.fields:
                return True
            if reading.status == 401:
                verdict = False
        elif reading.login_reason == "AUTHENTICATED_FAILED" or reading.head.get("x-ausername") == "anonymous":
            verdict = False
    return verdict


def _version(text: object) -> tuple[int, ...]:
    if not isinstance(text, str):
        return ()
    numbers: list[int] = []
    for piece in text.split("."):
        digits = "".join(c for c in piece if c.isdigit())
        if not digits:
            break
        numbers.append(int(digits[:9]))
    return tuple(numbers)
