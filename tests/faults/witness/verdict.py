"""The verdict: what each station saw beside what was acknowledged and it was allowed to see.

Pure: from the lines of the writers' and the stations' journals to a list of sentences, empty when
all is well. "In order" is by a feed's own sequence: what one writer wrote one after the other is
heard so, and two feeds that heard the same two things heard them in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FEED_OF = {"critical": "criticalResults", "bed": "bedChanges", "vitals": "vitalSigns"}
COUNTED = {"criticalResults": "RAISED", "bedChanges": "STATUS_CHANGED", "vitalSigns": "RECORDED"}
"""The events that the writers' mutations leave, by feed."""
UNKNOWN = ("ok", "lost", "UNAVAILABLE")
"""What an attempt may end with although the mutation was done by it."""
SHOWN = 5

Line = Mapping[str, Any]


@dataclass
class Heard:
    """One feed of one station."""

    station: str
    number: str
    feed: str
    allowed: Collection[str] = ()
    """The patients, or beds, of which this feed tells."""
    sequence: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    at: dict[str, float] = field(default_factory=dict)
    """When it was heard."""
    occurred: dict[str, float] = field(default_factory=dict)
    """When it happened, by the API."""
    resyncs: int = 0

    @property
    def name(self) -> str:
        return f"{self.station}/{self.number} {self.feed}"


def heard(lines: Iterable[Line], feeds: Iterable[Heard]) -> list[Heard]:
    """The feeds, filled with what the stations noted."""
    found = {(one.station, one.number): one for one in feeds}
    changes: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        if "events" not in line:
            continue
        one = found[line["station"], line["feed"]]
        one.resyncs += line["resync"]
        for cursor, kind, public_id, occurred_at in line["events"]:
            if kind != COUNTED[one.feed]:
                continue
            key = public_id
            if one.feed == "bedChanges":
                changes[one.station, one.number, public_id] += 1
                key = f"{public_id}#{changes[one.station, one.number, public_id]}"
            one.cursors.append(cursor)
            one.sequence.append(key)
            one.at.setdefault(key, line["at"])
            one.occurred.setdefault(key, datetime.fromisoformat(occurred_at).timestamp())
    return list(found.values())


def faults(written: Sequence[Line], feeds: Sequence[Heard]) -> list[str]:
    """Everything that is not as it must be, a sentence each."""
    found = _of_answers(written)
    for feed in feeds:
        of_feed = [line for line in written if FEED_OF[line["kind"]] == feed.feed]
        found += _of_feed(feed, of_feed)
    found += _disagreeing(feeds)
    return found


def tally(written: Sequence[Line], feeds: Sequence[Heard]) -> dict[str, int]:
    """How many deliveries were due, and how many of them were lost, or came more than once."""
    due = lost = twice = 0
    for feed in feeds:
        times = Counter(feed.sequence)
        mine = [
            line["id"]
            for line in written
            if line["subject"] in feed.allowed and FEED_OF[line["kind"]] == feed.feed
        ]
        due += len(mine)
        lost += sum(one not in times for one in mine)
        twice += sum(count > 1 for count in times.values())
    return {"due": due, "lost": lost, "twice": twice}


def _of_feed(feed: Heard, written: Sequence[Line]) -> list[str]:
    due = [line["id"] for line in written if line["subject"] in feed.allowed]
    times = Counter(feed.sequence)
    found = [
        *_several(feed, "was never told of", [one for one in due if one not in times]),
        *_several(feed, "was told twice of", [one for one, count in times.items() if count > 1]),
        *_several(feed, "was told of what nobody may have told it", sorted({*times} - {*due})),
        *_several(
            feed,
            "was given a cursor twice:",
            [one for one, count in Counter(feed.cursors).items() if count > 1],
        ),
    ]
    if feed.resyncs:
        found.append(f"{feed.name} was told {feed.resyncs} times to read afresh")
    place = {one: index for index, one in enumerate(feed.sequence)}
    last: dict[str, int] = {}
    early = []
    for line in written:
        if line["id"] in place:
            at = place[line["id"]]
            if at < last.get(line["writer"], -1):
                early.append(line["id"])
            last[line["writer"]] = at
    return found + _several(feed, "heard before what was written before it", early)


def _disagreeing(feeds: Sequence[Heard]) -> list[str]:
    # A thousand feeds mostly hear the same: each different sequence is compared once.
    different = {(feed.feed, *feed.sequence): feed for feed in feeds}
    found = []
    for number, one in enumerate(kept := list(different.values())):
        place = {key: index for index, key in enumerate(one.sequence)}
        for other in kept[number + 1 :]:
            if other.feed != one.feed:
                continue
            shared = [place[key] for key in other.sequence if key in place]
            if shared != sorted(shared):
                found.append(f"{one.name} and {other.name} heard in different orders")
    return found


def _of_answers(written: Sequence[Line]) -> list[str]:
    """One thing has one answer: who was told twice of the same id wrote twice, or not at all."""
    times = Counter(line["id"] for line in written)
    keys = Counter((line["writer"], line["number"]) for line in written)
    return [
        *(f"{one} was acknowledged {count} times" for one, count in times.items() if count > 1),
        *(f"{one} was noted {count} times" for one, count in keys.items() if count > 1),
    ]


def done_though_refused(
    written: Sequence[Line], feeds: Sequence[Heard], unsure: Collection[str] = UNKNOWN
) -> list[str]:
    """Mutations that an attempt did although it was answered by an error that does not say
    "unknown". Which attempt did it is told by the time of the event, which is a time of that
    attempt; both are the wall clock of one machine."""
    occurred = {key: at for feed in feeds for key, at in feed.occurred.items()}
    return [
        f"{line['id']} was refused as {what}, and was done by that"
        for line in written
        for sent, answered, what in line["attempts"]
        if what.split(" ")[0] not in unsure and sent <= occurred.get(line["id"], 0.0) <= answered
    ]


def _several(feed: Heard, sentence: str, which: Sequence[str]) -> list[str]:
    if not which:
        return []
    shown = ", ".join(which[:SHOWN]) + (" …" if len(which) > SHOWN else "")
    return [f"{feed.name} {sentence} {len(which)}: {shown}"]
