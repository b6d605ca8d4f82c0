"""Findings and exchanges as stored JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from tieline.diagnosis.evidence import Certificate, Exchange, Failure, Request, Response, Stage
from tieline.diagnosis.finding import Confidence, Finding

BODY_LIMIT: Final = 64 * 1024
"""Longest stored body in characters; what is longer is cut and marked ``body_elided``."""


def finding_as_json(finding: Finding) -> dict[str, Any]:
    return _storable(asdict(finding))


def parse_finding(stored: Mapping[str, Any]) -> Finding:
    return Finding(
        slug=stored["slug"],
        confidence=Confidence(stored["confidence"]),
        because=tuple(stored.get("because", ())),
        probe=stored.get("probe"),
        group=stored.get("group"),
        excluded=tuple(stored.get("excluded", ())),
        facts=dict(stored.get("facts", {})),
        exchange_ids=tuple(stored.get("exchange_ids", ())),
    )


def exchange_as_json(exchange: Exchange) -> dict[str, Any]:
    """The exchange as the door redacted it; long bodies are cut, so is the request's."""
    stored = asdict(exchange)
    request, response = stored["request"], stored["response"]
    if request["body"] and len(request["body"]) > BODY_LIMIT:
        request["body"] = request["body"][:BODY_LIMIT]
    if response and response["body"] and len(response["body"]) > BODY_LIMIT:
        response["body"] = response["body"][:BODY_LIMIT]
        response["body_elided"] = True
    return _storable(stored)


def parse_exchange(stored: Mapping[str, Any]) -> Exchange:
    response, failure, certificate = stored.get("response"), stored.get("failure"), stored.get("certificate")
    plain = {
        key: stored[key]
        for key in _PLAIN
        if key in stored and key not in {"request", "response", "failure", "certificate", "addresses"}
    }
    return Exchange(
        **plain,
        request=Request(**stored.get("request", {})),
        response=Response(**response) if response else None,
        failure=Failure(**{**failure, "stage": Stage(failure["stage"])}) if failure else None,
        certificate=Certificate(**{**certificate, "names": tuple(certificate["names"])}) if certificate else None,
        addresses=tuple(stored.get("addresses", ())),
    )


_PLAIN: Final = tuple(one.name for one in fields(Exchange))


def storable(value: Any) -> Any:
    """JSON values that both databases keep: no NUL and no lone surrogate in texts, lists for tuples, text keys."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [storable(one) for one in value]
    return value


def _storable(stored: dict[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = storable(stored)
    return cleaned
