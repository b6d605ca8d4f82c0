"""Which faults are on, and for how many more calls."""

import threading
from collections.abc import Iterable

from .faults import FAULTS


class Switches:
    """Thread-safe; a fault is on for good, or for a number of calls."""

    def __init__(self, on: Iterable[str]) -> None:
        self._left: dict[str, int | None] = dict.fromkeys(on)
        self._lock = threading.Lock()

    @property
    def on(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._left)

    def switch_on(self, fault: str, *, times: int | None) -> None:
        """Raises KeyError for a name that is no fault, ValueError for one that is fixed when the sandbox starts."""
        if fault not in FAULTS:
            raise KeyError(f'No fault is called "{fault}"')
        with self._lock:
            if FAULTS[fault].transport and fault not in self._left:
                raise ValueError(f'"{fault}" is fixed when the sandbox starts')
            self._left[fault] = times

    def switch_off(self, fault: str) -> None:
        with self._lock:
            self._left.pop(fault, None)

    def take(self, fault: str) -> bool:
        """Whether the fault is on for this call; one that was given a number of times is used up by it."""
        with self._lock:
            if fault not in self._left:
                return False
            left = self._left[fault]
            if left is not None:
                if left <= 1:
                    del self._left[fault]
                else:
                    self._left[fault] = left - 1
            return True
