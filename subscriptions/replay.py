"""Replay: a subscriber is given the past, up to where its group's frames begin, then goes live."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from resolvers.faults import TRANSIENT, report
from subscriptions.channel import Channel
from subscriptions.feeds import FeedEvent
from subscriptions.subscriber import Group, Subscriber

MAX_FAILURES = 5


async def catch_up(channel: Channel, subscriber: Subscriber) -> None:
    """Bring a subscriber from its position to being live.

    It joins its group first, which fixes where its past ends; then it gets that past, then what the
    group got meanwhile. Whatever takes it out of the group on the way (its rights changed, its
    backlog ran over) makes it begin again from where it has got to.
    """
    failures = 0
    while not subscriber.closed:
        group = channel.join(subscriber)
        try:
            caught_up = await _replay(channel, subscriber, group, channel.position)
        except TRANSIENT:
            channel.leave(subscriber)
            failures += 1
            if failures > MAX_FAILURES:
                subscriber.sink.try_again()
                return
            await asyncio.sleep(random.uniform(0.05, 0.1) * 2**failures)  # noqa: S311
        except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
            channel.leave(subscriber)
            subscriber.sink.fail(report(error))
            return
        else:
            if caught_up:
                subscriber.go_live(asyncio.get_running_loop().time())
                return


async def _replay(channel: Channel, subscriber: Subscriber, group: Group, target: int) -> bool:
    """Everything up to `target`; False when the subscriber was taken out of the group meanwhile."""
    turn = subscriber.turn
    if subscriber.resync:
        subscriber.position = target
    while subscriber.position < target:
        entries = await channel.history(subscriber.position, target)
        await channel.standing.at_most(channel.limits.standing_at_most)
        if subscriber.turn != turn:
            return False
        if not entries:  # trimmed, or of another epoch
            subscriber.resync = True
            subscriber.position = target
            break
        end = entries[-1].position
        events = channel.events(entries, group)
        if not events:
            subscriber.position = end
            continue
        await subscriber.sink.room()
        if subscriber.turn != turn:
            return False
        if not await _send(channel, subscriber, end, events, live=False):
            return False
        subscriber.owes = True  # what says that it is live now
    if subscriber.owes or subscriber.resync:
        return await _send(channel, subscriber, target, (), live=True)
    return True


async def _send(
    channel: Channel,
    subscriber: Subscriber,
    position: int,
    events: Sequence[FeedEvent],
    *,
    live: bool,
) -> bool:
    turn, resync = subscriber.turn, subscriber.resync
    cursor = channel.cursor(position)
    if events:
        async with channel.statements, channel.pool.acquire() as connection:
            frame = await subscriber.plan.frame(
                connection,
                subscriber.actor,
                cursor=cursor,
                live=live,
                resync=resync,
                events=events,
                actors=(subscriber.actor,),
            )
    else:
        frame = await subscriber.plan.frame(
            None, subscriber.actor, cursor=cursor, live=live, resync=resync, events=()
        )
    if subscriber.turn != turn:
        return False
    subscriber.resync = False
    subscriber.send(frame.decode(), position, asyncio.get_running_loop().time())
    return True
