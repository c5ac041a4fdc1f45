"""HTTP counters: what this process has answered, for `/metrics`."""

from __future__ import annotations

from collections import Counter

from subscriptions.counters import Durations


class HttpCounters:
    """`answered` by the first digit of the status; `durations` from the request to the head of its
    answer, so that a stream of events counts as what it took to begin."""

    __slots__ = ("answered", "durations")

    def __init__(self) -> None:
        self.answered: Counter[int] = Counter()
        self.durations = Durations()

    def note(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self.answered[status // 100] += 1
        self.durations.note(seconds)
