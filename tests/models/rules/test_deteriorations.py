"""What a NEWS2 asks for, and what it does to the alert that is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.deteriorations import (
    RESPONSE,
    Deterioration,
    deterioration,
    next_step,
    step_after_error,
    worse,
)
from models.rules.escalation import Urgency
from models.rules.news2 import score
from models.rules.vitals import Consciousness, VitalSet

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WELL = VitalSet(16, 97, False, 120, 70, Consciousness.ALERT, Decimal("36.8"))
EMERGENCY, URGENT = Urgency.EMERGENCY, Urgency.URGENT_REVIEW
OPEN, ACKNOWLEDGED, WITHDRAWN = CriticalResultStatus
Step = CriticalResultStepKind


def asks(vitals: VitalSet) -> Deterioration | None:
    return deterioration(score(vitals, 50))


@pytest.mark.parametrize(
    ("changes", "total", "urgency"),
    [
        ({}, 0, None),
        ({"on_oxygen": True, "heart_rate": 111}, 4, None),
        ({"on_oxygen": True, "heart_rate": 111, "temperature": Decimal(36)}, 5, URGENT),
        ({"on_oxygen": True, "heart_rate": 111, "respiratory_rate": 21}, 6, URGENT),
        (
            {"on_oxygen": True, "heart_rate": 111, "respiratory_rate": 21, "systolic": 110},
            7,
            EMERGENCY,
        ),
        ({"heart_rate": 130}, 2, None),
        ({"heart_rate": 131}, 3, URGENT),
        ({"consciousness": Consciousness.CONFUSION}, 3, URGENT),
    ],
)
def test_five_seven_and_a_single_three(
    changes: dict[str, object], total: int, urgency: Urgency | None
) -> None:
    vitals = replace(WELL, **changes)  # type: ignore[arg-type]
    scored = score(vitals, 50)
    assert scored is not None
    assert scored.total == total
    found = deterioration(scored)
    assert (None if found is None else found.urgency) == urgency


@pytest.mark.parametrize(
    ("vitals", "urgency", "points"),
    [
        (VitalSet(heart_rate=130), None, 2),
        (VitalSet(heart_rate=131), URGENT, 3),
        (VitalSet(heart_rate=111, on_oxygen=True), None, 4),
        (VitalSet(heart_rate=111, on_oxygen=True, temperature=Decimal(36)), URGENT, 5),
        (VitalSet(heart_rate=131, respiratory_rate=25), URGENT, 6),
        (VitalSet(heart_rate=131, respiratory_rate=25, systolic=110), EMERGENCY, 7),
    ],
)
def test_what_is_missing_could_only_add(
    vitals: VitalSet, urgency: Urgency | None, points: int
) -> None:
    found = asks(vitals)
    assert (None if found is None else found.urgency) == urgency
    assert found is None or (found.points, found.complete) == (points, False)


def test_nobody_is_asked_for_by_nothing() -> None:
    assert deterioration(None) is None
    assert asks(VitalSet()) is None
    assert deterioration(score(WELL, 15)) is None


@pytest.mark.parametrize(
    ("vitals", "words"),
    [
        (
            replace(WELL, heart_rate=131, respiratory_rate=25, systolic=110),
            "NEWS2 7: emergency, within 30 min (RCP 2017)",
        ),
        (
            replace(WELL, on_oxygen=True, heart_rate=91, respiratory_rate=21),
            "NEWS2 5: urgent review, within 60 min (RCP 2017)",
        ),
        (
            replace(WELL, heart_rate=131),
            "NEWS2 3, of which 3 in one parameter: urgent review, within 60 min (RCP 2017)",
        ),
        (
            VitalSet(heart_rate=131, respiratory_rate=25, systolic=110),
            "NEWS2 at least 7, the set is incomplete: emergency, within 30 min (RCP 2017)",
        ),
    ],
)
def test_the_rule_in_words(vitals: VitalSet, words: str) -> None:
    assert str(asks(vitals)) == words


def found(urgency: Urgency, points: int, *reds: str) -> Deterioration:
    return Deterioration(urgency, points, complete=True, reds=frozenset(reds))


@pytest.mark.parametrize(
    ("new", "known", "expected"),
    [
        (found(URGENT, 5), found(URGENT, 5), False),
        (found(URGENT, 6), found(URGENT, 5), True),
        (found(URGENT, 5), found(URGENT, 6), False),
        (found(EMERGENCY, 7), found(URGENT, 6), True),
        (found(URGENT, 6, "systolic"), found(EMERGENCY, 7), False),
        (found(URGENT, 3, "systolic"), found(URGENT, 3, "heartRate"), True),
        (found(URGENT, 3, "systolic"), found(URGENT, 3, "systolic"), False),
        (found(URGENT, 5), found(URGENT, 5, "systolic"), False),
    ],
)
def test_worse(new: Deterioration, known: Deterioration, expected: bool) -> None:
    assert worse(new, known) is expected


deteriorations = st.builds(
    Deterioration,
    st.sampled_from([EMERGENCY, URGENT]),
    st.integers(3, 20),
    st.just(value=True),
    st.frozensets(st.sampled_from(["systolic", "heartRate", "temperature"])),
)


@given(deteriorations, deteriorations)
def test_nothing_is_worse_than_itself_and_the_worse_degree_sounds(
    one: Deterioration, other: Deterioration
) -> None:
    assert not worse(one, one)
    if one.degree[:2] > other.degree[:2]:
        assert worse(one, other)


def step(
    status: CriticalResultStatus | None,
    known: Deterioration | None,
    new: Deterioration,
    since: timedelta = timedelta(0),
) -> CriticalResultStepKind:
    at = NOW - since if status is ACKNOWLEDGED else None
    return next_step(status, known, new, acknowledged_at=at, now=NOW)


def test_the_first_raises_and_the_next_join() -> None:
    known, same, more = found(URGENT, 5), found(URGENT, 5), found(EMERGENCY, 7)
    assert step(None, None, known) is Step.RAISED
    assert step(WITHDRAWN, known, same) is Step.RAISED
    assert step(OPEN, known, same) is Step.REPEATED
    assert step(OPEN, known, more) is Step.WORSENED
    assert step(OPEN, more, same) is Step.REPEATED
    assert step(OPEN, None, same) is Step.WORSENED


@pytest.mark.parametrize("urgency", [URGENT, EMERGENCY])
def test_an_acknowledgement_covers_the_response_time_and_not_a_moment_more(
    urgency: Urgency,
) -> None:
    known = found(urgency, 6 if urgency is URGENT else 7)
    more = found(EMERGENCY, 9)
    window = RESPONSE[urgency]
    assert step(ACKNOWLEDGED, known, known, window - TICK) is Step.REPEATED
    assert step(ACKNOWLEDGED, known, known, window) is Step.RAISED
    assert step(ACKNOWLEDGED, known, more, window - TICK) is Step.REOPENED
    assert step(ACKNOWLEDGED, known, more, window) is Step.RAISED


def test_the_response_times_are_those_of_the_table() -> None:
    assert {EMERGENCY: timedelta(minutes=30), URGENT: timedelta(minutes=60)} == RESPONSE


def after_error(
    status: CriticalResultStatus,
    spoken: Deterioration | None,
    standing: Deterioration | None,
    since: timedelta = timedelta(0),
) -> CriticalResultStepKind | None:
    at = NOW - since if status is ACKNOWLEDGED else None
    return step_after_error(status, spoken, standing, acknowledged_at=at, now=NOW)


def test_what_was_entered_in_error() -> None:
    spoken, milder = found(EMERGENCY, 7), found(URGENT, 5)
    assert after_error(WITHDRAWN, spoken, milder) is None
    assert after_error(OPEN, spoken, None) is Step.WITHDRAWN
    assert after_error(ACKNOWLEDGED, spoken, None, timedelta(days=9)) is Step.WITHDRAWN
    assert after_error(OPEN, spoken, milder) is Step.REPEATED
    assert after_error(ACKNOWLEDGED, spoken, spoken) is Step.REPEATED
    window = RESPONSE[EMERGENCY]
    assert after_error(ACKNOWLEDGED, spoken, milder, window - TICK) is Step.REOPENED
    assert after_error(ACKNOWLEDGED, spoken, milder, window) is None
