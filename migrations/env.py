"""Alembic's environment: the URL comes from the caller or from DATABASE_URL, never from a file."""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from models import Base


def database_url() -> str:
    """The URL in the form SQLAlchemy wants (postgresql+asyncpg://…)."""
    url = (
        context.config.attributes.get("database_url")
        or os.environ.get("MIGRATIONS_DATABASE_URL")
        or os.environ.get("DATABASE_URL")
    )
    if not url:
        raise SystemExit("migrations: DATABASE_URL is not set")
    return "postgresql+asyncpg://" + str(url).split("://", 1)[1]


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run() -> None:
    engine = create_async_engine(database_url(), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        # Two processes that start together must not migrate together; the lock ends with the
        # connection.
        await connection.execute(text("SELECT pg_advisory_lock(7712026)"))
        await connection.commit()
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run())
