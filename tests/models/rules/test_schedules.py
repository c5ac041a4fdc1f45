"""Schedules: due times by the ward's clock, spacing, and the next moment that is allowed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.medications import DEFAULT_TIMES, Frequency
from models.rules.schedules import (
    Schedule,
    due,
    is_due,
    moment,
    next_allowed,
    spacing,
    times,
)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 2, 7, tzinfo=UTC)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def schedule(
    of_day: str, begins: datetime = START, ends: datetime | None = None, **more: bool
) -> Schedule:
    return Schedule(tuple(of_day.split()), begins, ends, BERLIN, **more)


def told(found: Schedule, since: datetime, until: datetime) -> list[str]:
    return [f"{at.astimezone(BERLIN):%d %H:%M}" for at in due(found, since, until)]


def test_doses_are_due_at_the_times_of_the_ward() -> None:
    # It begins at 08:00 in Berlin: a dose of that very moment is one of it.
    found = schedule("08:00 20:00")
    assert told(found, START - 5 * DAY, START + DAY) == ["02 08:00", "02 20:00"]
    assert told(found, START + timedelta(microseconds=1), START + DAY) == ["02 20:00"]
    assert told(found, START, START + DAY + timedelta(microseconds=1))[-1] == "03 08:00"
    late = schedule("08:00 20:00", begins=START + timedelta(microseconds=1))
    assert told(late, START, START + DAY) == ["02 20:00"]
    ended = schedule("08:00 20:00", ends=START + 12 * HOUR)
    assert told(ended, START, START + 9 * DAY) == ["02 08:00"]


def test_every_other_day_counts_from_the_day_of_the_start() -> None:
    found = schedule("06:00", every_other_day=True)
    # 06:00 of the first day had passed.
    assert told(found, START, START + 7 * DAY) == ["04 06:00", "06 06:00", "08 06:00"]


def test_no_dose_is_due_by_an_empty_range_or_schedule() -> None:
    assert told(schedule("08:00"), START + DAY, START + DAY) == []
    assert told(schedule("08:00"), START + DAY, START) == []
    assert told(schedule(""), START, START + DAY) == []


def test_a_dose_is_due_at_its_moment_alone() -> None:
    found = schedule("08:00")
    tick = timedelta(microseconds=1)
    assert [is_due(found, START + one) for one in (-tick, 0 * tick, tick)] == [False, True, False]


@pytest.mark.parametrize(
    ("day", "at", "wanted"),
    [
        # Spring: 02:00 becomes 03:00, and there is no 02:30.
        (date(2026, 3, 29), "01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), "02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 29), "03:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # Autumn: 02:30 comes twice, and the second counts.
        (date(2026, 10, 25), "02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (date(2026, 10, 25), "03:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
        (date(2026, 10, 25), "01:59", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
    ],
)
def test_the_clock_jumps(day: date, at: str, wanted: datetime) -> None:
    assert moment(day, at, BERLIN) == wanted


def test_times_that_fall_together_are_one_dose() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert told(schedule("02:30 03:30", begins=spring), spring, spring + DAY) == ["29 03:30"]


@pytest.mark.parametrize("frequency", list(Frequency))
def test_an_order_without_times_has_ours(frequency: Frequency) -> None:
    assert times(frequency.value, [], as_needed=False) == DEFAULT_TIMES[frequency]
    assert times(frequency.value, ["09:00"], as_needed=False) == ("09:00",)
    assert times(frequency.value, [], as_needed=True) == ()


def test_a_frequency_that_is_not_known_has_no_times() -> None:
    assert times(None, [], as_needed=False) == times("weekly", ["08:00"], as_needed=False) == ()


@pytest.mark.parametrize(
    ("frequency", "of_day", "hours"),
    [
        ("QD", ["08:00"], 22),
        ("QOD", ["08:00"], 46),
        ("BID", ["08:00", "20:00"], 10),
        ("TID", ["08:00", "14:00", "20:00"], 4),
        ("Q8H", ["06:00", "14:00", "22:00"], 6),
        ("Q4H", list(DEFAULT_TIMES[Frequency.Q4H]), 2),
        # Two hours less the tolerances would be nothing: half of it.
        ("BID", ["08:00", "10:00"], 1),
        (None, [], 0),
    ],
)
def test_two_doses_lie_apart(frequency: str | None, of_day: list[str], hours: int) -> None:
    assert spacing(frequency, of_day, as_needed=False) == hours * HOUR


@pytest.mark.parametrize(
    ("frequency", "hours"), [("Q4H", 4), ("Q6H", 6), ("Q8H", 8), ("TID", 0), (None, 0), ("x", 0)]
)
def test_doses_as_needed_lie_apart_by_hours(frequency: str | None, hours: int) -> None:
    assert spacing(frequency, [], as_needed=True) == hours * HOUR


TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("given_at", "at", "wanted"),
    [
        ([], 0 * HOUR, 0 * HOUR),
        ([0 * HOUR], 4 * HOUR - TICK, 4 * HOUR),
        ([0 * HOUR], 4 * HOUR, 4 * HOUR),
        # Recorded later than one that came after it.
        ([4 * HOUR], TICK, 8 * HOUR),
        ([4 * HOUR], 0 * HOUR, 0 * HOUR),
        ([0 * HOUR, 5 * HOUR], 9 * HOUR, DAY),
        ([0 * HOUR, 5 * HOUR], DAY - TICK, DAY),
        ([0 * HOUR, 5 * HOUR], DAY, DAY),
        ([0 * HOUR, 23 * HOUR], DAY, 27 * HOUR),
        # Two may lie in 24 hours, and one before both would be a third.
        ([10 * HOUR, 20 * HOUR], 0 * HOUR, 34 * HOUR),
    ],
)
def test_the_next_dose_waits_for_the_interval_and_the_maximum(
    given_at: list[timedelta], at: timedelta, wanted: timedelta
) -> None:
    found = next_allowed([START + one for one in given_at], START + at, apart=4 * HOUR, most=2)
    assert found == START + wanted


@given(
    given_at=st.lists(st.integers(0, 3000), max_size=8),
    at=st.integers(0, 3000),
    apart=st.integers(0, 600),
    most=st.none() | st.integers(1, 4),
)
def test_what_is_allowed_next_breaks_nothing_and_nothing_earlier_is_allowed(
    given_at: list[int], at: int, apart: int, most: int | None
) -> None:
    """Minute by minute, against a count of every window of 24 hours."""

    def allowed(minute: int) -> bool:
        if any(abs(minute - one) < apart for one in given_at):
            return False
        everything = sorted([*given_at, minute])
        windows = [
            [one for one in everything if start <= one < start + 1440]
            for start in everything
            if start <= minute < start + 1440
        ]
        return most is None or all(len(window) <= most for window in windows)

    minute = timedelta(minutes=1)
    found = next_allowed(
        [START + one * minute for one in given_at],
        START + at * minute,
        apart=apart * minute,
        most=most,
    )
    wanted = next(one for one in range(at, at + 10_000) if allowed(one))
    assert found == START + wanted * minute


@given(
    begins=st.integers(0, 334 * 1440).map(lambda minutes: YEAR + timedelta(minutes=minutes)),
    of_day=st.lists(st.integers(0, 1439), min_size=1, max_size=4, unique=True),
    every_other_day=st.booleans(),
)
def test_doses_come_in_order_and_as_often_as_the_days_have(
    begins: datetime, of_day: list[int], every_other_day: bool
) -> None:
    hhmm = " ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in of_day)
    found = list(
        due(
            schedule(hhmm, begins, every_other_day=every_other_day), begins - DAY, begins + 10 * DAY
        )
    )
    assert found == sorted(found)
    assert all(begins <= at < begins + 10 * DAY for at in found)
    a_day = len(of_day) / (2 if every_other_day else 1)
    assert abs(len(found) - 10 * a_day) <= 2 * len(of_day)
    local = {f"{at.astimezone(BERLIN):%H:%M}" for at in found if at.month not in (3, 10)}
    assert local <= set(hhmm.split())
    assert all(b > a for a, b in pairwise(found))
