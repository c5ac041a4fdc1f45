"""Repeats: which of two findings is the worse, what may be one, and for how long it joins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.critical_rules import Side
from models.rules.repeats import Measure, joined, key_of, measured, severity, within, worse
from models.rules.results import CRITICAL, Interpretation

HIGH, LOW = Interpretation.CRITICAL_HIGH, Interpretation.CRITICAL_LOW


def _read(side: Side, text: str, unit: str = "mmol/L") -> Measure:
    """`>=7.1` as a measure."""
    number = text.lstrip("<>=")
    return Measure(side, unit, Decimal(number), text[: -len(number)] or None)


@pytest.mark.parametrize(
    ("new", "before", "is_worse"),
    [
        ("7.0", "6.9", True),
        ("6.9", "6.9", False),
        ("6.90", "6.9", False),
        ("6.8", "6.9", False),
        ("6.900001", "6.9", True),
        # `>7` may be anything above 7, and what was said to be above 7 may have been 7.01.
        (">7", "7.1", True),
        (">7", "7", True),
        (">=7", "7", True),
        ("7.1", ">7", True),
        ("7", ">7", False),
        ("7", ">=7", False),
        ("7.1", ">=7", True),
        (">7", ">7", False),
        (">7.0", ">7", False),
        (">7", ">=7", True),
        (">7", ">8", True),
        (">8", ">7", True),
        # `<8` is nowhere above 8.
        ("<8", "8", False),
        ("<8", "8.1", False),
        ("<8", "7.9", True),
        ("<=8", "8", False),
        ("8", "<8", True),
        ("1", "<8", True),
        ("<8", "<8", False),
        ("<7", "<8", True),
    ],
)
def test_which_is_the_worse_beyond_a_high_limit_and_in_the_mirror_beyond_a_low_one(
    new: str, before: str, is_worse: bool
) -> None:
    assert worse(_read(Side.HIGH, new), _read(Side.HIGH, before)) is is_worse
    mirrored = str.maketrans("<>", "><")
    low, low_before = (
        Measure(Side.LOW, one.unit, -one.value, (one.comparator or "").translate(mirrored) or None)
        for one in (_read(Side.HIGH, new), _read(Side.HIGH, before))
    )
    assert worse(low, low_before) is is_worse


def test_low_is_worse_downwards() -> None:
    assert worse(_read(Side.LOW, "2.4"), _read(Side.LOW, "2.5"))
    assert not worse(_read(Side.LOW, "2.5"), _read(Side.LOW, "2.4"))
    assert worse(_read(Side.LOW, "<2"), _read(Side.LOW, "1.9"))


def test_the_other_side_or_another_scale_is_never_a_repeat() -> None:
    high = _read(Side.HIGH, "6.9")
    for other in (_read(Side.LOW, "6.9"), _read(Side.HIGH, "6.9", "mg/dL")):
        assert worse(other, high)
        assert worse(high, other)
        assert not high.comparable(other)
    assert not high.comparable(None)


MEASURES = st.builds(
    Measure,
    st.sampled_from(Side),
    st.just("mmol/L"),
    st.decimals(-5, 5, places=1),
    st.sampled_from([None, "<", "<=", ">", ">="]),
)


def _possible(measure: Measure, at: Decimal) -> bool:
    """Whether the true value may be `at`, written out."""
    match measure.comparator:
        case "<":
            return at < measure.value
        case "<=":
            return at <= measure.value
        case ">":
            return at > measure.value
        case ">=":
            return at >= measure.value
    return at == measure.value


GRID = [Decimal(n) / 20 for n in range(-220, 221)]
"""Finer than the numbers that are drawn, and wider."""


@given(MEASURES, MEASURES)
def test_what_is_not_worse_is_certainly_not_or_says_the_same(new: Measure, before: Measure) -> None:
    """Against every pair of true values that the two may stand for."""
    beyond = 1 if new.side is Side.HIGH else -1
    farthest = max(beyond * one for one in GRID if _possible(new, one))
    nearest = min(beyond * other for other in GRID if _possible(before, other))
    farther = farthest > nearest
    same = (new.value, new.comparator) == (before.value, before.comparator)
    if new.side is not before.side:
        assert worse(new, before)
    else:
        assert worse(new, before) is (farther and not same)


@given(st.lists(MEASURES.filter(lambda one: one.side is Side.HIGH), min_size=1))
def test_of_many_the_worst_is_one_that_may_be_farthest(measures: list[Measure]) -> None:
    worst = max(measures, key=severity)
    open_ended = [one for one in measures if one.comparator in {">", ">="}]
    if open_ended:
        assert worst.value == max(one.value for one in open_ended)
        assert worst in open_ended
    else:
        assert worst.value == max(one.value for one in measures)


# What may be repeated


def _measured(interpretation: Interpretation | None, **more: object) -> Measure | None:
    columns: dict[str, object] = {"value": Decimal("6.9"), "comparator": None, "unit": "mmol/L"}
    columns |= {"canonical_value": None, "canonical_unit": None}
    return measured(interpretation, **columns | more)  # type: ignore[arg-type]


def test_the_scale_is_that_of_the_rules_or_else_the_senders() -> None:
    judged = _measured(HIGH, canonical_value=Decimal("27.0"), canonical_unit="mg/dL")
    assert judged == Measure(Side.HIGH, "mg/dL", Decimal("27.0"))
    assert _measured(LOW, unit="MMOL/L ") == Measure(Side.LOW, "mmol/L", Decimal("6.9"))
    assert _measured(HIGH, unit="furlong") == Measure(Side.HIGH, "furlong", Decimal("6.9"))
    assert _measured(HIGH, comparator=">") == Measure(Side.HIGH, "mmol/L", Decimal("6.9"), ">")


@pytest.mark.parametrize("interpretation", [None, *sorted(set(Interpretation) - {HIGH, LOW})])
def test_what_is_critical_in_neither_direction_has_no_measure(
    interpretation: Interpretation | None,
) -> None:
    assert _measured(interpretation) is None
    assert CRITICAL - {HIGH, LOW} == {Interpretation.CRITICAL_ABNORMAL}


@pytest.mark.parametrize("more", [{"value": None}, {"unit": None}, {"unit": " "}])
def test_a_text_and_a_number_without_a_scale_have_none(more: dict[str, object]) -> None:
    assert _measured(HIGH, **more) is None


def test_the_key_is_the_test_the_side_and_the_scale() -> None:
    high = _read(Side.HIGH, "6.9")
    key = key_of(high, ("6298-4", "2823-3"))
    assert key == key_of(_read(Side.HIGH, ">7"), ("2823-3", "6298-4"))
    others = {
        key_of(high, ("2823-3",)),
        key_of(_read(Side.LOW, "6.9"), ("2823-3", "6298-4")),
        key_of(_read(Side.HIGH, "6.9", "mg/dL"), ("2823-3", "6298-4")),
    }
    assert len(others | {key}) == 4


# For how long

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=240)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("since", [None, timedelta(0), timedelta(minutes=-9), timedelta(hours=3)])
def test_the_window_counts_from_the_last_sound_or_read_back_and_excludes_its_end(
    since: timedelta | None,
) -> None:
    acknowledged = None if since is None else NOON + since
    begun = max(NOON, acknowledged or NOON)

    def joins(now: datetime) -> bool:
        return within(now, sounded_at=NOON, acknowledged_at=acknowledged, window=WINDOW)

    assert joins(begun)
    assert joins(begun + WINDOW - INSTANT)
    assert not joins(begun + WINDOW)


def test_a_window_of_nothing_takes_nothing_in() -> None:
    assert not within(NOON, sounded_at=NOON, acknowledged_at=None, window=timedelta(0))


@pytest.mark.parametrize(
    ("status", "is_worse", "step"),
    [
        (CriticalResultStatus.OPEN, False, CriticalResultStepKind.REPEATED),
        (CriticalResultStatus.ACKNOWLEDGED, False, CriticalResultStepKind.REPEATED),
        (CriticalResultStatus.OPEN, True, CriticalResultStepKind.WORSENED),
        (CriticalResultStatus.ACKNOWLEDGED, True, CriticalResultStepKind.REOPENED),
    ],
)
def test_the_step_of_a_result_that_joins(
    status: CriticalResultStatus, is_worse: bool, step: CriticalResultStepKind
) -> None:
    assert joined(status, worse=is_worse) is step
