"""Deterioration: what a NEWS2 asks for, and what the next score does to an alert that is there.

Source: Royal College of Physicians, NEWS2, 2017: 7 and more is an emergency, 5 to 6 asks for an
urgent review, and so does a 3 in a single parameter. What a repeat is, is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.escalation import Urgency
from models.rules.news2 import News2

EMERGENCY_FROM = 7
URGENT_REVIEW_FROM = 5
RED = 3
"""Points of a single parameter that ask for a review whatever the total is."""

RESPONSE: Mapping[Urgency, timedelta] = MappingProxyType(
    {
        Urgency.EMERGENCY: timedelta(minutes=30),
        Urgency.URGENT_REVIEW: timedelta(hours=1),
    }
)
"""Within which time somebody comes (RCP 2017). As long after an acknowledgement a score that is not
worse is the one that somebody is coming for."""

_WORDS: Mapping[Urgency, str] = MappingProxyType(
    {Urgency.EMERGENCY: "emergency", Urgency.URGENT_REVIEW: "urgent review"}
)


@dataclass(frozen=True, slots=True)
class Deterioration:
    """A score that asks for somebody. `points` is the total; of an incomplete set the points of
    what was recorded, which the total cannot be less than. `reds` are the parameters with 3."""

    urgency: Urgency
    points: int
    complete: bool
    reds: frozenset[str]

    @property
    def degree(self) -> tuple[bool, int, int]:
        """Sorts deteriorations, the worst last."""
        return (self.urgency is Urgency.EMERGENCY, self.points, len(self.reds))

    def __str__(self) -> str:
        """`NEWS2 7: emergency, within 30 min (RCP 2017)`."""
        red = self.urgency is Urgency.URGENT_REVIEW and self.points < URGENT_REVIEW_FROM
        said = f"NEWS2 {self.points}" if self.complete else f"NEWS2 at least {self.points}"
        more = ", of which 3 in one parameter" if red else ""
        unknown = "" if self.complete else ", the set is incomplete"
        minutes = RESPONSE[self.urgency] // timedelta(minutes=1)
        return f"{said}{more}{unknown}: {_WORDS[self.urgency]}, within {minutes} min (RCP 2017)"


def deterioration(score: News2 | None) -> Deterioration | None:
    """What the score asks for; None: nothing. Where parameters are missing, those recorded alone
    can ask for it: whatever the rest would be, the total would not be lower."""
    if score is None or score.highest_single is None:
        return None
    points = sum(score.parts.values())
    reds = frozenset(name for name, given in score.parts.items() if given == RED)
    if points >= EMERGENCY_FROM:
        urgency = Urgency.EMERGENCY
    elif points >= URGENT_REVIEW_FROM or reds:
        urgency = Urgency.URGENT_REVIEW
    else:
        return None
    return Deterioration(urgency, points, score.total is not None, reds)


def worse(new: Deterioration, known: Deterioration) -> bool:
    """Whether the new one is worse than what is known: more urgent, or as urgent with more points
    or with a 3 where there was none (another organ fails, though the total is the same)."""
    if new.urgency is not known.urgency:
        return new.urgency is Urgency.EMERGENCY
    return new.points > known.points or bool(new.reds - known.reds)


def next_step(
    status: CriticalResultStatus | None,
    known: Deterioration | None,
    new: Deterioration,
    *,
    acknowledged_at: datetime | None,
    now: datetime,
) -> CriticalResultStepKind:
    """What a set that asks for somebody does to the patient's last alert.

    RAISED: there is none that it could join (`status` None or WITHDRAWN), or the response time has
    run out since it was acknowledged. Otherwise it joins: REPEATED where it is not worse, and where
    it is WORSENED, or REOPENED where what was acknowledged is no longer what is true. `known` is
    what the alert speaks of; None: that cannot be told any more, so anything is worse.
    """
    if status is None or status is CriticalResultStatus.WITHDRAWN:
        return CriticalResultStepKind.RAISED
    is_worse = known is None or worse(new, known)
    if status is CriticalResultStatus.OPEN:
        return CriticalResultStepKind.WORSENED if is_worse else CriticalResultStepKind.REPEATED
    window = RESPONSE[new.urgency if known is None else known.urgency]
    if acknowledged_at is None or now - acknowledged_at >= window:
        return CriticalResultStepKind.RAISED
    return CriticalResultStepKind.REOPENED if is_worse else CriticalResultStepKind.REPEATED


def step_after_error(
    status: CriticalResultStatus,
    spoken: Deterioration | None,
    standing: Deterioration | None,
    *,
    acknowledged_at: datetime | None,
    now: datetime,
) -> CriticalResultStepKind | None:
    """What becomes of an alert whose set was entered in error; None: nothing.

    `standing` is the worst of the sets that joined it and still stand: None: WITHDRAWN. An open
    alert speaks of that from now on (REPEATED, without a sound). So does an acknowledged one while
    somebody is still coming, where what was read back is true of the other set too; otherwise it is
    REOPENED. Later it is history.
    """
    if status is CriticalResultStatus.WITHDRAWN:
        return None
    if standing is None:
        return CriticalResultStepKind.WITHDRAWN
    if status is CriticalResultStatus.OPEN:
        return CriticalResultStepKind.REPEATED
    window = RESPONSE[standing.urgency if spoken is None else spoken.urgency]
    if acknowledged_at is None or now - acknowledged_at >= window:
        return None
    same = spoken is not None and (spoken.degree, spoken.complete) == (
        standing.degree,
        standing.complete,
    )
    return CriticalResultStepKind.REPEATED if same else CriticalResultStepKind.REOPENED
