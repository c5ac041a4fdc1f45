"""Bulk loading: keys, indexes and triggers of large tables are taken off, and put on again after.

They are put on as PostgreSQL prints them, so they are those of the migrations to the letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

LARGE = ("vital_signs", "lab_results", "medication_orders")

FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,
    pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'f'
    AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[])) ORDER BY oid"""

KEYS = """
SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,
    pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY($1::regclass[])
ORDER BY oid"""

INDEXES = """
SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name,
    pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid = ANY($1::regclass[]) AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY indexrelid"""

SETTINGS = {
    "maintenance_work_mem": "'512MB'",
    "work_mem": "'512MB'",
    "max_parallel_maintenance_workers": "0",  # two connections at work are two cores
    "synchronous_commit": "off",
}


Statement = tuple[Any, ...]
"""SQL, and the values of its parameters."""


@asynccontextmanager
async def bare(connection: asyncpg.Connection[Any], url: str) -> AsyncIterator[None]:
    """The large tables without foreign keys, keys and indexes; on leaving they have them again."""
    foreign = await connection.fetch(FOREIGN_KEYS, LARGE)
    keys = await connection.fetch(KEYS, LARGE)
    indexes = await connection.fetch(INDEXES, LARGE)
    async with connection.transaction():
        for row in (*foreign, *keys):
            await connection.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}")
        for row in indexes:
            await connection.execute(f"DROP INDEX {row['name']}")
        for table in LARGE:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    # By tables: two connections may not alter one table at a time.
    await together(
        url,
        [
            [_added(row) for row in keys if row["table"] == table]
            + [(row["definition"],) for row in indexes if row["table"] == table]
            for table in LARGE
        ],
    )
    # These take locks on two tables each, so one after the other.
    triggers = [(f"ALTER TABLE {table} ENABLE TRIGGER USER",) for table in LARGE]
    await in_turn(url, [_added(row) for row in foreign] + triggers)


def _added(row: asyncpg.Record) -> Statement:
    return (f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['name']} {row['definition']}",)


async def together(url: str, works: Sequence[Sequence[Statement]]) -> None:
    """Each list on a connection of its own, all at the same time."""
    async with asyncio.TaskGroup() as tasks:
        for statements in works:
            tasks.create_task(in_turn(url, statements))


async def in_turn(url: str, statements: Sequence[Statement]) -> None:
    """One after the other, with memory to sort in."""
    connection = await asyncpg.connect(url, server_settings={"jit": "off"})
    try:
        for name, value in SETTINGS.items():
            await connection.execute(f"SET {name} = {value}")
        for statement in statements:
            await connection.execute(*statement)
    finally:
        await connection.close()
