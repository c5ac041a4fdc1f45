"""Histories of critical results by chance, and a second count of their figures."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

import models
from resolvers.transaction import transaction
from tests.resolvers.reading.hospital import Hospital
from tests.resolvers.reading.loops import step_through

BASE = datetime(2025, 6, 1, tzinfo=UTC)
"""No step is here before: each example has days of its own from then on."""
KINDS = (
    *("RAISED", "REOPENED", "ACKNOWLEDGED", "WITHDRAWN", "ESCALATED", "BREACHED"),
    *("READ_BACK_REFUSED", "REPEATED", "WORSENED", "TOLD"),
)
WAITS = [
    # Written by a process whose clock is behind.
    timedelta(seconds=-2),
    timedelta(0),
    timedelta(microseconds=1),
    *(timedelta(minutes=goal) + by * timedelta(microseconds=1)
      for goal in (15, 30, 60) for by in (-1, 0, 1)),
]  # fmt: skip


_POTASSIUM = "potassium >= 6.5 mmol/L, adult (WakeMed), v1"
_REVIEW = ": urgent review, within 60 min (RCP 2017)"
RULES: dict[str, str] = {
    _POTASSIUM: _POTASSIUM,
    f"{_POTASSIUM}; age and sex not known: every limit tried": _POTASSIUM,
    f"{_POTASSIUM}; no limits for this age: adult limits applied": _POTASSIUM,
    f"{_POTASSIUM}; hour of birth not known: every limit tried; no limits for this age: adult"
    " limits applied": _POTASSIUM,
    f"NEWS2 5{_REVIEW}": f"NEWS2{_REVIEW}",
    f"NEWS2 at least 3, of which 3 in one parameter, the set is incomplete{_REVIEW}": (
        f"NEWS2{_REVIEW}"
    ),
    "=sodium < 120 mmol/L; of ours": "=sodium < 120 mmol/L; of ours",
    "NEWS2": "NEWS2",
}
"""A verdict in words → the rule under which it is counted."""


@dataclass(frozen=True)
class Step:
    kind: str
    at: datetime


@dataclass(frozen=True)
class History:
    """The steps of one critical result, all heard on one ward and for one rule."""

    ward: str | None
    rule: str
    steps: tuple[Step, ...]


@dataclass
class Episode:
    began: Step
    rest: list[Step]

    @property
    def end(self) -> Step | None:
        return next((s for s in self.rest if s.kind in ("ACKNOWLEDGED", "WITHDRAWN")), None)

    @property
    def how(self) -> str:
        return "OPEN" if self.end is None else self.end.kind

    @property
    def waited(self) -> timedelta | None:
        return None if self.end is None else max(self.end.at - self.began.at, timedelta(0))

    def count(self, kind: str) -> int:
        return sum(step.kind == kind for step in self.rest)


def told_apart(steps: Iterable[Step]) -> list[Episode]:
    """The episodes of a history."""
    found: list[Episode] = []
    for step in steps:
        begins = step.kind in ("RAISED", "REOPENED")
        if begins and (not found or found[-1].end is not None):
            found.append(Episode(step, []))
        elif found:
            found[-1].rest.append(step)
    return found


def close(told: str | None, exact: Fraction | None, places: int) -> bool:
    """Whether a number is the exact one, rounded to so many places."""
    if told is None or exact is None:
        return told is exact is None
    assert len(told.partition(".")[2]) == places
    # Where it is just between two, floating point may fall to either side.
    return abs(Fraction(told) - exact) <= Fraction(501, 1000) / 10**places


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def check(told: dict[str, Any], episodes: Sequence[Episode]) -> None:
    """The figures are those of the episodes."""
    ways = Counter(one.how for one in episodes)
    answered = [one for one in episodes if one.how == "ACKNOWLEDGED"]
    withdrawn = [one for one in episodes if one.how == "WITHDRAWN"]
    counted = {
        "episodes": len(episodes),
        "raised": sum(one.began.kind == "RAISED" for one in episodes),
        "reopened": sum(one.began.kind == "REOPENED" for one in episodes),
        "acknowledged": ways["ACKNOWLEDGED"],
        "withdrawn": ways["WITHDRAWN"],
        "open": ways["OPEN"],
        "breached": sum(one.count("BREACHED") > 0 for one in episodes),
        "readBacksRefused": sum(one.count("READ_BACK_REFUSED") for one in episodes),
        "repeated": sum(one.count("REPEATED") for one in episodes),
        "worsened": sum(one.count("WORSENED") for one in episodes),
        "corrected": sum(one.count("REOPENED") for one in episodes),
    }
    assert {name: told[name] for name in counted} == counted
    times = [Fraction(one.waited // timedelta(microseconds=1), 60_000_000) for one in answered]
    exact: list[Fraction | None] = [None, None, None]
    if len(times) == 1:
        exact = [times[0]] * 3
    elif times:
        exact = [
            statistics.median(times),
            statistics.quantiles(times, n=10, method="inclusive")[8],
            statistics.quantiles(times, n=100, method="inclusive")[98],
        ]
    for name, value in zip(("median", "p90", "p99"), exact, strict=True):
        assert close(told[f"{name}Minutes"], value, 3), name
    assert close(told["shareReadBack"], share(len(answered), len(episodes) - len(withdrawn)), 4)
    for minutes in (15, 30, 60):
        goal = timedelta(minutes=minutes)
        inside = sum(one.waited <= goal for one in answered)
        due = len(episodes) - sum(one.waited <= goal for one in withdrawn)
        assert close(told[f"within{minutes}Minutes"], share(inside, due), 4), minutes


@st.composite
def histories(draw: st.DrawFn) -> list[History]:
    """What happened to some critical results, around a period of two days from an hour on."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        # Before it, at both of its ends to the microsecond, in it, after it.
        at = draw(
            st.sampled_from([timedelta(days=day, microseconds=by) for day in (1, 3) for by in
                             (-1, 0, 1)])
            | st.timedeltas(timedelta(0), timedelta(days=4))
        )  # fmt: skip
        steps = [("RAISED", at)]
        for _ in range(draw(st.integers(0, 9))):
            at += draw(st.sampled_from(WAITS) | st.timedeltas(timedelta(0), timedelta(days=1)))
            steps.append((draw(st.sampled_from(KINDS[1:])), at))
        found.append(
            History(
                draw(st.sampled_from(["ICU", "MED1", None])),
                draw(st.sampled_from([*RULES])),
                tuple(Step(kind, BASE + after) for kind, after in steps),
            )
        )
    return found


