"""Presence: from the stations' journal, who sits, who came back when, and who has heard it all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.faults.witness.journal import Account
from tests.faults.witness.verdict import COUNTED, FEED_OF, Heard

Line = Mapping[str, Any]
Sitting = Sequence[Mapping[str, Any]]
STRAGGLING = 60.0
"""Seconds that a station is waited for until what it did not hear counts as lost."""


def seated(sitting: Sitting) -> Callable[[Iterable[Line]], bool]:
    """The condition that every station has been live once."""
    due = {one["name"] for one in sitting}

    def condition(lines: Iterable[Line]) -> bool:
        refused = [line["errors"] for line in lines if "errors" in line]
        assert not refused, f"a feed was refused: {refused[0]}"
        return due <= {line["station"] for line in lines if line.get("what") == "up"}

    return condition


def resumed(lines: Iterable[Line], sitting: Sitting, at: float) -> list[float]:
    """For each station the seconds from `at`, when its connection was taken, until all of its feeds
    were live again. Fails where one never came back."""
    first: dict[str, float] = {}
    for line in lines:
        if line.get("what") == "up" and line["at"] >= at:
            first.setdefault(line["station"], line["at"] - at)
    away = [one["name"] for one in sitting if one["name"] not in first]
    assert not away, f"{len(away)} stations did not come back: {', '.join(away[:5])}"
    return [first[one["name"]] for one in sitting]


async def heard_all(stations: Account, feeds: Sequence[Heard], written: Sequence[Line]) -> None:
    """Wait until as much was heard as is due, or for as long as makes no sense any more: what is
    missing then is for the verdict to name."""
    due = sum(
        line["subject"] in feed.allowed and FEED_OF[line["kind"]] == feed.feed
        for feed in feeds
        for line in written
    )
    counted = {*COUNTED.values()}
    looked = total = 0

    def condition(lines: Sequence[Line]) -> bool:
        nonlocal looked, total
        for line in lines[looked:]:
            total += sum(event[1] in counted for event in line.get("events", ()))
        looked = len(lines)
        return total >= due

    await stations.comes(condition, STRAGGLING)
