import itertools
from decimal import Decimal

import pytest

from models.rules.medications import (
    DOSES_A_DAY,
    MOVES,
    Frequency,
    MedicationStatus,
    as_needed,
    become,
    discontinue,
    frequency,
)
from models.rules.refusals import Refusal

M = MedicationStatus

MAY = {
    M.DRAFT: {M.ACTIVE, M.CANCELLED, M.ENTERED_IN_ERROR},
    M.ACTIVE: {M.ON_HOLD, M.COMPLETED, M.STOPPED, M.CANCELLED, M.ENTERED_IN_ERROR},
    M.ON_HOLD: {M.ACTIVE, M.STOPPED, M.CANCELLED, M.ENTERED_IN_ERROR},
    M.COMPLETED: {M.ENTERED_IN_ERROR},
    M.STOPPED: {M.ENTERED_IN_ERROR},
    M.CANCELLED: {M.ENTERED_IN_ERROR},
    M.ENTERED_IN_ERROR: set(),
}


@pytest.mark.parametrize(("current", "target"), list(itertools.product(M, M)))
def test_every_pair(current: M, target: M) -> None:
    refusal = become(current, target)
    if target in MAY[current]:
        assert refusal is None
    else:
        assert refusal is not None
        assert set(refusal.allowed) == MAY[current]


@pytest.mark.parametrize(
    ("current", "after"),
    [(M.ACTIVE, M.STOPPED), (M.ON_HOLD, M.STOPPED), (M.DRAFT, M.CANCELLED)],
)
def test_discontinuing(current: M, after: M) -> None:
    assert discontinue(current) is after
    assert after in MOVES[current]


@pytest.mark.parametrize("current", [M.COMPLETED, M.STOPPED, M.CANCELLED, M.ENTERED_IN_ERROR])
def test_what_does_not_run_is_not_discontinued(current: M) -> None:
    assert isinstance(discontinue(current), Refusal)


@pytest.mark.parametrize(
    ("needed", "reason", "allowed"),
    [
        (True, "pain", True),
        (True, None, False),
        (True, " ", False),
        (False, None, True),
        (False, "pain", False),
    ],
)
def test_as_needed(needed: bool, reason: str | None, allowed: bool) -> None:
    assert (as_needed(needed=needed, reason=reason) is None) is allowed


@pytest.mark.parametrize(
    ("text", "expected"),
    [("BID", Frequency.BID), ("b.i.d.", Frequency.BID), (" q4h ", Frequency.Q4H)],
)
def test_a_frequency_as_written(text: str, expected: Frequency) -> None:
    assert frequency(text) is expected


@pytest.mark.parametrize("text", ["PRN", "p.r.n.", "often", ""])
def test_what_is_no_frequency(text: str) -> None:
    refusal = frequency(text)
    assert isinstance(refusal, Refusal)
    assert refusal.allowed == tuple(Frequency)


def test_doses_a_day() -> None:
    assert set(DOSES_A_DAY) == set(Frequency)
    assert DOSES_A_DAY[Frequency.QOD] * 2 == DOSES_A_DAY[Frequency.QD] == Decimal(1)
    assert DOSES_A_DAY[Frequency.Q6H] * 6 == DOSES_A_DAY[Frequency.Q8H] * 8 == Decimal(24)
