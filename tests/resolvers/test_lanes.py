"""Lanes: who asks gets a sound connection, whatever became of those before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from resolvers.database import open_pool
from resolvers.faults import TRANSIENT
from resolvers.lanes import LEFT, USUAL, Lanes
from tests.owner import as_owner

PID = "SELECT pg_backend_pid()"


@pytest_asyncio.fixture(loop_scope="session")
async def small(database_url: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    pool = await open_pool(database_url, min_size=1, max_size=4)
    try:
        yield pool
    finally:
        await asyncio.wait_for(pool.close(), 10)


async def test_what_came_back_is_lent_again(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)
    pids = set()
    for _ in range(5):
        async with lanes.acquire() as connection:
            pids.add(await connection.fetchval(PID))
    assert len(pids) == 1
    await lanes.aclose()


async def test_more_at_once_than_there_are_wait_their_turn(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)

    async def one(number: int) -> int:
        async with lanes.acquire() as connection:
            found: int = await connection.fetchval("SELECT $1::int", number)
            return found

    async def directly() -> int:
        found: int = await small.fetchval("SELECT -1")
        return found

    for _ in range(20):
        asked = [one(number) for number in range(40)]
        assert await asyncio.gather(*asked, directly()) == [*range(40), -1]
    await lanes.aclose()


async def test_a_broken_connection_is_replaced(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)
    async with lanes.acquire() as connection:
        pid = await connection.fetchval(PID)
    async with as_owner(small) as owner:
        await owner.execute("SELECT pg_terminate_backend($1)", pid)
    async with asyncio.timeout(10):
        # The end of a connection is noticed a moment after it.
        while True:
            try:
                async with lanes.acquire() as another:
                    # A moment before it ends it still answers.
                    if await another.fetchval(PID) != pid:
                        break
            except TRANSIENT:
                continue
    await lanes.aclose()


async def test_after_an_error_it_goes_back_to_the_pool(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with lanes.acquire() as connection:
            await connection.fetchval("SELECT 1 / 0")
    async with lanes.acquire() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    await lanes.aclose()


async def test_what_is_lent_at_the_end_goes_back_as_well(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)
    async with lanes.acquire() as connection:
        await lanes.aclose()
        assert await connection.fetchval("SELECT 1") == 1
    # The pool closes when it has all of them (see the fixture).


async def test_who_asks_the_pool_itself_does_not_wait_for_the_lanes(
    small: asyncpg.Pool[Any],
) -> None:
    """Lanes that had all connections would leave the pool none for as long as they are busy."""
    lanes = Lanes(small)
    in_use = [await lanes.take() for _ in range(small.get_max_size() - LEFT)]
    more = asyncio.create_task(lanes.take())
    assert await asyncio.wait_for(small.fetchval("SELECT 1"), 10) == 1
    assert not more.done()
    await lanes.back(in_use.pop(), sound=True)
    in_use.append(await asyncio.wait_for(more, 10))
    for connection in in_use:
        await lanes.back(connection, sound=True)
    await lanes.aclose()


async def test_who_stops_waiting_keeps_nothing_back(small: asyncpg.Pool[Any]) -> None:
    lanes = Lanes(small)

    async def ask() -> int:
        async with lanes.acquire() as connection:
            found: int = await connection.fetchval("SELECT 1")
            return found

    for rounds in range(14):
        tasks = [asyncio.create_task(ask()) for _ in range(12)]
        for _ in range(rounds % 7):
            await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert all(one == 1 or isinstance(one, asyncio.CancelledError) for one in ended)
    await lanes.aclose()


async def test_slow_statements_get_more_connections_and_give_them_back(
    database_url: str,
) -> None:
    pool = await open_pool(database_url, min_size=1, max_size=USUAL + LEFT + 2)
    lanes = Lanes(pool)
    slow = [await lanes.take() for _ in range(USUAL)]
    more = [await asyncio.wait_for(lanes.take(), 10) for _ in range(2)]
    assert {await one.fetchval(PID) for one in more}.isdisjoint(
        {await one.fetchval(PID) for one in slow}
    )
    for connection in (*slow, *more):
        await lanes.back(connection, sound=True)
    assert pool.get_idle_size() + LEFT >= pool.get_size() - USUAL
    await lanes.aclose()
    await asyncio.wait_for(pool.close(), 10)
