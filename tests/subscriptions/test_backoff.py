"""Backoff: longer each time, up to a limit, and for everybody another time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.backoff import back_off

SECONDS = st.floats(0.01, 100)


@given(st.integers(1, 10**6), SECONDS, SECONDS)
def test_a_pause_doubles_up_to_the_longest(failures: int, first: float, longest: float) -> None:
    found = back_off(failures, first, longest)
    whole = min(longest, first * 2 ** min(failures - 1, 16))
    assert whole / 2 <= found <= whole <= longest


def test_those_who_failed_together_do_not_come_back_together() -> None:
    assert len({back_off(3, 0.1, 2.0) for _ in range(100)}) > 90
