"""Bucket: so many a second, and some more at once."""

from __future__ import annotations


class Bucket:
    """A token bucket: `rate` a second, at most `size` at once. Times are the caller's, in seconds
    of a clock that does not go back."""

    __slots__ = ("_at", "_left", "rate", "size")

    def __init__(self, rate: float, size: float, now: float) -> None:
        self.rate = rate
        self.size = size
        self._left = size
        self._at = now

    def left(self, now: float) -> float:
        """How many may be taken now."""
        self._left = min(self.size, self._left + (now - self._at) * self.rate)
        self._at = now
        return self._left

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take some; False, and nothing is taken, where there are not as many."""
        if self.left(now) < amount:
            return False
        self._left -= amount
        return True
