"""A token bucket."""

import threading


class Bucket:
    """Allows `rate` calls a second and `burst` of them at once; rate 0 allows everything."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._at: float | None = None
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """Take one token; the answer is 0, or the seconds until there is one again."""
        if self._rate <= 0:
            return 0.0
        with self._lock:
            if self._at is not None:
                self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left >= 1:
                self._left -= 1
                return 0.0
            return (1 - self._left) / self._rate
