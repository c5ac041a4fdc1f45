"""A database that was brought back to an earlier state under a process that goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest_asyncio

from models.rules.roles import Role
from resolvers import history
from resolvers.database import open_pool
from tests.conftest import FreshDatabase
from tests.owner import as_owner
from tests.resolvers.reading.hospital import Hospital, furnish

BOARD = '{ ward(code: "MED1") { beds { admission { patient { familyName } } } } }'
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest_asyncio.fixture(loop_scope="session")
async def pool(fresh_database: FreshDatabase) -> AsyncIterator[asyncpg.Pool[Any]]:
    pool = await open_pool(await fresh_database(), min_size=1, max_size=4)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


async def test_what_the_audit_shares_is_written_again_after_a_restore(hospital: Hospital) -> None:
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    (first,) = (await hospital.ask(BOARD, nurse)).audit
    async with as_owner(hospital.pool) as owner, owner.transaction():
        # As if the backup had been made before anybody asked for the board.
        for table in ("audit_entries", "audit_selections"):
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await owner.execute("DELETE FROM audit_entries WHERE id = $1", first["id"])
        await owner.execute("DELETE FROM audit_selections WHERE id = $1", first["selection_id"])
        for table in ("audit_entries", "audit_selections"):
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        await owner.execute("UPDATE event_counters SET epoch = gen_random_uuid()")
    await cut_off(hospital)
    (again,) = (await hospital.ask(BOARD, nurse)).audit
    assert again["selection_id"] == first["selection_id"]
    assert again["operation"] == "QUERY", "its selection is there"


async def test_connections_that_come_and_go_are_no_restore(hospital: Hospital) -> None:
    await cut_off(hospital)  # the pool is older than the hospital
    assert await hospital.pool.fetchval("SELECT count(*) FROM event_counters") == 1
    before = history.changes()
    for _ in range(3):
        await cut_off(hospital)
        assert await hospital.pool.fetchval("SELECT count(*) FROM event_counters") == 1
    assert history.changes() == before


async def cut_off(hospital: Hospital) -> None:
    async with as_owner(hospital.pool) as owner:
        await owner.execute(CUT_OFF)
    await hospital.pool.expire_connections()
