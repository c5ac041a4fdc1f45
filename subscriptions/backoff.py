"""Backoff: how long to wait before what has failed is tried again."""

from __future__ import annotations

import random

_MOST_DOUBLINGS = 16


def back_off(failures: int, first: float, longest: float) -> float:
    """Seconds after so many failures in a row: about `first` after one, twice as long after each
    more, `longest` at most; and by chance less than that, down to half of it, so that those who
    failed together do not come back in the same instant."""
    pause = min(longest, first * 2 ** min(failures - 1, _MOST_DOUBLINGS))
    return random.uniform(pause / 2, pause)  # noqa: S311 (no secret)
