"""What the audit held before it was sealed goes on saying the same, there and back."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from alembic import command

import models
from app.upgrading import configuration, upgrade
from models.rules.audit_chain import Head, Selection
from resolvers import audit
from resolvers.audit_verification import verify
from resolvers.database import open_pool

BEFORE = (
    "SELECT id, user_id, operation, operation_name, document_hash, fields, refused, patient_ids"
    " FROM audit_entries ORDER BY id"
)


@pytest_asyncio.fixture(loop_scope="session")
async def old(empty_database: str) -> tuple[str, list[Any]]:
    """A database of 0005 with three entries of two plans."""
    await asyncio.to_thread(command.upgrade, configuration(empty_database), "0005")
    connection = await asyncpg.connect(empty_database)
    try:
        hospital, user = models.new_id(), models.new_id()
        await connection.execute(
            "INSERT INTO hospitals (id, code, name) VALUES ($1, 'H', 'H')", hospital
        )
        await connection.execute(
            "INSERT INTO users (id, hospital_id, username, display_name, password_hash)"
            " VALUES ($1, $2, 'u', 'U', '!')",
            user,
            hospital,
        )
        for name in ("Board", None, "Board"):
            await connection.execute(
                "INSERT INTO audit_entries (hospital_id, occurred_at, user_id, operation,"
                " operation_name, document_hash, fields, refused, patient_ids)"
                " VALUES ($1, now(), $2, 'query', $3, 'h', '{Patient.mrn}', '{}', $4)",
                hospital,
                user,
                name,
                [models.new_id(), models.new_id()],
            )
        rows = [tuple(row) for row in await connection.fetch(BEFORE)]
    finally:
        await connection.close()
    return empty_database, rows


async def test_old_entries_are_sealed_like_any(old: tuple[str, list[Any]]) -> None:
    url, rows = old
    await upgrade(url)
    pool = await open_pool(url, max_size=1)
    try:
        shared = await pool.fetch("SELECT id FROM audit_selections")
        assert {row["id"] for row in shared} == {
            Selection("QUERY", name, "h", "DONE", fields=("Patient.mrn",)).id
            for name in ("Board", None)
        }
        assert await audit.seal(pool) == len(rows)
        async with pool.acquire() as connection:
            found = [one async for one in verify(connection)]
        assert [type(one) for one in found] == [Head]
        [entry, *_] = await pool.fetchval("SELECT audit_entries_of($1)", rows[0][-1][0])
        assert entry == rows[0][0]
    finally:
        await pool.close()


@pytest.mark.parametrize("sealed", [True, False])
async def test_the_way_back_keeps_what_there_was(old: tuple[str, list[Any]], sealed: bool) -> None:
    url, rows = old
    await asyncio.to_thread(command.upgrade, configuration(url), "0006")
    connection = await asyncpg.connect(url)
    try:
        if sealed:
            await connection.execute("SELECT seal_audit(100)")
        await asyncio.to_thread(command.downgrade, configuration(url), "0005")
        assert [tuple(row) for row in await connection.fetch(BEFORE)] == rows
    finally:
        await connection.close()
