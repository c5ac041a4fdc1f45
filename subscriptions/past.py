"""Past: what those who come back have missed, made once for all who missed the same.

A thousand stations that were dropped together come back with the same cursor: the first one's
statement makes the frame of that stretch of the log, and the others are given it too. A stretch is
kept for a moment only, and no longer than it would be made again in the same way: as soon as the
log says something newer of one of its patients, or of a bed in one of its wards or of those that
its readers look into, it is forgotten, since somebody may have gone where they may not look.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.events import Feed
from subscriptions.counters import Counters
from subscriptions.frame import Frame
from subscriptions.limits import Limits
from subscriptions.log import LogEntry


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the past as a group hears it, up to `until`; `frame` is None where it hears
    nothing of it. `whole` is false where the log does not hold it any more. `wards` are those of
    the readers: who lies there is shown to them, whatever patient the entries are about."""

    until: int
    frame: Frame | None
    entries: tuple[LogEntry, ...] = ()
    whole: bool = True
    wards: frozenset[UUID] = frozenset()


Make = Callable[[], Coroutine[Any, Any, Stretch]]


class Past:
    """The stretches of one hospital's log that are being made, or were made a moment ago."""

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._limits = limits
        self._counters = counters
        self._kept: OrderedDict[tuple[UUID, int, int], _Kept] = OrderedDict()
        self._ends: dict[tuple[UUID, int], set[int]] = {}
        self._bytes = 0

    async def stretch(self, group: UUID, after: int, target: int, make: Make) -> Stretch:
        """The past of a group (its id) behind `after`, up to `target` or less far; `make` makes it.

        What `make` raises is raised to everybody who waits for the same.
        """
        kept = self._find(group, after, target)
        if kept is None:
            self._counters.resumes_from_database += 1
            kept = self._keep((group, after, target), make)
        else:
            self._counters.resumes_from_memory += 1
        # Shielded: who goes away takes it from nobody else.
        return await asyncio.shield(kept.task)

    def note(self, entries: Sequence[LogEntry]) -> None:
        """The log has gone on: forget what would not be made in the same way any more."""
        if not self._kept:
            return
        patients = {entry.patient_id for entry in entries if entry.patient_id is not None}
        wards = {entry.ward_id for entry in entries if entry.feed is Feed.BED_CHANGES}
        for key, kept in tuple(self._kept.items()):
            # One that is being made may or may not have seen it.
            if not kept.task.done() or kept.patients & patients or kept.wards & wards:
                self._forget(key)

    def clear(self) -> None:
        """Forget everything: the log is another one."""
        for key in tuple(self._kept):
            self._forget(key)

    def _find(self, group: UUID, after: int, target: int) -> _Kept | None:
        now = asyncio.get_running_loop().time()
        while self._kept:
            key, oldest = next(iter(self._kept.items()))
            if oldest.made_at > now - self._limits.past_seconds:
                break
            self._forget(key)
        # One that reaches further holds what the group's own frames will bring as well.
        ends = [end for end in self._ends.get((group, after), ()) if end <= target]
        return self._kept[group, after, max(ends)] if ends else None

    def _keep(self, key: tuple[UUID, int, int], make: Make) -> _Kept:
        loop = asyncio.get_running_loop()
        task = loop.create_task(make(), name="past")
        kept = self._kept[key] = _Kept(task, loop.time())
        self._ends.setdefault(key[:2], set()).add(key[2])

        def made(task: asyncio.Task[Stretch]) -> None:
            failed = task.cancelled() or task.exception() is not None
            if self._kept.get(key) is not kept:
                return
            if failed or not task.result().whole:
                self._forget(key)
            else:
                self._measure(kept, task.result())

        task.add_done_callback(made)
        return kept

    def _measure(self, kept: _Kept, stretch: Stretch) -> None:
        kept.patients = frozenset(e.patient_id for e in stretch.entries if e.patient_id is not None)
        own = {e.ward_id for e in stretch.entries if e.ward_id is not None}
        kept.wards = stretch.wards | own
        # The payload, and the end of the messages that hold it once more.
        kept.bytes = 0 if stretch.frame is None else 2 * len(stretch.frame.payload)
        self._bytes += kept.bytes
        while self._kept and (
            self._bytes > self._limits.past_bytes or len(self._kept) > self._limits.past_frames
        ):
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[UUID, int, int]) -> None:
        self._bytes -= self._kept.pop(key).bytes
        ends = self._ends[key[:2]]
        ends.discard(key[2])
        if not ends:
            del self._ends[key[:2]]


@dataclass(slots=True)
class _Kept:
    task: asyncio.Task[Stretch]
    made_at: float
    bytes: int = 0
    patients: frozenset[UUID] = field(default_factory=frozenset)
    wards: frozenset[UUID] = field(default_factory=frozenset)
