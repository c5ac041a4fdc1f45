"""Who hears of a critical result that nobody has acknowledged, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from models.rules.critical_results import CriticalResultStepKind


class Audience(StrEnum):
    """Who is called at a step."""

    WARD_NURSE_AND_ORDERING_CLINICIAN = "WARD_NURSE_AND_ORDERING_CLINICIAN"
    CHARGE_NURSE = "CHARGE_NURSE"
    ON_CALL_DOCTOR = "ON_CALL_DOCTOR"
    ATTENDING = "ATTENDING"
    REPORT = "REPORT"
    """Nobody is called any more: the breach goes into the report."""


class Urgency(StrEnum):
    """How long it can wait, which chooses the chain. Sources: CLSI GP47 and CAP for a critical
    result; RCP 2017 for NEWS2, an urgent review within an hour (5 to 6, or a single 3) and an
    emergency within 30 minutes (7 and more)."""

    CRITICAL = "CRITICAL"
    URGENT_REVIEW = "URGENT_REVIEW"
    EMERGENCY = "EMERGENCY"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain, `after` the result was raised. Its level is its place in the chain."""

    after: timedelta
    audience: Audience
    kind: CriticalResultStepKind
    source: str


@dataclass(frozen=True, slots=True)
class Due:
    """The step that comes next: when, to which level it leads, and what it is called."""

    at: datetime
    level: int
    kind: CriticalResultStepKind
    audience: Audience


_GOAL = "the hospital's default chain; CAP Q-Probes: inpatient goals 15-30 min"
_RAISED = CriticalResultStepKind.RAISED
_ESCALATED = CriticalResultStepKind.ESCALATED

DEFAULT_CHAIN: tuple[Step, ...] = (
    Step(timedelta(0), Audience.WARD_NURSE_AND_ORDERING_CLINICIAN, _RAISED, _GOAL),
    Step(timedelta(minutes=5), Audience.CHARGE_NURSE, _ESCALATED, _GOAL),
    Step(timedelta(minutes=15), Audience.ON_CALL_DOCTOR, _ESCALATED, _GOAL),
    Step(timedelta(minutes=30), Audience.ATTENDING, _ESCALATED, _GOAL),
    Step(
        timedelta(minutes=60),
        Audience.REPORT,
        CriticalResultStepKind.BREACHED,
        "CLSI GP47: immediately life-threatening within 1 h",
    ),
)
"""A ward may have its own; `check_chain` says whether it can be run."""


def next_step(raised_at: datetime, level: int, chain: Sequence[Step] = DEFAULT_CHAIN) -> Due | None:
    """The step after `level` (0: just raised); None at the end of the chain. A reopened result
    counts from when it was reopened: pass that as `raised_at` with level 0."""
    if level + 1 >= len(chain):
        return None
    step = chain[level + 1]
    return Due(raised_at + step.after, level + 1, step.kind, step.audience)


def due_steps(
    raised_at: datetime, level: int, now: datetime, chain: Sequence[Step] = DEFAULT_CHAIN
) -> Iterator[Due]:
    """Every step after `level` whose time has come, in order: after a stop of the clock none is
    left out, because each is a person who was to be called."""
    due = next_step(raised_at, level, chain)
    while due is not None and due.at <= now:
        yield due
        due = next_step(raised_at, due.level, chain)


def check_chain(chain: Sequence[Step]) -> str | None:
    """Why a ward's own chain cannot be run; None: it can."""
    if not chain or chain[0].after != timedelta(0) or chain[0].kind is not _RAISED:
        return "a chain begins at 0 minutes with RAISED"
    if any(earlier.after >= later.after for earlier, later in pairwise(chain)):
        return "each step of a chain comes after the one before"
    if chain[-1].kind is not CriticalResultStepKind.BREACHED:
        return "a chain ends with BREACHED"
    if any(step.kind is not _ESCALATED for step in chain[1:-1]):
        return "what lies between RAISED and BREACHED is ESCALATED"
    return None
