"""The store keeps the engine's ports: every method is there, with the parameters the engine gives."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tieline.engine import ports
from tieline.store.gate import DjangoGate
from tieline.store.ids import StoreIds
from tieline.store.ledger import DjangoLedger
from tieline.store.repository import DjangoStore

PAIRS = [
    (ports.Store, DjangoStore),
    (ports.Ledger, DjangoLedger),
    (ports.Gate, DjangoGate),
    (ports.Ids, StoreIds),
]
METHODS = [
    (port, ours, name)
    for port, ours in PAIRS
    for name, member in vars(port).items()
    if inspect.isfunction(member) and not name.startswith("_")
]


def parameters(method: Any) -> dict[str, tuple[Any, Any]]:
    return {name: (one.kind, one.default) for name, one in inspect.signature(method).parameters.items()}


@pytest.mark.parametrize(
    ("port", "ours", "name"), METHODS, ids=[f"{port.__name__}.{name}" for port, _, name in METHODS]
)
def test_the_store_takes_what_the_engine_gives(port, ours, name):
    wanted, given = parameters(getattr(port, name)), parameters(getattr(ours, name))
    assert {key: given.get(key) for key in wanted} == wanted
    more = {key: default for key, (_, default) in given.items() if key not in wanted}
    assert inspect.Parameter.empty not in more.values()


def test_there_are_ports_to_keep():
    assert len(METHODS) > 35
