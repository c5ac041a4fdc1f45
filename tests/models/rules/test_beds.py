import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.beds import (
    MOVES,
    READY,
    STATUS_OF_0116,
    UNAVAILABLE,
    UNCLEAN,
    BedStatus,
    after_stay,
    fits,
    reserve,
    set_status,
    take,
    take_back,
)
from models.rules.isolations import IsolationKind
from models.rules.refusals import Refusal

U, O, H, K, I, C = (STATUS_OF_0116[letter] for letter in "UOHKIC")  # noqa: E741

BY_HAND = {
    U: {H, K, I, C},
    O: set(),
    H: {U, K, I, C},
    K: {H},
    I: {U, H, K, C},
    C: {U, H, K, I},
    BedStatus.MASKED: set(),
}
REAL = frozenset(BedStatus) - {BedStatus.MASKED}


def test_table_0116_is_whole() -> None:
    assert set(STATUS_OF_0116.values()) == REAL


@pytest.mark.parametrize(("current", "target"), list(itertools.product(BedStatus, BedStatus)))
def test_every_move_of_an_empty_bed(current: BedStatus, target: BedStatus) -> None:
    refusal = set_status(current, target, occupied=False)
    if target in BY_HAND[current] or (target is current and target in REAL - {O}):
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.allowed == MOVES[current]
        assert set(refusal.allowed) == BY_HAND[current]


@pytest.mark.parametrize(("current", "target"), list(itertools.product(BedStatus, BedStatus)))
def test_an_occupied_bed_is_left_alone(current: BedStatus, target: BedStatus) -> None:
    refusal = set_status(current, target, occupied=True)
    assert refusal is not None
    assert refusal.allowed == ("DISCHARGED", "TRANSFERRED_OUT")


def test_after_a_stay_the_bed_is_cleaned_and_then_free() -> None:
    assert after_stay([]) is H
    assert set_status(H, U, occupied=False) is None
    assert frozenset({H, K, I, C}) == UNAVAILABLE
    assert frozenset({H, K}) == UNCLEAN
    assert frozenset({U, I}) == READY


@pytest.mark.parametrize(
    ("kind", "after"), [("CONTACT", K), ("DROPLET", K), ("AIRBORNE", K), ("PROTECTIVE", H)]
)
def test_what_isolation_leaves_in_the_bed(kind: str, after: BedStatus) -> None:
    assert after_stay([IsolationKind(kind)]) is after
    assert after_stay([IsolationKind.PROTECTIVE, IsolationKind(kind)]) is after


def test_no_way_leads_from_contaminated_to_a_patient_without_cleaning() -> None:
    """Not by any moves of a hand: the next that somebody may take is behind HOUSEKEEPING."""
    reached, todo = {K}, [K]
    while todo:
        for move in MOVES[todo.pop()]:
            if move is not H and move not in reached:
                reached.add(move)
                todo.append(move)
    assert reached == {K}


kinds = st.frozensets(st.sampled_from(IsolationKind))


@given(isolated=kinds, fit_for=kinds, status=st.sampled_from(BedStatus))
def test_a_bed_fits_who_needs_no_more_than_it_has(
    isolated: frozenset[IsolationKind], fit_for: frozenset[IsolationKind], status: BedStatus
) -> None:
    refusal = fits(status, isolated, fit_for)
    assert (refusal is None) is (status is I or isolated <= fit_for)


@pytest.mark.parametrize("status", BedStatus)
def test_which_bed_of_before_is_had_again(status: BedStatus) -> None:
    assert (take_back(status, occupied=False) is None) is (status in {U, H, K})
    assert take_back(status, occupied=True) is not None
    assert take_back(status, occupied=False, reserved=True) is not None
    mine = take_back(status, occupied=False, reserved=True, reserved_for_patient=True)
    assert (mine is None) is (status in {U, H, K})


@pytest.mark.parametrize(
    ("status", "free", "for_the_patient"),
    [
        (U, True, True),
        (I, False, True),
        (O, False, False),
        (H, False, False),
        (K, False, False),
        (C, False, False),
    ],
)
def test_who_may_take_a_bed(status: BedStatus, free: bool, for_the_patient: bool) -> None:
    mine = take(status, occupied=False, reserved=True, reserved_for_patient=True)
    assert (take(status, occupied=False) is None) is free
    assert (mine is None) is for_the_patient
    assert take(status, occupied=False, reserved=True) is not None
    assert take(status, occupied=True, reserved=True, reserved_for_patient=True) is not None


@pytest.mark.parametrize("ask", [take, take_back, reserve])
@pytest.mark.parametrize("status", BedStatus)
def test_a_bed_that_is_not_to_be_had_says_what_may_become_of_it(
    status: BedStatus, ask: Callable[..., Refusal | None]
) -> None:
    """Whatever somebody in it, or another for whom it is kept, does first; else by hand."""
    taken, kept = ask(status, occupied=True), ask(status, occupied=False, reserved=True)
    assert taken is not None
    assert set(taken.allowed) == {"DISCHARGED", "TRANSFERRED_OUT"}
    assert kept is not None
    freeing = status is O and ask is not reserve
    assert set(kept.allowed) == ({"DISCHARGED", "TRANSFERRED_OUT"} if freeing else {"RELEASED"})
    found = ask(status, occupied=False)
    if status is O:
        assert found == taken
    elif found is not None:
        kinds = {"RESERVED"} if status is I and ask is take else set()
        assert set(found.allowed) == BY_HAND[status] | kinds


@pytest.mark.parametrize("status", BedStatus)
def test_which_bed_may_be_reserved(status: BedStatus) -> None:
    assert (reserve(status, occupied=False) is None) is (status in {U, H, I})
    again = reserve(status, occupied=False, reserved=True, reserved_for_patient=True)
    assert (again is None) is (status in {U, H, I})
    assert reserve(status, occupied=False, reserved=True) is not None
    assert reserve(status, occupied=True) is not None