class Ground:
    """A hospital with a result for every critical result that is written."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.examples = 0

    async def write(self, what: Sequence[History]) -> tuple[datetime, list[History]]:
        """Write the histories, moved to days that no other example has; where those begin."""
        self.examples += 1
        by = timedelta(days=40 * self.examples)
        moved = [
            History(one.ward, one.rule, tuple(Step(s.kind, s.at + by) for s in one.steps))
            for one in what
        ]
        async with transaction(self.hospital.pool, self.hospital.id, BASE + by) as tx:
            for one in moved:
                alert = await self._alert(tx, one)
                ward = None if one.ward is None else self.hospital.wards[one.ward]
                await step_through(
                    tx,
                    alert,
                    [step.kind for step in one.steps],
                    [step.at for step in one.steps],
                    ward_id=ward,
                    rule=one.rule,
                )
        return BASE + by, moved

    async def _alert(self, tx: Any, one: History) -> UUID:
        """Where it is now says nothing of where it was heard."""
        result, alert = models.new_id(), models.new_id()
        patient = self.hospital.charts["Dora"].patient
        common = {"hospital_id": tx.hospital_id, "patient_id": patient}
        await tx.insert(
            models.LabResult,
            {"id": result, "root_id": result, "code": "2823-3", "display": "Potassium"}
            | {"sender": "lab", "status": "FINAL", "interpretation": "CRITICAL_HIGH"}
            | {"observed_at": tx.now, "issued_at": tx.now}
            | common,
        )
        await tx.insert(
            models.CriticalResult,
            {"id": alert, "lab_result_id": result, "rule": "another", "status": "WITHDRAWN"}
            | {"ward_id": self.hospital.wards["NICU"], "raised_at": tx.now, "withdrawn_at": tx.now}
            | common,
        )
        return alert
