"""How a sandbox is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Edition = Literal["cloud", "dc"]


@dataclass(frozen=True, kw_only=True)
class SandboxOptions:
    """What `Sandbox.start` needs to know. `port` 0 takes any free port.

    `data_file` replaces the built-in sample plan by real issues (JSON lines, gzip allowed), at most
    `limit` of them. `state_file` keeps the state over restarts. `faults` are names from `FAULTS`.
    `requests_per_second` 0 means no rate limit; `burst` calls may come at once.
    """

    edition: Edition = "cloud"
    host: str = "127.0.0.1"
    port: int = 0
    data_file: Path | None = None
    limit: int | None = None
    state_file: Path | None = None
    faults: frozenset[str] = frozenset()
    latency_ms: int = 0
    index_lag_s: float = 0.0
    seed: int = 1
    empty: bool = False
    time_zone: str = "Etc/UTC"
    requests_per_second: float = 0.0
    burst: int = 100
    slow_s: float = 3.0
