"""The application's role: it may add to the audit, and change nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

import models
from tests.owner import as_owner
from tests.resolvers.sealing import Pool, found, opened, seal, write

FORBIDDEN = [
    *(
        statement.format(table)
        for table in ("audit_entries", "audit_selections", "audit_seals", "audit_mentions")
        for statement in (
            "DELETE FROM {0}",
            "TRUNCATE {0}",
            "ALTER TABLE {0} DISABLE TRIGGER ALL",
            "DROP TRIGGER only_added ON {0}",
            "DROP TABLE {0}",
        )
    ),
    "UPDATE audit_entries SET address = NULL",
    "UPDATE audit_selections SET fields = '{}'",
    "UPDATE audit_seals SET hash = ''",
    "UPDATE audit_mentions SET entry_ids = '{}'",
    "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (id) DO UPDATE SET id = 1",
    # An id far ahead would leave all that come after it unsealed, and hide them from whom they are
    # about.
    (
        "INSERT INTO audit_entries (id, occurred_at, selection_id, patient_ids)"
        " OVERRIDING SYSTEM VALUE SELECT 9e18::bigint, occurred_at, selection_id, '{}'"
        " FROM audit_entries"
    ),
    "SELECT setval(pg_get_serial_sequence('audit_entries', 'id'), 9e18::bigint)",
    "INSERT INTO audit_seals SELECT 9, 9, form, sealed_at, digest, hash FROM audit_seals",
    "DELETE FROM audit_gaps",
    "CREATE OR REPLACE FUNCTION seal_audit(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION seal_audit(integer)",
    "CREATE TABLE mine (a int)",
    "UPDATE alembic_version SET version_num = '0001'",
    "SET session_replication_role = 'replica'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_application_can_add_and_nothing_else(application: Pool, statement: str) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError)):
        await application.execute(statement)
    assert (await found(application))[0] == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def application(database_url: str) -> AsyncIterator[Pool]:
    """A pool as the application opens it, with something in the audit."""
    async with opened(database_url) as pool:
        await write(pool, models.new_id())
        await seal(pool)
        yield pool


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET address = NULL",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_selections WHERE false",
        "TRUNCATE audit_mentions",
    ],
)
async def test_the_owner_is_refused_by_a_trigger(application: Pool, statement: str) -> None:
    """What is left where no second role could be made."""
    async with as_owner(application) as owner:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="are only added"):
            await owner.execute(statement)


async def test_the_application_works_in_its_role(application: Pool, database_url: str) -> None:
    async with application.acquire() as connection:
        role = await connection.fetchval("SELECT current_user")
        owner = await connection.fetchval("SELECT session_user")
    assert role == f"{owner}_app"
