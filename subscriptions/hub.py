"""The hub: one a process. Each hospital with subscribers gets a channel that follows its log."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, report
from subscriptions import log
from subscriptions.channel import Channel
from subscriptions.feeds import Engine, Operation, Refused
from subscriptions.limits import Limits
from subscriptions.replay import catch_up
from subscriptions.standing import Standing
from subscriptions.subscriber import Sink, Subscriber
from subscriptions.tasks import end

LINGER = 60.0
"""Seconds that a log without subscribers is still followed: a ward's screens come back together."""


class Hub:
    """Subscribers by hospital, and the tasks that serve them."""

    def __init__(
        self, pool: asyncpg.Pool[Any], engine: Engine, standing: Standing, limits: Limits
    ) -> None:
        self._pool = pool
        self._engine = engine
        self._standing = standing
        self._limits = limits
        self._channels: dict[UUID, Channel] = {}
        self._followers: dict[UUID, asyncio.Task[None]] = {}

    def ring(self, hospital_id: UUID | None) -> None:
        """Look at a hospital's log now; None: at all of them."""
        channels = self._channels.values() if hospital_id is None else ()
        one = None if hospital_id is None else self._channels.get(hospital_id)
        for channel in channels if one is None else (one,):
            channel.ring()

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

    def subscribe(self, operation: Operation, actor: Actor, sink: Sink) -> Subscriber:
        """Begin a subscription; everything else it has to say goes to `sink`. Raises Refused."""
        plan = self._engine.subscription(operation, actor)
        subscriber = Subscriber(operation, plan, actor, sink)
        channel = self._channel(actor.hospital_id)
        channel.subscribers.add(subscriber)
        subscriber.task = asyncio.create_task(self._admit(channel, subscriber), name="admit")
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End a subscription; its sink gets nothing more."""
        subscriber.closed = True
        channel = self._channels.get(subscriber.actor.hospital_id)
        if channel is not None:
            channel.leave(subscriber)
            channel.subscribers.discard(subscriber)
            if not channel.subscribers:
                asyncio.get_running_loop().call_later(LINGER, self._close_unused, channel)
        task = subscriber.task
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def reseat(self, subscriber: Subscriber, actor: Actor) -> None:
        """Go on with the rights that the actor has now."""
        if actor.rights is not subscriber.actor.rights:
            try:
                subscriber.plan = self._engine.subscription(subscriber.operation, actor)
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

    def _fallen(self, channel: Channel, subscriber: Subscriber) -> None:
        if subscriber.closed or (subscriber.task is not None and not subscriber.task.done()):
            return  # its task sees by itself that it is in no group any more
        subscriber.task = asyncio.create_task(catch_up(channel, subscriber), name="catch up")

    async def _admit(self, channel: Channel, subscriber: Subscriber) -> None:
        try:
            async with asyncio.timeout(self._limits.subscribe_deadline):
                subscriber.place = await channel.place(subscriber.plan)
                await channel.refreshed()
        except TRANSIENT:
            subscriber.sink.try_again()
            return
        except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
            subscriber.sink.fail(report(error))
            return
        after = subscriber.plan.arguments.get("after")
        subscriber.position = channel.position
        if after is not None:
            cursor = log.decode(after)
            if (
                cursor is not None
                and cursor.epoch == channel.epoch
                and channel.oldest - 1 <= cursor.position <= channel.position
            ):
                subscriber.position = cursor.position
            else:
                subscriber.resync = True
        await catch_up(channel, subscriber)

    def _channel(self, hospital_id: UUID) -> Channel:
        channel = self._channels.get(hospital_id)
        if channel is None:
            channel = self._channels[hospital_id] = Channel(
                hospital_id, self._pool, self._standing, self._limits, self._fallen
            )
            self._followers[hospital_id] = asyncio.create_task(channel.run(), name="channel")
        return channel

    def _close_unused(self, channel: Channel) -> None:
        if channel.subscribers or self._channels.get(channel.hospital_id) is not channel:
            return
        del self._channels[channel.hospital_id]
        self._followers.pop(channel.hospital_id).cancel()
