"""Prepared statements: whoever sends ever new documents fills no memory of PostgreSQL with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from resolvers import prepared_statements
from resolvers.database import open_pool

COUNT = "SELECT count(*) FROM pg_prepared_statements"


@pytest_asyncio.fixture(loop_scope="session")
async def single(database_url: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool of one connection."""
    pool = await open_pool(database_url, min_size=1, max_size=1)
    yield pool
    await pool.close()


def long(number: int) -> str:
    return f"SELECT {number} /* {'.' * 1_000} */"


async def test_what_is_run_again_is_prepared_once(single: asyncpg.Pool[Any]) -> None:
    for _ in range(3):
        for number in range(20):
            assert await single.fetchval(long(number)) == number
    assert await single.fetchval(COUNT) >= 20


async def test_their_length_is_bounded(
    single: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_statements, "MOST_CHARACTERS", 10_000)
    for number in range(50):
        assert await single.fetchval(long(number)) == number
        # In use all the time, so it is never forgotten.
        assert await single.fetchval(long(0)) == 0
    rows = await single.fetch("SELECT statement FROM pg_prepared_statements")
    texts = {row["statement"] for row in rows}
    assert sum(map(len, texts)) < 12_000
    assert {long(0), long(49)} <= texts
    assert long(1) not in texts


async def test_one_that_is_longer_than_all_may_be_runs_nevertheless(
    single: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_statements, "MOST_CHARACTERS", 500)
    for _ in range(3):
        assert [await single.fetchval(long(number)) for number in (1, 2)] == [1, 2]
    assert await single.fetchval(COUNT) <= 3
