"""The hub: one a process. Each hospital with subscribers gets a channel that follows its log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, is_transient, report
from resolvers.lanes import Lanes
from subscriptions import log
from subscriptions.channel import Channel
from subscriptions.counters import Counters
from subscriptions.feeds import Engine, Operation, Refused
from subscriptions.limits import Limits
from subscriptions.replay import catch_up, last_words
from subscriptions.standing import Standing
from subscriptions.subscriber import Sink, Subscriber
from subscriptions.tasks import begin, end
from subscriptions.trail import Trail

_LOG = logging.getLogger(__name__)


class Hub:
    """Subscribers by hospital, and the tasks that serve them."""

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        *,
        standing: Standing,
        trail: Trail,
        limits: Limits,
        counters: Counters,
    ) -> None:
        self._lanes = lanes
        self._engine = engine
        self._standing = standing
        self._trail = trail
        self._limits = limits
        self._counters = counters
        self._channels: dict[UUID, Channel] = {}
        self._followers: dict[UUID, asyncio.Task[None]] = {}

    def ring(self, hospital_id: UUID | None) -> None:
        """Look at a hospital's log now; None: at all of them."""
        channels = self._channels.values() if hospital_id is None else ()
        one = None if hospital_id is None else self._channels.get(hospital_id)
        for channel in channels if one is None else (one,):
            channel.ring()

    def subscribers(self) -> Iterator[Subscriber]:
        """All there are now, live or still on their way to it."""
        for channel in self._channels.values():
            yield from channel.subscribers

    def groups(self) -> int:
        """How many different frames an event may need."""
        return sum(
            bool(group.members)
            for channel in self._channels.values()
            for group in channel.groups.values()
        )

    async def drain(self) -> None:
        """Give everybody what was committed until now. Does not wait long for a database that does
        not answer: cursors bring the rest."""
        try:
            async with asyncio.timeout(self._limits.drain_deadline):
                await asyncio.gather(*(c.drained() for c in self._channels.values()))
        except TimeoutError:
            _LOG.warning("not everything that was committed could be sent before the end")

    async def stop(self) -> None:
        """Stop following; the sockets have been closed before."""
        tasks = [
            subscriber.task
            for channel in self._channels.values()
            for subscriber in channel.subscribers
            if subscriber.task is not None
        ]
        tasks += self._followers.values()
        await end(*tasks)
        self._channels.clear()
        self._followers.clear()

    def subscribe(
        self, operation: Operation, actor: Actor, sink: Sink, *, after: str | None = None
    ) -> Subscriber:
        """Begin a subscription; everything else it has to say goes to `sink`. `after` is a cursor
        that counts before the operation's own. Raises Refused."""
        plan = self._engine.subscription(operation, actor)
        subscriber = Subscriber(operation, plan, actor, sink, datetime.now(UTC))
        channel = self._channel(actor.hospital_id)
        channel.subscribers.add(subscriber)
        if after is None:
            after = plan.arguments.get("after")
        subscriber.task = asyncio.create_task(self._admit(channel, subscriber, after), name="admit")
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End a subscription; its sink gets nothing more."""
        subscriber.closed = True
        channel = self._channels.get(subscriber.actor.hospital_id)
        if channel is not None:
            channel.leave(subscriber)
            channel.subscribers.discard(subscriber)
            if not channel.subscribers:
                asyncio.get_running_loop().call_later(
                    self._limits.linger, self._close_unused, channel
                )
        task = subscriber.task
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def reseat(self, subscriber: Subscriber, actor: Actor) -> None:
        """Go on with the rights that the actor has now."""
        if actor.rights is not subscriber.actor.rights:
            try:
                subscriber.plan = self._engine.subscription(subscriber.operation, actor, again=True)
            except Refused as refused:
                subscriber.sink.fail(refused.errors)
                return
            except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
                subscriber.sink.fail(report(error))
                return
        subscriber.actor = actor
        channel = self._channels[actor.hospital_id]
        if subscriber.group is not None:
            channel.leave(subscriber)
            self._fallen(channel, subscriber)

    def part(self, subscribers: Iterable[Subscriber]) -> list[Subscriber]:
        """Tell those of an ended session nothing more, from now on: those who were live, for
        `last_words`. Whoever is still being given the past has a cursor, and is unsubscribed."""
        parted = []
        for one in tuple(subscribers):
            if one.live:
                one.parted = True
                self._channels[one.actor.hospital_id].leave(one)
                parted.append(one)
            else:
                self.unsubscribe(one)
        return parted

    async def last_words(self, parted: Iterable[Subscriber], ended_at: datetime) -> None:
        """Give them what was committed before their session ended; not for long, for there is an
        end that must be told."""
        words = (last_words(self._channels[one.actor.hospital_id], one, ended_at) for one in parted)
        try:
            async with asyncio.timeout(self._limits.last_words):
                for outcome in await asyncio.gather(*words, return_exceptions=True):
                    if isinstance(outcome, Exception) and not is_transient(outcome):
                        report(outcome)
        except TimeoutError:
            _LOG.warning("not everything that was committed could be sent to an ended session")

    def _fallen(self, channel: Channel, subscriber: Subscriber) -> None:
        if subscriber.closed or subscriber.parted:
            return  # nothing more is for it
        if subscriber.task is not None and not subscriber.task.done():
            return  # its task sees by itself that it is in no group any more
        subscriber.task = asyncio.create_task(
            self._catch_up(channel, subscriber), name="catch up", context=subscriber.context
        )

    async def _admit(self, channel: Channel, subscriber: Subscriber, after: str | None) -> None:
        cursor = None if after is None else log.decode(after)
        try:
            async with asyncio.timeout(self._limits.subscribe_deadline):
                subscriber.place = await channel.places.of(subscriber.plan)
                # Whoever begins anew hears nothing of before, and another process may have read
                # further than this one; who only comes back needs no look at the log.
                if cursor is None or not channel.knows(cursor):
                    await channel.refreshed()
        except TRANSIENT:
            subscriber.sink.try_again()
            return
        except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
            subscriber.sink.fail(report(error))
            return
        subscriber.position = channel.position
        if cursor is not None and channel.knows(cursor):
            subscriber.position = cursor.position
        elif after is not None:
            subscriber.resync = True
        await self._catch_up(channel, subscriber)

    async def _catch_up(self, channel: Channel, subscriber: Subscriber) -> None:
        await catch_up(channel, subscriber)
        subscriber.task = None

    def _channel(self, hospital_id: UUID) -> Channel:
        channel = self._channels.get(hospital_id)
        if channel is None:
            channel = self._channels[hospital_id] = Channel(
                hospital_id,
                lanes=self._lanes,
                standing=self._standing,
                trail=self._trail,
                limits=self._limits,
                counters=self._counters,
                fallen=self._fallen,
            )
            self._followers[hospital_id] = begin(channel.run(), "channel")
        return channel

    def _close_unused(self, channel: Channel) -> None:
        if channel.subscribers or self._channels.get(channel.hospital_id) is not channel:
            return
        del self._channels[channel.hospital_id]
        self._followers.pop(channel.hospital_id).cancel()
