"""The bell: heard by the others, back after Redis, and never in a writer's way."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from redis.asyncio import Redis

from app.embedded import Servers
from models import new_id
from subscriptions.bell import Bell


@asynccontextmanager
async def hearing(url: str, channel: str) -> AsyncIterator[tuple[Bell, list[UUID | None]]]:
    bell, heard = Bell(url, channel=channel), list[UUID | None]()
    bell.listen(heard.append)
    await bell.start()
    try:
        yield bell, heard
    finally:
        await bell.stop()


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_ring_is_heard_here_at_once_and_there_through_redis(redis_url: str) -> None:
    channel, hospital = new_id().hex, new_id()
    async with hearing(redis_url, channel) as (here, near), hearing(redis_url, channel) as (_, far):
        await until(lambda: None in near and None in far)
        here.ring(hospital)
        assert near[-1] == hospital
        await until(lambda: hospital in far)
        assert here.state.connected
        assert here.state.down_since is None


async def test_the_first_subscriber_hears_the_first_ring(redis_url: str) -> None:
    """What broadcaster's own backend loses under redis-py 8."""
    for _ in range(10):
        channel, hospital = new_id().hex, new_id()
        async with hearing(redis_url, channel) as (_, heard):
            await until(lambda heard=heard: None in heard)
            client = Redis.from_url(redis_url)
            assert await client.publish(channel, str(hospital)) == 1
            await client.aclose()
            await until(lambda heard=heard, hospital=hospital: hospital in heard)


async def test_only_hospital_ids_go_out_and_nonsense_that_comes_in_is_let_pass(
    redis_url: str,
) -> None:
    channel, hospital = new_id().hex, new_id()
    client = Redis.from_url(redis_url, decode_responses=True)
    listener = client.pubsub()
    await listener.subscribe(channel)
    async with hearing(redis_url, channel) as (bell, heard):
        await until(lambda: None in heard)
        await client.publish(channel, "nonsense")
        for _ in range(100):
            bell.ring(hospital)
        await until(lambda: heard.count(hospital) > 100)
        said = []
        async with asyncio.timeout(5):
            while str(hospital) not in said:
                message = await listener.get_message(ignore_subscribe_messages=True, timeout=1)
                said += [message["data"]] if message else []
    assert set(said) == {"nonsense", str(hospital)}
    assert heard.count(hospital) < 110  # a hundred rings in one breath are one
    await listener.aclose()
    await client.aclose()


async def test_the_bell_stops_while_it_is_rung(redis_url: str) -> None:
    """Python 3.11's wait_for, inside redis-py, loses a cancellation in one stop of ten."""

    async def once(rings: int) -> None:
        channel = new_id().hex
        bell, heard = Bell(redis_url, channel=channel), list[UUID | None]()
        bell.listen(heard.append)
        await bell.start()
        await until(lambda: None in heard)
        for _ in range(rings):
            bell.ring(new_id())
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await bell.stop()

    for _ in range(10):
        await asyncio.gather(*(once(rings % 7) for rings in range(20)))


async def test_redis_killed_and_back_gives_a_gap_and_then_rings(servers: Servers) -> None:
    channel = new_id().hex
    async with (
        hearing(servers.redis_url, channel) as (here, _),
        hearing(servers.redis_url, channel) as (there, heard),
    ):
        await until(lambda: None in heard and here.state.connected)
        for _ in range(2):
            gaps = heard.count(None)
            os.kill(servers.redis.pid, signal.SIGKILL)
            await until(lambda: not there.state.connected)
            assert there.state.down_since is not None
            began = time.perf_counter()
            here.ring(new_id())
            assert time.perf_counter() - began < 0.05
            await servers.redis.wait_until_answering()
            await until(lambda gaps=gaps: heard.count(None) > gaps and here.state.connected)
            hospital = new_id()
            here.ring(hospital)
            await until(lambda hospital=hospital: hospital in heard)


async def test_redis_frozen_is_noticed_and_holds_nobody_up(servers: Servers) -> None:
    channel = new_id().hex
    async with hearing(servers.redis_url, channel) as (bell, heard):
        await until(lambda: None in heard)
        gaps = heard.count(None)
        os.kill(servers.redis.pid, signal.SIGSTOP)
        try:
            began = time.perf_counter()
            for _ in range(1_000):
                bell.ring(new_id())
            assert time.perf_counter() - began < 0.2
            await until(lambda: not bell.state.connected)
        finally:
            os.kill(servers.redis.pid, signal.SIGCONT)
        await until(lambda: heard.count(None) > gaps)
        assert bell.state.connected


async def test_redis_that_comes_later_is_found(servers: Servers) -> None:
    await servers.redis.stop()
    try:
        async with hearing(servers.redis_url, new_id().hex) as (bell, heard):
            hospital = new_id()
            bell.ring(hospital)
            assert heard == [hospital]
            await servers.redis.start()
            await until(lambda: None in heard)
            assert bell.state.connected
    finally:
        if not await servers.redis.answers():
            await servers.redis.start()
