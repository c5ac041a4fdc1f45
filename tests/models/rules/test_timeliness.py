"""Periods of reports at their ends, and where the goals are from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.critical_results import CriticalResultStepKind
from models.rules.timeliness import CLOSING, GOALS, OPENING, check_period

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
LONGEST = timedelta(days=400)


@pytest.mark.parametrize(
    ("length", "allowed"),
    [
        (-MOMENT, False),
        (timedelta(0), False),
        (MOMENT, True),
        (LONGEST, True),
        (LONGEST + MOMENT, False),
    ],
)
def test_a_period_ends_after_it_begins_and_is_no_longer_than_400_days(
    length: timedelta, allowed: bool
) -> None:
    assert (check_period(BEGIN, BEGIN + length) is None) is allowed


def test_the_goals_are_those_of_their_sources() -> None:
    assert [goal.minutes for goal in GOALS] == [15, 30, 60]
    assert all(goal.source for goal in GOALS)


def test_no_step_begins_and_ends() -> None:
    assert not OPENING & CLOSING.keys()
    assert OPENING | CLOSING.keys() < {*CriticalResultStepKind}
