"""Entries of the audit without a read, their seals, and what a verification finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

import models
from models.rules import audit_chain
from models.rules.audit_chain import Finding, Head
from resolvers import audit
from resolvers.audit_verification import verify
from resolvers.database import open_pool

Pool: TypeAlias = "asyncpg.Pool[Any]"
SELECTION = audit_chain.Selection("QUERY", "Q", "0" * 64, "DONE", fields=("Patient.mrn",))
KEEP = "INSERT INTO audit_selections VALUES ($1, 'QUERY', 'Q', $2, 'DONE', '{}', '{}', $3, '{}')"
ENTRY = (
    "INSERT INTO audit_entries (hospital_id, occurred_at, user_id, session_id, address,"
    " selection_id, request_id, patient_ids, audience_id, stay_id, first_position, last_position)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id"
)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Pool]:
    """A pool as the application opens it, on a database with what the entries share."""
    pool = await open_pool(url, max_size=8)
    await pool.execute(KEEP, SELECTION.id, SELECTION.document_hash, list(SELECTION.fields))
    yield pool
    await pool.close()


async def write(connection: Any, *patients: UUID, audience: UUID | None = None) -> int:
    """An entry like a read's; with an audience, like that of a stay which has ended."""
    entry_id: int = await connection.fetchval(
        ENTRY,
        models.new_id(),
        datetime.now(UTC),
        models.new_id(),
        models.new_id(),
        "192.0.2.7",
        SELECTION.id,
        "req-1",
        list(patients),
        audience,
        *((None, None, None) if audience is None else (models.new_id(), 7, 9)),
    )
    return entry_id


async def seal(pool: Pool) -> None:
    while await audit.seal(pool):
        pass


async def order(pool: Pool) -> list[int]:
    rows = await pool.fetch("SELECT position, entry_id FROM audit_seals ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["entry_id"] for row in rows]


async def found(pool: Pool, expected: Head | None = None) -> tuple[list[Finding], Head]:
    async with pool.acquire() as connection:
        told = [one async for one in verify(connection, expected=expected)]
    head = told.pop()
    assert isinstance(head, Head)
    return [one for one in told if isinstance(one, Finding)], head
