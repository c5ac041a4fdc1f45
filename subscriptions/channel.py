"""Channel: a hospital's log as it is followed by one process, and those who hear it.

One loop reads the log (at a ring, or every 250 ms), takes each page to the groups that hear
something of it, one statement a group, and then reads on. Everything that decides who gets what
happens between two awaits, so nobody can slip in between a position and the groups it belongs to.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

from resolvers.actors import Actor
from resolvers.faults import CORRELATION, TRANSIENT, report
from resolvers.hearings import Hearing
from resolvers.lanes import Lanes
from subscriptions import log
from subscriptions.audience import Audience, audience, row_scope
from subscriptions.backoff import back_off
from subscriptions.counters import Counters
from subscriptions.delivery import Delivery, by_turns
from subscriptions.feeds import FeedEvent, FeedEvents, FeedPlan
from subscriptions.frame import Frame
from subscriptions.limits import Limits
from subscriptions.log import Cursor, LogEntry, Page
from subscriptions.past import Past, Stretch
from subscriptions.places import Places
from subscriptions.standing import Standing
from subscriptions.subscriber import Group, Subscriber
from subscriptions.trail import Trail

_LOG = logging.getLogger(__name__)


class Channel:
    """The state of the loop. `fallen` is called for a subscriber that must be caught up anew.

    `position`: up to where the log has been read and given to the groups; `delivered`: up to where
    all of them have it. They differ only while a page's statements run.
    """

    def __init__(
        self,
        hospital_id: UUID,
        *,
        lanes: Lanes,
        standing: Standing,
        trail: Trail,
        limits: Limits,
        counters: Counters,
        fallen: Callable[[Channel, Subscriber], None],
    ) -> None:
        self.hospital_id = hospital_id
        self.lanes = lanes
        self.limits = limits
        self.epoch: UUID | None = None
        self.position = 0
        self.delivered = 0
        self.oldest = 0
        self.groups: dict[object, Group] = {}
        self.subscribers: set[Subscriber] = set()
        self.past = Past(limits, counters)
        self.recent: deque[LogEntry] = deque(maxlen=limits.recent)
        self.places = Places(hospital_id, lanes, counters)
        self.standing = standing
        self.trail = trail
        self.counters = counters
        self.passed = asyncio.Event()
        """Set whenever `delivered` has moved."""
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

    async def drained(self) -> None:
        """Return when everybody was given what is in the log now."""
        if self.epoch is None:
            return
        await self.refreshed()
        target = self.position
        while self.delivered < target:
            self.passed.clear()
            await self.passed.wait()

    def knows(self, cursor: Cursor) -> bool:
        """Whether a cursor is a place in this log, as far as it has been read."""
        return cursor.epoch == self.epoch and self.oldest - 1 <= cursor.position <= self.position

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
                await asyncio.sleep(back_off(failures, self.limits.poll, 1.0))
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
        group.members[subscriber] = None
        subscriber.group = group
        subscriber.backlog = []
        subscriber.joined = self.position
        subscriber.turn += 1
        return group

    async def attend(self, subscriber: Subscriber, group: Group) -> None:
        """Write into the audit that it hears from now on what its group is told: before it does."""
        subscriber.stay = Hearing(
            group.id,
            subscriber.actor,
            group.plan.audited,
            after=subscriber.position,
            request_id=CORRELATION.get(),
        )
        await self.trail.begin(subscriber.stay)

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
        if subscriber.stay is not None:
            self.trail.end(subscriber.stay, subscriber.position)
            subscriber.stay = None
        del group.members[subscriber]
        if not group.members:
            group.empty_since = asyncio.get_running_loop().time()

    def cursor(self, position: int) -> str:
        """The cursor of a position in the log as it is now."""
        assert self.epoch is not None
        return Cursor(self.epoch, position).encode()

    def events(self, entries: Sequence[LogEntry], group: Group) -> FeedEvents:
        """What a group hears of some entries."""
        return FeedEvents(
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
        )

    async def stretch(self, subscriber: Subscriber, group: Group, target: int) -> Stretch:
        """The next piece of the past that a member of a group has missed, up to `target`."""
        after = subscriber.position
        make = partial(self._stretch, group, subscriber.actor, after, target)
        return await self.past.stretch(group.id, after, target, make)

    async def frame(
        self, group: Group, actor: Actor, events: Sequence[FeedEvent], position: int, *, live: bool
    ) -> Frame:
        """The frame that tells a group of events: one statement, which also leaves its entry in the
        audit. `actor` is any of its members, as a member."""
        cursor = self.cursor(position)
        async with self.lanes.acquire() as connection:
            self.counters.frame_statements += 1
            payload = await group.plan.frame(
                connection,
                actor,
                cursor=cursor,
                live=live,
                resync=False,
                events=events,
                audience=group.id,
            )
        self.counters.frames += 1
        return Frame(payload, cursor)

    async def quiet(self, plan: FeedPlan, actor: Actor, position: int, *, resync: bool) -> Frame:
        """The frame that tells of no event, and touches no database."""
        cursor = self.cursor(position)
        payload = await plan.frame(
            None, actor, cursor=cursor, live=True, resync=resync, events=(), audience=None
        )
        self.counters.frames += 1
        return Frame(payload, cursor)

    async def _stretch(self, group: Group, actor: Actor, after: int, target: int) -> Stretch:
        entries = await self._history(after, target)
        if not entries:  # trimmed, or of another epoch
            return Stretch(target, None, whole=False)
        until = entries[-1].position
        heard = tuple(entry for entry in entries if group.audience.hears(entry))
        if not heard:
            return Stretch(until, None)
        frame = await self.frame(group, actor, self.events(heard, group), until, live=False)
        return Stretch(until, frame, heard, wards=frozenset(actor.ward_ids))

    async def _history(self, after: int, until: int) -> tuple[LogEntry, ...] | None:
        """The next entries of the past, up to `until`; None where they have been trimmed."""
        recent = self.recent
        if recent and recent[0].position <= after + 1:
            start = after + 1 - recent[0].position
            stop = min(start + self.limits.page, until - recent[0].position + 1)
            return tuple(islice(recent, start, stop))
        async with self.lanes.acquire() as connection:
            self.counters.log_reads += 1
            page = await log.read(connection, self.hospital_id, after, self.limits.page)
        if page.epoch != self.epoch or not page.whole:
            return None
        return tuple(entry for entry in page.entries if entry.position <= until)

    # -- the loop ----------------------------------------------------------------------------------

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.limits.poll):
                await self._rung.wait()
            self.counters.wakes_by_bell += 1
        except TimeoutError:
            self.counters.wakes_by_poll += 1

    async def _step(self) -> bool:
        """Read a page and give it to the groups. True when there is more to read."""
        self._rung.clear()
        clock = asyncio.get_running_loop().time
        began = clock()
        asked, self._waiting = self._waiting, []
        try:
            after = self.position if self.epoch is not None else log.END
            async with self.lanes.acquire() as connection:
                self.counters.log_reads += 1
                page = await log.read(connection, self.hospital_id, after, self.limits.page)
            await self.standing.at_most(self.limits.standing_at_most)
        except BaseException:
            self.counters.log_read_failures += 1
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
            waiting = iter(work)
            workers = min(len(work), self.limits.statements)
            await asyncio.gather(*(self._deliver_all(waiting) for _ in range(workers)))
            self.counters.fan_out.note(clock() - began)
        self.delivered = self.position
        self.passed.set()
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
        self.counters.log_entries += len(page.entries)
        self.recent.extend(page.entries)
        self.past.note(page.entries)
        told: dict[Audience, FeedEvents] = {}
        work = []
        for group in self.groups.values():
            if not group.members:
                continue
            events = told.get(group.audience)
            if events is None:
                events = told[group.audience] = self.events(page.entries, group)
            if events:
                members = tuple(group.members)
                delivery = Delivery(group, members, members[0].actor, events, self.position)
                work.append(delivery)
        return work

    def _start_over(self, page: Page) -> None:
        """The log is another one, or has lost what we had not read: everybody reads afresh."""
        _LOG.warning("the log of a hospital does not continue; its feeds resync")
        self.counters.restarts += 1
        self.recent.clear()
        self.past.clear()
        for subscriber in self.subscribers:
            self.leave(subscriber)
        self.groups.clear()  # the audit tells positions apart by their audience
        self.epoch, self.position, self.delivered = page.epoch, page.tail, page.tail
        for subscriber in tuple(self.subscribers):
            subscriber.resync = True
            subscriber.position = page.tail
            self._fallen(self, subscriber)

    async def _deliver_all(self, deliveries: Iterator[Delivery]) -> None:
        for delivery in deliveries:
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        """One statement, one frame, for all of a group."""
        group, members, position = delivery.group, delivery.members, delivery.position
        try:
            frame = await self.frame(group, delivery.actor, delivery.events, position, live=True)
            # It may have taken as long as the database did.
            await self.standing.at_most(self.limits.standing_at_most)
        except TRANSIENT:
            for member in delivery.still(members):
                self.leave(member)
                self._fallen(self, member)
            return
        except Exception as error:  # noqa: BLE001 (the client is told, the others go on)
            errors = report(error)
            for member in delivery.still(members):
                member.sink.fail(errors)
            return
        now = asyncio.get_running_loop().time()
        async for some in by_turns(members):
            still = delivery.still(some)
            self.counters.deliveries += len(still)
            for member in still:
                if member.backlog is not None and len(member.backlog) >= self.limits.backlog:
                    self.leave(member)  # it is being caught up, and will be up to here as well
                else:
                    member.take(frame, position, now)

    async def _break_silence(self) -> None:
        """An empty message to those who heard nothing for long, so that they know it is quiet and
        not dead. It comes only after the log was read: a feed that can not hear is silent."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_for_silence < min(1.0, self.limits.heartbeat / 4):
            return
        self._looked_for_silence = now
        before = now - self.limits.heartbeat
        for group in tuple(self.groups.values()):
            if not group.members and group.empty_since < now - self.limits.linger:
                del self.groups[group.key]
            silent = [m for m in group.members if m.live and m.sent_at <= before]
            if not silent:
                continue
            frame = await self.quiet(group.plan, silent[0].actor, self.position, resync=False)
            async for some in by_turns(silent):
                for member in some:
                    if member.group is group and member.live:
                        self.counters.deliveries += 1
                        self.counters.heartbeats += 1
                        member.send(frame, self.position, now)
