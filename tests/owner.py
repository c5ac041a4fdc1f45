"""The login that owns the database, for what a test does to it that the application may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg

from resolvers.database import as_application


@asynccontextmanager
async def as_owner(pool: asyncpg.Pool[Any]) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection of the pool that is not in the application's role for as long as this lasts."""
    async with pool.acquire() as acquired:
        connection = cast("asyncpg.Connection[Any]", acquired)
        await connection.execute("SET ROLE NONE")
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await as_application(connection)
