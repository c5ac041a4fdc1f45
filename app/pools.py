"""Pools: the connections to PostgreSQL of one process, by what they are for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.connections import LISTENERS
from app.settings import Settings
from resolvers.database import open_pool, open_reading_pool, open_recording_pool
from resolvers.reading.limits import Limits


@dataclass(frozen=True, slots=True)
class Pools:
    """`writing` and `recording` are for mutations, the latter for those that are one statement;
    `reading` is for queries. `listening` is the live channel's: a rush of requests does not hold up
    the events."""

    writing: asyncpg.Pool[Any]
    recording: asyncpg.Pool[Any]
    reading: asyncpg.Pool[Any]
    listening: asyncpg.Pool[Any]


@asynccontextmanager
async def open_pools(url: str, settings: Settings, limits: Limits) -> AsyncIterator[Pools]:
    """The pools, until the end of the block; `app/connections` counts what they may hold."""
    least, most = settings.pool_min_size, settings.pool_max_size
    reads = _milliseconds(limits.statement_seconds)
    writes, locks = _milliseconds(limits.write_seconds), _milliseconds(limits.lock_seconds)
    async with (
        await open_pool(
            url, min_size=least, max_size=most, statement_timeout=writes, lock_timeout=locks
        ) as writing,
        await open_recording_pool(url, statement_timeout=writes, lock_timeout=locks) as recording,
        await open_reading_pool(
            url, min_size=least, max_size=most, statement_timeout=reads
        ) as reading,
        await open_reading_pool(
            url, min_size=1, max_size=LISTENERS, statement_timeout=reads
        ) as listening,
    ):
        yield Pools(writing, recording, reading, listening)


def _milliseconds(seconds: float) -> str:
    """A time as PostgreSQL's settings take it."""
    return str(round(seconds * 1000))
