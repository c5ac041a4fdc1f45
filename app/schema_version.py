"""Which migrations the code has and which the database has."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from resolvers.database import Connection

_HAS_APPLICATION = """
SELECT bool_or(pg_has_role(oid, 'MEMBER')) FROM pg_roles WHERE rolname = current_user || '_app'
"""
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def configuration(database_url: str | None = None) -> Config:
    """Alembic's configuration for `database_url` (postgresql://…), from no file."""
    config = Config()
    # Config values are %-interpolated.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["database_url"] = database_url
    return config


async def upgrade(database_url: str) -> None:
    """Bring the database to the newest migration; nothing happens when it is there.

    In a thread, because Alembic's environment runs a loop of its own. The rights of the
    application's role are given again, for where it was made after the migrations.
    """
    await asyncio.to_thread(command.upgrade, configuration(database_url), "head")
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval(_HAS_APPLICATION):
            await connection.execute("SELECT grant_to_application()")
    finally:
        await connection.close()


@cache
def head() -> str:
    """The newest migration of the code."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    if revision is None:
        raise LookupError("there are no migrations")
    return revision


async def current(connection: Connection | asyncpg.Pool[Any]) -> str | None:
    """The migration that the database is at; None when it has none of ours."""
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return revision
