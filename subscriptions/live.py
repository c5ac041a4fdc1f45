"""Live: the parts of the live channel put together, for as long as an `async with` lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from resolvers.lanes import Lanes
from resolvers.policy import DEFAULT_POLICY, Policy
from subscriptions.arrivals import Arrivals
from subscriptions.bell import CHANNEL, Bell
from subscriptions.counters import Counters
from subscriptions.feeds import Engine, FindDocument
from subscriptions.gate import Gate
from subscriptions.hub import Hub
from subscriptions.limits import DEFAULT_LIMITS, Limits
from subscriptions.presence import Presence
from subscriptions.sockets import Sockets
from subscriptions.standing import Standing
from subscriptions.streams import Streams
from subscriptions.tasks import end
from subscriptions.trail import Trail


@dataclass(frozen=True, slots=True)
class Live:
    """What the app uses: `bell.ring(hospital_id)` after a commit, `bell.state` for readyz,
    `sockets` as the ASGI application of the WebSocket route, `streams` for what is sent as events,
    `counters` for its metrics."""

    bell: Bell
    hub: Hub
    sockets: Sockets
    streams: Streams
    counters: Counters


@asynccontextmanager
async def live_channel(
    pool: asyncpg.Pool[Any],
    redis_url: str,
    engine: Engine,
    *,
    policy: Policy = DEFAULT_POLICY,
    limits: Limits = DEFAULT_LIMITS,
    allowed_origins: Collection[str] = (),
    find_document: FindDocument | None = None,
    presence: Presence | None = None,
    channel: str = CHANNEL,
) -> AsyncIterator[Live]:
    """Run the live channel; at the end all sockets are closed with 1012, and streams end.

    `pool` is best one of its own, so that a rush of requests does not hold up the events.
    `find_document` finds what an operation names instead of carrying it. `presence`, which the
    engine asks, is told who listens. `channel` is the bell's in Redis: installations that share a
    Redis have one each.
    """
    counters = Counters()
    standing = Standing(pool, policy, limits, counters)
    trail = Trail(pool, limits, counters)
    lanes = Lanes(pool)
    hub = Hub(lanes, engine, standing=standing, trail=trail, limits=limits, counters=counters)
    gate = Gate(limits, counters)
    arrivals = Arrivals(pool, policy, standing, counters)
    streams = Streams(hub, standing, arrivals, gate, limits=limits, counters=counters)
    sockets = Sockets(
        hub,
        standing,
        arrivals,
        gate,
        engine,
        limits=limits,
        counters=counters,
        allowed_origins=allowed_origins,
        find_document=find_document,
    )
    bell = Bell(redis_url, channel=channel, counters=counters)
    bell.listen(hub.ring)
    bell.listen(standing.ring)
    await bell.start()
    running = [
        asyncio.create_task(standing.run(), name="standing"),
        asyncio.create_task(sockets.look(), name="sockets look"),
        asyncio.create_task(streams.look(), name="streams look"),
        asyncio.create_task(trail.run(), name="trail"),
    ]
    if presence is not None:
        running.append(asyncio.create_task(presence.run(hub.subscribers), name="presence"))
    try:
        yield Live(bell, hub, sockets, streams, counters)
    finally:
        await asyncio.gather(sockets.stop(), streams.stop())
        await hub.stop()
        await end(*running)
        await trail.finish()
        await lanes.aclose()
        if presence is not None:
            await presence.close()
        await bell.stop()
