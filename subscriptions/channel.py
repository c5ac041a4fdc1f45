"""Channel: a hospital's log as it is followed by one process, and those who hear it.

One loop reads the log (at a ring, or every 250 ms), takes each page to the groups that hear
something of it, one statement a group, and then reads on. Everything that decides who gets what
happens between two awaits, so nobody can slip in between a position and the groups it belongs to.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, report
from subscriptions import log
from subscriptions.audience import Place, audience, patient, row_scope
from subscriptions.feeds import FeedEvent, FeedPlan
from subscriptions.limits import Limits
from subscriptions.log import Cursor, LogEntry, Page
from subscriptions.standing import Standing
from subscriptions.subscriber import Group, Subscriber

_LOG = logging.getLogger(__name__)


class Channel:
    """The state of the loop. `fallen` is called for a subscriber that must be caught up anew.

    `position`: up to where the log has been read and given to the groups; `delivered`: up to where
    all of them have it. They differ only while a page's statements run.
    """

    def __init__(
        self,
        hospital_id: UUID,
        pool: asyncpg.Pool[Any],
        standing: Standing,
        limits: Limits,
        fallen: Callable[[Channel, Subscriber], None],
    ) -> None:
        self.hospital_id = hospital_id
        self.pool = pool
        self.limits = limits
        self.epoch: UUID | None = None
        self.position = 0
        self.delivered = 0
        self.oldest = 0
        self.groups: dict[object, Group] = {}
        self.subscribers: set[Subscriber] = set()
        self.recent: deque[LogEntry] = deque(maxlen=limits.recent)
        self.statements = asyncio.Semaphore(limits.statements)
        self._wards: dict[str, UUID] = {}
        self.standing = standing
        self._rung = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._fallen = fallen
        self._looked_for_silence = 0.0

    def ring(self) -> None:
        """Read the log now."""
        self._rung.set()

    async def refreshed(self) -> None:
        """Return when the log has been read to its end, in a read that began after this call."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.ring()
        await future

    async def run(self) -> None:
        """Follow the log until cancelled, whatever the database does."""
        failures = 0
        while True:
            try:
                more = await self._step()
                failures = 0
            except TRANSIENT as error:
                if not failures:
                    _LOG.warning("the log can not be read: %s", type(error).__name__)
                failures += 1
                pause = min(1.0, self.limits.poll * 2 ** min(failures - 1, 4))
                await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311
                continue
            except Exception as error:  # noqa: BLE001 (one bad page must not silence a hospital)
                report(error)
                await asyncio.sleep(1.0)
                continue
            if not more:
                await self._rest()

    # -- groups ------------------------------------------------------------------------------------

    def join(self, subscriber: Subscriber) -> Group:
        """Put a subscriber into its group: from here on it gets what the group gets."""
        heard = audience(subscriber.plan, subscriber.actor, subscriber.place)
        key = (subscriber.plan.key, row_scope(subscriber.plan, subscriber.actor), heard)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(key, subscriber.plan, heard)
        group.add(subscriber)
        subscriber.group = group
        subscriber.backlog = []
        subscriber.joined = self.position
        subscriber.turn += 1
        return group

    def leave(self, subscriber: Subscriber) -> None:
        """Take a subscriber out of its group. It knows up to where it was sent everything."""
        group = subscriber.group
        if group is None:
            return
        if subscriber.live:
            subscriber.position = max(subscriber.position, self.delivered)
        subscriber.group = None
        subscriber.backlog = None
        subscriber.turn += 1
        group.discard(subscriber)
        if not group.members:
            self.groups.pop(group.key, None)

    def cursor(self, position: int) -> str:
        """The cursor of a position in the log as it is now."""
        assert self.epoch is not None
        return Cursor(self.epoch, position).encode()

    def events(self, entries: Sequence[LogEntry], group: Group) -> list[FeedEvent]:
        """What a group hears of some entries."""
        return [
            FeedEvent(
                self.cursor(entry.position),
                entry.position,
                entry.occurred_at,
                entry.label,
                entry.subject_id,
                entry.patient_id,
            )
            for entry in entries
            if group.audience.hears(entry)
        ]

    async def place(self, plan: FeedPlan) -> Place:
        """What the arguments of a feed narrow it to."""
        code, public_id = plan.arguments.get("ward"), plan.arguments.get("patient_id")
        patient_id = None if public_id is None else patient(public_id)
        if public_id is not None and patient_id is None:
            return Place(nowhere=True)
        if code is None:
            return Place(None, patient_id)
        ward_id = self._wards.get(code)
        if ward_id is None and code.isprintable():  # PostgreSQL takes no NUL
            async with self.statements, self.pool.acquire() as connection:
                ward_id = await log.ward(connection, self.hospital_id, code)
        if ward_id is None:
            return Place(nowhere=True)
        self._wards[code] = ward_id
        return Place(ward_id, patient_id)

    async def history(self, after: int, until: int) -> tuple[LogEntry, ...] | None:
        """The next entries of the past, up to `until`; None where they have been trimmed."""
        recent = self.recent
        if recent and recent[0].position <= after + 1:
            start = after + 1 - recent[0].position
            stop = min(start + self.limits.page, until - recent[0].position + 1)
            return tuple(islice(recent, start, stop))
        async with self.statements, self.pool.acquire() as connection:
            page = await log.read(connection, self.hospital_id, after, self.limits.page)
        if page.epoch != self.epoch or not page.whole:
            return None
        return tuple(entry for entry in page.entries if entry.position <= until)

    # -- the loop ----------------------------------------------------------------------------------

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.limits.poll):
                await self._rung.wait()
        except TimeoutError:
            pass

    async def _step(self) -> bool:
        """Read a page and give it to the groups. True when there is more to read."""
        self._rung.clear()
        asked, self._waiting = self._waiting, []
        try:
            after = self.position if self.epoch is not None else log.END
            async with self.pool.acquire() as connection:
                page = await log.read(connection, self.hospital_id, after, self.limits.page)
            await self.standing.at_most(self.limits.standing_at_most)
        except BaseException:
            self._waiting = asked + self._waiting
            raise
        # From here to the first statement nothing waits.
        work = self._advance(page)
        more = page.tail > self.position
        if more:
            self._waiting = asked + self._waiting
        for future in () if more else asked:
            if not future.done():
                future.set_result(None)
        if work:
            await asyncio.gather(*(self._deliver(delivery) for delivery in work))
        self.delivered = self.position
        if not more:
            await self._break_silence()
        return more

    def _advance(self, page: Page) -> list[Delivery]:
        """Take a page into the state; what is to be delivered of it, and to whom."""
        self.oldest = page.oldest
        if self.epoch is None:
            self.epoch, self.position, self.delivered = page.epoch, page.tail, page.tail
            return []
        if page.epoch != self.epoch or page.tail < self.position or not page.whole:
            self._start_over(page)
            return []
        if not page.entries:
            return []
        self.position = page.entries[-1].position
        self.recent.extend(page.entries)
        heard = ((group, self.events(page.entries, group)) for group in self.groups.values())
        return [
            Delivery(group, tuple(group.members), group.actors, events, self.position)
            for group, events in heard
            if events
        ]

    def _start_over(self, page: Page) -> None:
        """The log is another one, or has lost what we had not read: everybody reads afresh."""
        _LOG.warning("the log of a hospital does not continue; its feeds resync")
        self.recent.clear()
        self.epoch, self.position, self.delivered = page.epoch, page.tail, page.tail
        for subscriber in tuple(self.subscribers):
            self.leave(subscriber)
            subscriber.resync = True
            subscriber.position = page.tail
            self._fallen(self, subscriber)

    async def _deliver(self, delivery: Delivery) -> None:
        """One statement, one frame, for all of a group."""
        group, members, position = delivery.group, delivery.members, delivery.position
        try:
            async with self.statements, self.pool.acquire() as connection:
                frame = await group.plan.frame(
                    connection,
                    delivery.actors[0],
                    cursor=self.cursor(position),
                    live=True,
                    resync=False,
                    events=delivery.events,
                    actors=delivery.actors,
                )
        except TRANSIENT:
            for member in _still(members, group, position):
                self.leave(member)
                self._fallen(self, member)
        except Exception as error:  # noqa: BLE001 (one feed's fault must not silence the others)
            errors = report(error)
            for member in _still(members, group, position):
                self.leave(member)
                member.sink.fail(errors)
        else:
            self._hand_out(delivery, frame.decode())

    def _hand_out(self, delivery: Delivery, frame: str) -> None:
        now = asyncio.get_running_loop().time()
        for member in _still(delivery.members, delivery.group, delivery.position):
            if member.backlog is not None and len(member.backlog) >= self.limits.backlog:
                self.leave(member)  # it is being caught up, and will be up to here as well
            else:
                member.take(frame, delivery.position, now)

    async def _break_silence(self) -> None:
        """An empty message to those who heard nothing for long, so that they know it is quiet and
        not dead. It comes only after the log was read: a feed that can not hear is silent."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_for_silence < min(1.0, self.limits.heartbeat / 4):
            return
        self._looked_for_silence = now
        before = now - self.limits.heartbeat
        for group in tuple(self.groups.values()):
            silent = [m for m in group.members if m.live and m.sent_at <= before]
            if not silent:
                continue
            cursor = self.cursor(self.position)
            frame = await group.plan.frame(
                None, silent[0].actor, cursor=cursor, live=True, resync=False, events=()
            )
            text = frame.decode()
            for member in silent:
                if member.group is group and member.live:
                    member.send(text, self.position, now)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A page as a group hears it, and who was in the group when the page was taken."""

    group: Group
    members: tuple[Subscriber, ...]
    actors: tuple[Actor, ...]
    events: list[FeedEvent]
    position: int


def _still(members: tuple[Subscriber, ...], group: Group, position: int) -> list[Subscriber]:
    """Those who are in the group since before the page: whoever came back to it while the statement
    ran has been promised the page from the past."""
    return [m for m in members if m.group is group and m.joined < position]
