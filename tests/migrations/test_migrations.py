"""Every migration runs in both directions, on tables that hold a hospital."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest_asyncio
from alembic import command
from alembic.script import ScriptDirectory

from app import demo, schema_version
from app.upgrading import configuration, upgrade
from resolvers.database import open_pool

TABLES = (
    "SELECT count(*) FROM information_schema.tables"
    " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
)
LEFTOVERS = """
SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('r', 'm')
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(database_url: str) -> str:
    pool = await open_pool(database_url)
    try:
        await demo.load(pool, password="wardline", now=datetime.now(UTC))
    finally:
        await pool.close()
    return database_url


async def _downgrade(url: str, revision: str) -> None:
    await asyncio.to_thread(command.downgrade, configuration(url), revision)


async def test_each_step_down_and_up_again_on_filled_tables(filled: str) -> None:
    # Each in a transaction of its own (migrations/env.py), as if they were asked for one by one.
    await _downgrade(filled, "base")
    connection = await asyncpg.connect(filled)
    try:
        assert await connection.fetchval(TABLES) == 0
        assert await connection.fetch(LEFTOVERS) == []
    finally:
        await connection.close()
    await upgrade(filled)
    pool = await open_pool(filled)
    try:
        loaded = await demo.load(pool, password="wardline", now=datetime.now(UTC))
        assert loaded.written is not None
    finally:
        await pool.close()


async def test_the_newest_alone_leaves_the_rest_as_it_was(filled: str) -> None:
    connection = await asyncpg.connect(filled)
    try:
        patients = await connection.fetchval("SELECT count(*) FROM patients")
        await _downgrade(filled, "-1")
        await upgrade(filled)
        assert await connection.fetchval("SELECT count(*) FROM patients") == patients
        assert patients > 0
    finally:
        await connection.close()


def test_the_revisions_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert scripts.get_current_head() == schema_version.head()
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert script.doc, script.revision
