"""The figures of a report, counted by hand from what a station heard: kind, time, critical result.

Written from docs/report.md, with exact fractions and the standard library's statistics.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

MINUTE = timedelta(minutes=1)
COUNTED = {"READ_BACK_REFUSED": "readBacksRefused", "REPEATED": "repeated", "WORSENED": "worsened"}


@dataclass(frozen=True)
class Heard:
    """An event of the feed."""

    kind: str
    at: datetime
    alert: str
    ward: str


@dataclass
class Wait:
    """A critical result that waits for somebody, from `began` on."""

    began: Heard
    ended: Heard | None = None
    after: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> Fraction | None:
        if self.ended is None:
            return None
        return Fraction((self.ended.at - self.began.at) // timedelta(microseconds=1), 60_000_000)


def waits(events: Iterable[Heard]) -> list[Wait]:
    """Every wait, in the order in which it began."""
    found: list[Wait] = []
    last: dict[str, Wait] = {}
    for event in events:
        one = last.get(event.alert)
        if event.kind in ("RAISED", "REOPENED") and (one is None or one.ended is not None):
            last[event.alert] = Wait(event)
            found.append(last[event.alert])
        elif one is not None:
            if event.kind in ("ACKNOWLEDGED", "WITHDRAWN") and one.ended is None:
                one.ended = event
            one.after.append(event.kind)
    return found


def figures(ones: Sequence[Wait]) -> dict[str, Any]:
    """Counts as they are, minutes and shares as exact fractions; None where there is nothing."""
    ended = {
        kind: [one for one in ones if one.ended is not None and one.ended.kind == kind]
        for kind in ("ACKNOWLEDGED", "WITHDRAWN")
    }
    answered, withdrawn = ended["ACKNOWLEDGED"], ended["WITHDRAWN"]
    minutes = [one.minutes for one in answered if one.minutes is not None]
    found: dict[str, Any] = {
        "episodes": len(ones),
        "raised": sum(one.began.kind == "RAISED" for one in ones),
        "reopened": sum(one.began.kind == "REOPENED" for one in ones),
        "acknowledged": len(answered),
        "withdrawn": len(withdrawn),
        "open": sum(one.ended is None for one in ones),
        "breached": sum("BREACHED" in one.after for one in ones),
        "corrected": sum(one.after.count("REOPENED") for one in ones),
        **{name: sum(one.after.count(kind) for one in ones) for kind, name in COUNTED.items()},
        "medianMinutes": statistics.median(minutes) if minutes else None,
        "p90Minutes": percentile(minutes, 90),
        "p99Minutes": percentile(minutes, 99),
        "shareReadBack": share(len(answered), len(ones) - len(withdrawn)),
    }
    for goal in (15, 30, 60):
        inside = sum(each <= goal for each in minutes)
        early = sum(one.minutes is not None and one.minutes <= goal for one in withdrawn)
        found[f"within{goal}Minutes"] = share(inside, len(ones) - early)
    return found


def escalated(ones: Sequence[Wait]) -> list[tuple[int, int]]:
    """How many got to each level: each escalation calls the next."""
    tops = [one.after.count("ESCALATED") for one in ones]
    return [(level, sum(top >= level for top in tops)) for level in range(1, max(tops) + 1)]


def percentile(minutes: Sequence[Fraction], hundredth: int) -> Fraction | None:
    """Between the two nearest ranks, in proportion."""
    if len(minutes) < 2:
        return minutes[0] if minutes else None
    return statistics.quantiles(minutes, n=100, method="inclusive")[hundredth - 1]


def share(part: int, whole: int) -> Fraction | None:
    """A part of the whole."""
    return Fraction(part, whole) if whole else None


def differences(told: dict[str, Any], counted: dict[str, Any]) -> list[str]:
    """Where the figures that are told (in CSV as text) are not those that were counted."""
    found = []
    for name, value in counted.items():
        text = "" if told[name] is None else str(told[name])
        places = len(text.partition(".")[2])
        exact = "" if value is None else Fraction(value)
        if not isinstance(exact, Fraction):
            same = text == exact
        elif isinstance(value, int):
            same = text == str(value)
        else:
            # As told, to its last place.
            same = places >= 3 and abs(Fraction(text) - exact) <= Fraction(501, 1000) / 10**places
        if not same:
            found.append(f"{name}: {text} is told, {value} was counted")
    return found
