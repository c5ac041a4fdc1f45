"""Upgrading: Alembic, for the commands that bring a database up to date.

Apart from schema_version, because a server that only asks where the database stands need not have
Alembic in its memory.
"""

from __future__ import annotations

import asyncio

import asyncpg
from alembic import command
from alembic.config import Config

from app.schema_version import MIGRATIONS

_HAS_APPLICATION = """
SELECT bool_or(pg_has_role(oid, 'MEMBER')) FROM pg_roles WHERE rolname = current_user || '_app'
"""


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
