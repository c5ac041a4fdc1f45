"""The bell: heard by the others, back after Redis, and never in a writer's way."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.embedded import Servers
from app.embedded.redis import binary
from models import new_id
from subscriptions.bell import Bell
from tests.conftest import Addresses
from tests.patience import PATIENCE, until
from tests.subscriptions.redis_servers import PASSWORD, alone


@asynccontextmanager
async def hearing(url: str, channel: str) -> AsyncIterator[tuple[Bell, list[UUID | None]]]:
    bell, heard = Bell(url, channel=channel), list[UUID | None]()
    bell.listen(heard.append)
    await bell.start()
    try:
        yield bell, heard
    finally:
        await bell.stop()


def open_sockets() -> int:
    """How many connections this process has."""
    return len(psutil.Process().net_connections(kind="inet"))


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
        async with asyncio.timeout(PATIENCE):
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
        async with asyncio.timeout(PATIENCE):
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
            here.ring(new_id())  # which no one hears, and no one waits for
            await servers.redis.wait_until_answering()
            await until(lambda gaps=gaps: heard.count(None) > gaps and here.state.connected)
            hospital = new_id()
            here.ring(hospital)
            await until(lambda hospital=hospital: hospital in heard)


async def test_redis_frozen_is_noticed_and_holds_nobody_up(servers: Servers) -> None:
    """How soon it is noticed is counted in what the bell does, for a loaded machine is slow: two
    pings that nobody answers, and the turn after them."""
    channel = new_id().hex
    async with hearing(servers.redis_url, channel) as (bell, heard):
        await until(lambda: None in heard)
        for _ in range(2):
            gaps = heard.count(None)
            os.kill(servers.redis.pid, signal.SIGSTOP)
            try:
                hospitals = [new_id() for _ in range(1_000)]
                for hospital in hospitals:
                    bell.ring(hospital)  # no await between: it can wait for nothing
                assert heard[-1_000:] == hospitals
                await until(lambda: not bell.state.connected)
                assert bell.state.down_since is not None
            finally:
                os.kill(servers.redis.pid, signal.SIGCONT)
            await until(lambda gaps=gaps: heard.count(None) > gaps and bell.state.connected)


async def test_a_frozen_redis_is_left_after_two_pings(servers: Servers) -> None:
    """With an even clock: no more than two seconds."""
    async with hearing(servers.redis_url, new_id().hex) as (bell, heard):
        await until(lambda: None in heard)
        backend = bell._backend
        turns = 1 + math.ceil(backend._timeout / backend._ping_every)
        assert turns * backend._ping_every <= 2.0
        loop = asyncio.get_running_loop()
        os.kill(servers.redis.pid, signal.SIGSTOP)
        try:
            began = loop.time()
            await until(lambda: not bell.state.connected)
            # Not sooner than the server had its time to answer.
            assert loop.time() - began > backend._timeout
        finally:
            os.kill(servers.redis.pid, signal.SIGCONT)


async def test_a_process_that_was_held_up_itself_does_not_take_redis_for_silent(
    redis_url: str,
) -> None:
    """By the clock it did, at every pause of more than two seconds: on a loaded machine the bell
    was down where Redis was well."""
    async with hearing(redis_url, new_id().hex) as (bell, heard):
        await until(lambda: None in heard)
        for nap in (0.1, 0.35):  # wherever in a turn it comes
            await asyncio.sleep(nap)
            time.sleep(2.2)  # noqa: ASYNC251 (the loop is what is held up)
            for _ in range(20):
                await asyncio.sleep(0.02)
                assert bell.state.connected
        assert heard.count(None) == 1
        assert bell._counters.bell_failures == 0


async def test_freezing_again_and_again_leaves_no_task_and_no_socket(
    addresses: Addresses, tmp_path: Path
) -> None:
    del addresses  # only its order: the servers of the worker are no sockets of this test
    async with alone(str(binary()), tmp_path) as redis:
        tasks, sockets = asyncio.all_tasks(), open_sockets()
        async with hearing(redis.url, new_id().hex) as (bell, heard):
            bell._backend._ping_every = bell._backend._timeout = 0.1
            await until(lambda: None in heard)
            bell.ring(new_id())
            await until(lambda: bell._counters.bell_rings_sent > 0)
            at_rest = len(asyncio.all_tasks()), open_sockets()
            for _ in range(5):
                redis.signal(signal.SIGSTOP)
                failures = bell._counters.bell_failures
                async with asyncio.timeout(PATIENCE):
                    while bell._counters.bell_failures < failures + 3:
                        bell.ring(new_id())
                        await asyncio.sleep(0.02)
                redis.signal(signal.SIGCONT)
                await until(lambda: bell.state.connected)
                sent = bell._counters.bell_rings_sent
                bell.ring(new_id())
                await until(lambda sent=sent: bell._counters.bell_rings_sent > sent)
            assert len(asyncio.all_tasks()) <= at_rest[0]
            await until(lambda: open_sockets() <= at_rest[1])
        assert asyncio.all_tasks() == tasks
        await until(lambda: open_sockets() <= sockets)


async def test_another_password_is_waited_out(tmp_path: Path) -> None:
    async with (
        alone(str(binary()), tmp_path) as redis,
        hearing(redis.url, new_id().hex) as (bell, heard),
        Redis.from_url(redis.url) as administrator,
    ):
        await until(lambda: None in heard)
        await administrator.config_set("requirepass", "changed")
        await administrator.client_kill_filter(_type="pubsub")
        await until(lambda: bell._counters.bell_failures >= 3)
        assert not bell.state.connected
        bell.ring(new_id())
        await until(lambda: bell._counters.bell_rings_lost > 0)
        gaps = heard.count(None)
        await administrator.config_set("requirepass", PASSWORD)
        await until(lambda: heard.count(None) > gaps and bell.state.connected)


async def fill(client: Redis) -> None:
    for number in range(200):
        await client.set(str(number), "x" * 10_000)


async def test_a_full_redis_rings_on(tmp_path: Path) -> None:
    async with alone(
        str(binary()), tmp_path, "maxmemory 1mb", "maxmemory-policy noeviction"
    ) as redis:
        async with Redis.from_url(redis.url) as client:
            with pytest.raises(ResponseError, match="maxmemory"):
                await fill(client)
        channel, hospital = new_id().hex, new_id()
        async with (
            hearing(redis.url, channel) as (here, _),
            hearing(redis.url, channel) as (_, far),
        ):
            await until(lambda: None in far and here.state.connected)
            here.ring(hospital)
            await until(lambda: hospital in far)


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
