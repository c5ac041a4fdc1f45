"""Replay: a subscriber is given the past, up to where its group's frames begin, then goes live."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import islice

from resolvers.faults import TRANSIENT, report
from subscriptions.backoff import back_off
from subscriptions.channel import Channel
from subscriptions.frame import Frame
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
            await asyncio.sleep(back_off(failures, 0.2, 4.0))
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
    await channel.attend(subscriber, group)
    while subscriber.turn == turn and subscriber.position < target:
        await subscriber.sink.room()
        if subscriber.turn != turn:
            return False
        stretch = await channel.stretch(subscriber, group, target)
        await channel.standing.at_most(channel.limits.standing_at_most)
        if subscriber.turn != turn:
            return False
        if not stretch.whole:
            subscriber.resync = True
            subscriber.position = target
        elif stretch.frame is None:
            subscriber.position = stretch.until
        else:
            _send(channel, subscriber, stretch.frame, stretch.until)
            subscriber.owes = True  # what says that it is live now
    if subscriber.turn != turn:
        return False
    if subscriber.owes or subscriber.resync:
        resync = subscriber.resync
        frame = await channel.quiet(subscriber.plan, subscriber.actor, target, resync=resync)
        if subscriber.turn != turn:
            return False
        channel.counters.resyncs += resync
        subscriber.resync = False
        _send(channel, subscriber, frame, target)
    return True


async def last_words(channel: Channel, subscriber: Subscriber, ended_at: datetime) -> None:
    """Give one that has left its group what was committed before its session ended, and nothing
    later. Raises what the database raises."""
    await channel.refreshed()
    cut = _cut(channel, subscriber.position, ended_at)
    if subscriber.closed or cut <= subscriber.position:
        return
    group = channel.join(subscriber)
    turn = subscriber.turn
    await channel.attend(subscriber, group)
    while subscriber.turn == turn and subscriber.position < cut:
        stretch = await channel.stretch(subscriber, group, cut)
        if subscriber.turn != turn or not stretch.whole:
            return
        if stretch.frame is None:
            subscriber.position = stretch.until
        else:
            _send(channel, subscriber, stretch.frame, stretch.until)


def _cut(channel: Channel, after: int, ended_at: datetime) -> int:
    """The position of the last entry that can have been committed before a session ended, of those
    behind `after`; `after` itself where they are not all remembered.

    Positions are given at commit, and what an entry tells of occurred before that. So behind the
    first one that occurred after the end, everything was committed after it.
    """
    recent = channel.recent
    if not recent or recent[0].position > after + 1:
        return after
    for entry in islice(recent, after + 1 - recent[0].position, None):
        if entry.occurred_at > ended_at:
            return entry.position - 1
    return channel.position


def _send(channel: Channel, subscriber: Subscriber, frame: Frame, position: int) -> None:
    channel.counters.deliveries += 1
    subscriber.send(frame, position, asyncio.get_running_loop().time())
