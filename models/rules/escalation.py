"""Who hears of a critical result that nobody has acknowledged, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from models.rules.critical_results import CriticalResultStepKind
from models.rules.roles import Role


class Audience(StrEnum):
    """Who is called at a step."""

    WARD_NURSE_AND_ORDERING_CLINICIAN = "WARD_NURSE_AND_ORDERING_CLINICIAN"
    CHARGE_NURSE = "CHARGE_NURSE"
    ON_CALL_DOCTOR = "ON_CALL_DOCTOR"
    ATTENDING = "ATTENDING"
    REPORT = "REPORT"
    """Nobody is called any more: the breach goes into the report."""


ON_THE_WARD: Mapping[Audience, Role] = MappingProxyType(
    {
        Audience.WARD_NURSE_AND_ORDERING_CLINICIAN: Role.NURSE,
        Audience.CHARGE_NURSE: Role.CHARGE_NURSE,
        # Which of the ward's doctors is on call no roster here says, so that all of them are.
        Audience.ON_CALL_DOCTOR: Role.DOCTOR,
    }
)
"""Those who work on the ward in this role belong to the audience."""
ATTENDER_AMONG: frozenset[Audience] = frozenset(
    {Audience.WARD_NURSE_AND_ORDERING_CLINICIAN, Audience.ATTENDING}
)
"""Audiences to which the attender of the patient's care team belongs; of the first one only where
it is not known who ordered the test."""


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
_GP47 = "CLSI GP47: immediately life-threatening within 1 h"
_REVIEW = "RCP 2017, NEWS2 5-6 or a single 3: urgent review within 1 h"
_EMERGENCY = "RCP 2017, NEWS2 7 and more: emergency, within 30 min"
_OWN = "the hospital's own"
_RAISED = CriticalResultStepKind.RAISED
_ESCALATED = CriticalResultStepKind.ESCALATED
_BREACHED = CriticalResultStepKind.BREACHED

DEFAULT_CHAIN: tuple[Step, ...] = (
    Step(timedelta(0), Audience.WARD_NURSE_AND_ORDERING_CLINICIAN, _RAISED, _GOAL),
    Step(timedelta(minutes=5), Audience.CHARGE_NURSE, _ESCALATED, _GOAL),
    Step(timedelta(minutes=15), Audience.ON_CALL_DOCTOR, _ESCALATED, _GOAL),
    Step(timedelta(minutes=30), Audience.ATTENDING, _ESCALATED, _GOAL),
    Step(timedelta(minutes=60), Audience.REPORT, _BREACHED, _GP47),
)
"""That of a critical result. A ward may have its own; `check_chain` says whether it can be run."""

SHIPPED: Mapping[Urgency, tuple[Step, ...]] = MappingProxyType(
    {
        Urgency.CRITICAL: DEFAULT_CHAIN,
        # The same people at the same minutes: the chart asks for the same hour.
        Urgency.URGENT_REVIEW: (
            *DEFAULT_CHAIN[:4],
            Step(timedelta(minutes=60), Audience.REPORT, _BREACHED, _REVIEW),
        ),
        # The minutes of the default chain up to its end at 30. The chart has the nurse call the
        # doctors at once, so nothing is left for a step to the charge nurse alone.
        Urgency.EMERGENCY: (
            DEFAULT_CHAIN[0],
            Step(timedelta(minutes=5), Audience.ON_CALL_DOCTOR, _ESCALATED, _GOAL),
            Step(timedelta(minutes=15), Audience.ATTENDING, _ESCALATED, _GOAL),
            Step(timedelta(minutes=30), Audience.REPORT, _BREACHED, _EMERGENCY),
        ),
    }
)
"""The chains of a hospital that has set none."""

MOST_STEPS = 10
"""Of a chain, the first and the breach included."""


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


def unheard(raised_at: datetime, level: int, chain: Sequence[Step] = DEFAULT_CHAIN) -> Due | None:
    """The step that is made at once where nobody listens on the ward: the first to somebody else.

    None where that has been made, or where the chain knows of nobody else: a breach is a matter of
    time, and is not brought forward.
    """
    due = next_step(raised_at, 0, chain) if level == 0 else None
    return due if due is not None and due.kind is _ESCALATED else None


def chain_of(steps: Sequence[tuple[int, Audience]], source: str = _OWN) -> tuple[Step, ...]:
    """The chain of (minutes, audience): the first step is RAISED, the last BREACHED."""
    last = len(steps) - 1
    kinds = {0: _RAISED, last: _BREACHED}
    return tuple(
        Step(timedelta(minutes=minutes), audience, kinds.get(place, _ESCALATED), source)
        for place, (minutes, audience) in enumerate(steps)
    )


def check_chain(chain: Sequence[Step], urgency: Urgency = Urgency.CRITICAL) -> str | None:
    """Why a chain of one's own cannot be run; None: it can.

    It may be quicker than the one that ships and call others. It may not be slower to its end,
    which is the response time of its source, nor leave out everybody but the first: then nobody
    would ever hear of what the first did not.
    """
    if not chain or chain[0].after != timedelta(0) or chain[0].kind is not _RAISED:
        return "a chain begins with a step at 0 minutes, which is not its last"
    if any(earlier.after >= later.after for earlier, later in pairwise(chain)):
        return "each step of a chain comes after the one before"
    if chain[-1].kind is not _BREACHED:
        return "a chain ends with BREACHED"
    if any(step.kind is not _ESCALATED for step in chain[1:-1]):
        return "what lies between RAISED and BREACHED is ESCALATED"
    if any((step.audience is Audience.REPORT) is not (step.kind is _BREACHED) for step in chain):
        return "the breach goes into the REPORT, and nothing else does"
    if not chain[1:-1]:
        return "a chain calls somebody between the first step and the breach"
    if len(chain) > MOST_STEPS:
        return f"a chain has at most {MOST_STEPS} steps"
    latest = SHIPPED[urgency][-1]
    if chain[-1].after > latest.after:
        minutes = latest.after // timedelta(minutes=1)
        return f"the breach comes at {minutes} minutes at the latest ({latest.source})"
    return None
