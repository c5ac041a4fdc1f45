from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.rules.critical_results import CriticalResultStepKind
from models.rules.escalation import (
    DEFAULT_CHAIN,
    MOST_STEPS,
    SHIPPED,
    Audience,
    Urgency,
    chain_of,
    check_chain,
    due_steps,
    next_step,
    unheard,
)

RAISED_AT = datetime(2024, 3, 1, 23, 50, tzinfo=UTC)
Kind = CriticalResultStepKind


@pytest.mark.parametrize(
    ("level", "minutes", "kind", "audience"),
    [
        (0, 5, Kind.ESCALATED, Audience.CHARGE_NURSE),
        (1, 15, Kind.ESCALATED, Audience.ON_CALL_DOCTOR),
        (2, 30, Kind.ESCALATED, Audience.ATTENDING),
        (3, 60, Kind.BREACHED, Audience.REPORT),
    ],
)
def test_the_default_chain(level: int, minutes: int, kind: Kind, audience: Audience) -> None:
    due = next_step(RAISED_AT, level)
    assert due is not None
    assert due.at == RAISED_AT + timedelta(minutes=minutes)
    assert (due.level, due.kind, due.audience) == (level + 1, kind, audience)


def test_the_chain_ends_with_the_breach() -> None:
    assert next_step(RAISED_AT, 4) is None
    assert next_step(RAISED_AT, 99) is None


@pytest.mark.parametrize(
    ("level", "seconds", "levels"),
    [
        (0, 299, []),
        (0, 300, [1]),
        (0, 899, [1]),
        (0, 900, [1, 2]),
        (1, 1800, [2, 3]),
        (0, 7200, [1, 2, 3, 4]),
        (4, 7200, []),
    ],
)
def test_no_step_is_left_out_after_a_stop(level: int, seconds: int, levels: list[int]) -> None:
    now = RAISED_AT + timedelta(seconds=seconds)
    assert [due.level for due in due_steps(RAISED_AT, level, now)] == levels


MICROSECOND = timedelta(microseconds=1)
PEOPLE = {
    Urgency.CRITICAL: {
        5: Audience.CHARGE_NURSE,
        15: Audience.ON_CALL_DOCTOR,
        30: Audience.ATTENDING,
        60: Audience.REPORT,
    },
    Urgency.URGENT_REVIEW: {
        5: Audience.CHARGE_NURSE,
        15: Audience.ON_CALL_DOCTOR,
        30: Audience.ATTENDING,
        60: Audience.REPORT,
    },
    Urgency.EMERGENCY: {
        5: Audience.ON_CALL_DOCTOR,
        15: Audience.ATTENDING,
        30: Audience.REPORT,
    },
}


@pytest.mark.parametrize("urgency", Urgency)
def test_each_step_of_what_ships_comes_at_its_minute_and_not_a_microsecond_before(
    urgency: Urgency,
) -> None:
    chain, level = SHIPPED[urgency], 0
    for minutes, audience in PEOPLE[urgency].items():
        at = RAISED_AT + timedelta(minutes=minutes)
        assert list(due_steps(RAISED_AT, level, at - MICROSECOND, chain)) == []
        for now in (at, at + MICROSECOND):
            [due] = due_steps(RAISED_AT, level, now, chain)
            assert (due.at, due.level, due.audience) == (at, level + 1, audience)
        level += 1
        assert (due.kind is Kind.BREACHED) is (audience is Audience.REPORT)
    assert next_step(RAISED_AT, level, chain) is None
    assert check_chain(chain, urgency) is None


def test_where_nobody_listens_the_first_step_is_not_waited_for() -> None:
    for urgency, chain in SHIPPED.items():
        due = unheard(RAISED_AT, 0, chain)
        assert due is not None
        assert (due.level, due.audience) == (1, PEOPLE[urgency][5])
        # Somebody else was called already.
        assert unheard(RAISED_AT, 1, chain) is None
    # A breach is a matter of time, and calls nobody.
    assert unheard(RAISED_AT, 0, (DEFAULT_CHAIN[0], DEFAULT_CHAIN[-1])) is None


NURSE, REPORT = Audience.WARD_NURSE_AND_ORDERING_CLINICIAN, Audience.REPORT
DOCTOR = Audience.ON_CALL_DOCTOR


def test_a_chain_of_ones_own() -> None:
    chain = chain_of([(0, NURSE), (2, DOCTOR), (45, REPORT)])
    assert [step.kind for step in chain] == [Kind.RAISED, Kind.ESCALATED, Kind.BREACHED]
    assert [step.after for step in chain] == [timedelta(minutes=n) for n in (0, 2, 45)]
    assert check_chain(chain) is None


@pytest.mark.parametrize(
    ("urgency", "latest"),
    [(Urgency.CRITICAL, 60), (Urgency.URGENT_REVIEW, 60), (Urgency.EMERGENCY, 30)],
)
def test_the_breach_comes_no_later_than_its_source_says(urgency: Urgency, latest: int) -> None:
    for minutes, fine in ((latest - 1, True), (latest, True), (latest + 1, False)):
        chain = chain_of([(0, NURSE), (2, DOCTOR), (minutes, REPORT)])
        refused = check_chain(chain, urgency)
        assert (refused is None) is fine
        assert fine or str(latest) in str(refused)


def test_a_chain_has_so_many_steps() -> None:
    for steps, fine in ((MOST_STEPS, True), (MOST_STEPS + 1, False)):
        between = [(minute, DOCTOR) for minute in range(1, steps - 1)]
        chain = chain_of([(0, NURSE), *between, (60, REPORT)])
        assert len(chain) == steps
        assert (check_chain(chain) is None) is fine


def test_which_chains_can_be_run() -> None:
    assert check_chain(DEFAULT_CHAIN) is None
    late = replace(DEFAULT_CHAIN[0], after=timedelta(minutes=1))
    for broken in (
        (),
        DEFAULT_CHAIN[1:],
        (late, *DEFAULT_CHAIN[1:]),
        DEFAULT_CHAIN[:-1],
        (DEFAULT_CHAIN[0], DEFAULT_CHAIN[-1]),
        (DEFAULT_CHAIN[0], DEFAULT_CHAIN[2], DEFAULT_CHAIN[1], DEFAULT_CHAIN[4]),
        (*DEFAULT_CHAIN[:2], replace(DEFAULT_CHAIN[2], kind=Kind.RAISED), DEFAULT_CHAIN[4]),
        chain_of([(0, NURSE), (5, REPORT), (60, REPORT)]),
        chain_of([(0, NURSE), (5, DOCTOR), (60, DOCTOR)]),
        chain_of([(0, NURSE), (5, DOCTOR), (5, DOCTOR), (60, REPORT)]),
        chain_of([(0, REPORT)]),
    ):
        assert check_chain(broken)


def test_a_late_first_step_is_refused_in_words_of_who_sets_it() -> None:
    late = check_chain(chain_of([(1, NURSE), (5, DOCTOR), (60, REPORT)]))
    assert late == "a chain begins with a step at 0 minutes, which is not its last"
