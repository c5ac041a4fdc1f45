"""Lanes: who asks gets a sound connection, whatever became of those before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from resolvers.database import open_pool
from resolvers.lanes import Lanes
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
            except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, OSError):
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


async def test_who_asks_the_pool_itself_does_not_wait_for_a_quiet_moment(
    small: asyncpg.Pool[Any],
) -> None:
    """Lanes that had all connections once would keep so many that the pool got none back for as
    long as a few were in use at any time."""
    lanes = Lanes(small)
    in_use = [await lanes.take() for _ in range(4)]
    waiting = asyncio.create_task(small.fetchval("SELECT 1"))
    async with asyncio.timeout(10):
        while not waiting.done():
            await lanes.back(in_use.pop(0), sound=True)
            await asyncio.sleep(0.01)
            # As many are in use as the pool has connections, but for one.
            while len(in_use) < 3:
                in_use.append(await lanes.take())
            await asyncio.sleep(0.01)
    assert await waiting == 1
    for connection in in_use:
        await lanes.back(connection, sound=True)
    await lanes.aclose()
