"""Timeliness: what a figure about critical results counts, and from when to when.

The unit is the episode: from the moment when a critical result begins to wait for somebody until
somebody has read it back, or it is withdrawn. docs/report.md says the same for a reader who counts
by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.refusals import Refusal

_KIND = CriticalResultStepKind

OPENING = frozenset({_KIND.RAISED, _KIND.REOPENED})
"""Steps that begin an episode where none is under way. A REOPENED while one is under way changes
what is to be read back, and never from when the waiting counts."""

CLOSING: Mapping[CriticalResultStepKind, CriticalResultStatus] = {
    _KIND.ACKNOWLEDGED: CriticalResultStatus.ACKNOWLEDGED,
    _KIND.WITHDRAWN: CriticalResultStatus.WITHDRAWN,
}
"""Steps that end one, and how it ended; the first of them counts."""


_ASSUMED = (
    "not judged by the rules: [a-z ]+|[a-z ]+ not known: every limit tried"
    "|no limits for this age: adult limits applied"
)
UNRULED: tuple[tuple[str, str], ...] = (
    (f"(; ({_ASSUMED}))+$", ""),
    ("^NEWS2 [^:]*:", "NEWS2:"),
)
"""What in the words of a verdict is of the patient and not of the rule, and what stands for it when
episodes are gathered by rule: the assumptions, and the points. Regular expressions of PostgreSQL,
and of Python."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A time within which a critical result is to be read back."""

    minutes: int
    source: str


GOALS = (
    Goal(15, "CAP Q-Probes: inpatient goals 15-30 min"),
    Goal(30, "CAP Q-Probes: inpatient goals 15-30 min"),
    Goal(60, "CLSI GP47: immediately life-threatening within 1 h"),
)
"""The figures have a share within each."""

PERCENTILES = (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
"""Of the minutes to acknowledgement, interpolated linearly between the two nearest ranks (the
`percentile_cont` of SQL): of n times in order, from 0, the one at p (n - 1)."""

LONGEST_PERIOD = timedelta(days=400)
"""A year and what it is compared with."""


def check_period(begin: datetime, end: datetime) -> Refusal | None:
    """Why there is no report of a period; None: there is."""
    if begin >= end:
        return Refusal("a period ends after it begins")
    if end - begin > LONGEST_PERIOD:
        return Refusal(f"a period is at most {LONGEST_PERIOD.days} days long")
    return None
