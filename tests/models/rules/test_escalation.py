from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.rules.critical_results import CriticalResultStepKind
from models.rules.escalation import DEFAULT_CHAIN, Audience, check_chain, due_steps, next_step

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


def test_which_chains_can_be_run() -> None:
    assert check_chain(DEFAULT_CHAIN) is None
    assert check_chain((DEFAULT_CHAIN[0], DEFAULT_CHAIN[-1])) is None
    late = replace(DEFAULT_CHAIN[0], after=timedelta(minutes=1))
    for broken in (
        (),
        DEFAULT_CHAIN[1:],
        (late, *DEFAULT_CHAIN[1:]),
        DEFAULT_CHAIN[:-1],
        (DEFAULT_CHAIN[0], DEFAULT_CHAIN[2], DEFAULT_CHAIN[1], DEFAULT_CHAIN[4]),
        (*DEFAULT_CHAIN[:2], replace(DEFAULT_CHAIN[2], kind=Kind.RAISED), DEFAULT_CHAIN[4]),
    ):
        assert check_chain(broken)
