import itertools
from decimal import Decimal

import pytest

from models.rules.medications import (
    DEFAULT_TIMES,
    DOSES_A_DAY,
    HOURS_BETWEEN,
    MOST_PER_DAY,
    MOVES,
    RUNNING,
    Frequency,
    MedicationStatus,
    as_needed,
    become,
    discontinue,
    frequency,
    most_per_day,
    resume,
    start,
    times,
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


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("current", list(M))
def test_starting(current: M, begun: bool) -> None:
    refusal = start(current, begun=begun)
    if current is M.DRAFT or (current is M.ACTIVE and not begun):
        assert refusal is None
    else:
        assert refusal is not None
        assert set(refusal.allowed) == MAY[current]


@pytest.mark.parametrize("current", list(M))
def test_resuming(current: M) -> None:
    refusal = resume(current)
    assert (refusal is None) is (current is M.ON_HOLD)
    if refusal is not None:
        assert set(refusal.allowed) == MAY[current]


def test_what_has_not_begun_is_cancelled() -> None:
    assert discontinue(M.ACTIVE, begun=False) is M.CANCELLED
    assert discontinue(M.ON_HOLD, begun=False) is M.STOPPED


def test_what_runs_is_what_may_be_given_again() -> None:
    assert {current for current in M if M.ACTIVE in MAY[current]} | {M.ACTIVE} == RUNNING


@pytest.mark.parametrize(
    ("needed", "most", "allowed"),
    [
        (True, None, False),
        (True, 0, False),
        (True, 1, True),
        (True, MOST_PER_DAY, True),
        (True, MOST_PER_DAY + 1, False),
        (False, None, True),
        (False, 1, False),
    ],
)
def test_the_most_a_day(needed: bool, most: int | None, allowed: bool) -> None:
    found = most_per_day(needed=needed, most=most)
    assert (found == most) is allowed
    assert isinstance(found, Refusal) is not allowed


@pytest.mark.parametrize(
    ("often", "most"), [("QD", 1), ("QOD", 1), ("BID", 2), ("TID", 3), ("Q6H", 4), ("Q4H", 6)]
)
def test_the_most_a_day_is_else_what_the_frequency_comes_to(often: str, most: int) -> None:
    assert most_per_day(needed=True, most=None, often=Frequency[often]) == most
    assert most_per_day(needed=True, most=9, often=Frequency[often]) == 9
    assert most_per_day(needed=False, most=None, often=Frequency[often]) is None


@pytest.mark.parametrize("often", list(Frequency))
def test_the_times_that_are_ours(often: Frequency) -> None:
    ours = DEFAULT_TIMES[often]
    assert times(often, (), needed=False) == ours
    assert times(often, ours, needed=False) == ours
    assert len(ours) == max(1, int(DOSES_A_DAY[often]))
    if often in HOURS_BETWEEN:
        assert len(ours) * HOURS_BETWEEN[often] == 24
    for wrong in (ours[1:], (*ours, "03:33")):
        assert wrong == () or isinstance(times(often, wrong, needed=False), Refusal)


@pytest.mark.parametrize(
    ("often", "chosen", "found"),
    [
        (Frequency.BID, ["21:00", "07:30"], ("07:30", "21:00")),
        (Frequency.QD, ["00:00"], ("00:00",)),
        (Frequency.QD, ["23:59"], ("23:59",)),
        (Frequency.QD, ["24:00"], None),
        (Frequency.QD, ["12:60"], None),
        (Frequency.QD, ["8:00"], None),
        (Frequency.QD, ["08:00:00"], None),
        (Frequency.BID, ["08:00", "08:00"], None),
        (Frequency.Q8H, ["07:00", "15:00", "23:00"], ("07:00", "15:00", "23:00")),
        (Frequency.Q8H, ["07:00", "15:00", "22:59"], None),
        (Frequency.Q6H, ["05:15", "11:15", "17:15", "23:15"], ("05:15", "11:15", "17:15", "23:15")),
        (None, ["08:00"], None),
        (None, [], ()),
    ],
)
def test_times_that_are_chosen(
    often: Frequency | None, chosen: list[str], found: tuple[str, ...] | None
) -> None:
    got = times(often, chosen, needed=False)
    assert isinstance(got, Refusal) if found is None else got == found


def test_an_order_as_needed_has_no_times() -> None:
    assert times(Frequency.BID, (), needed=True) == ()
    assert isinstance(times(Frequency.QD, ["08:00"], needed=True), Refusal)
