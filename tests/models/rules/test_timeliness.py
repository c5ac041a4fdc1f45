"""Periods of reports at their ends, and where the goals are from."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.rules.critical_results import CriticalResultStepKind
from models.rules.critical_values import Observation, judge
from models.rules.deteriorations import Deterioration
from models.rules.escalation import Urgency
from models.rules.starter_rules import STARTER_RULES
from models.rules.timeliness import CLOSING, GOALS, OPENING, UNRULED, check_period

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


def rule_in(verdict: str) -> str:
    for pattern, instead in UNRULED:
        verdict = re.sub(pattern, instead, verdict)
    return verdict


@pytest.mark.parametrize(
    "observation",
    [
        Observation("2823-3", Decimal(9), unit="mmol/L"),
        Observation("2823-3", Decimal(9), unit="mmol/L", age_hours=400_000),
        Observation("1975-2", Decimal(14), unit="mg/dL", age_hours=743, age_hours_oldest=767),
        Observation("718-7", Decimal(5), unit="g/dL", age_hours=4_800),
        Observation("2823-3", Decimal(9), unit="furlong", sender_flag="HH", age_hours=1),
        Observation("2823-3", None, sender_flag="AA"),
    ],
)
def test_a_verdict_is_of_its_rule_whatever_was_assumed_of_the_patient(
    observation: Observation,
) -> None:
    verdict = judge(STARTER_RULES, observation)
    assert verdict.critical
    told = "; ".join(filter(None, (verdict.because, verdict.assumption)))
    assert rule_in(told) == verdict.because


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("points", [3, 5, 6])
def test_a_score_is_of_what_it_asks_for(points: int, complete: bool) -> None:
    told = str(Deterioration(Urgency.URGENT_REVIEW, points, complete, frozenset()))
    assert rule_in(told) == "NEWS2: urgent review, within 60 min (RCP 2017)"
