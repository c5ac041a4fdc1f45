"""Positions in the log: gap-free, in the order of commits, and none for what was rolled back."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models import new_id
from models.events import EVENTS, Event, Feed, VitalsRecorded
from resolvers import hospitals
from resolvers.transaction import Transaction, transaction
from tests.conftest import FreshDatabase

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def hospital_id(pool: asyncpg.Pool[Any]) -> UUID:
    async with pool.acquire() as connection:
        return await hospitals.create_hospital(connection, str(new_id()), "Test", now=NOW)


def heard(subject_id: UUID) -> Event:
    return VitalsRecorded(subject_id=subject_id, ward_id=None, patient_id=None)


async def logged(pool: asyncpg.Pool[Any], hospital_id: UUID) -> list[tuple[int, UUID]]:
    rows = await pool.fetch(
        "SELECT position, subject_id FROM events WHERE hospital_id = $1 ORDER BY position",
        hospital_id,
    )
    return [(row["position"], row["subject_id"]) for row in rows]


async def test_one_transaction_gets_the_next_positions_in_order(
    pool: asyncpg.Pool[Any], hospital_id: UUID
) -> None:
    subjects = [new_id() for _ in range(500)]
    async with transaction(pool, hospital_id, NOW) as tx:
        for subject in subjects:
            tx.record(heard(subject))
    assert await logged(pool, hospital_id) == list(enumerate(subjects, start=1))


async def test_what_is_rolled_back_takes_no_position(
    pool: asyncpg.Pool[Any], hospital_id: UUID
) -> None:
    async def fail(tx: Transaction) -> None:
        tx.record(heard(new_id()))
        await tx.flush()
        raise LookupError

    with pytest.raises(LookupError):
        async with transaction(pool, hospital_id, NOW) as tx:
            await fail(tx)
    kept = new_id()
    async with transaction(pool, hospital_id, NOW) as tx:
        tx.record(heard(kept))
    assert await logged(pool, hospital_id) == [(1, kept)]


async def test_a_reader_that_tails_the_log_misses_nothing(
    database_url: str, hospital_id: UUID
) -> None:
    """Writers hold transactions open for as long as they like and commit in any order; a reader
    that goes on from the last position it saw sees every event once."""
    rng = random.Random(7)
    written: set[UUID] = set()
    pool = await asyncpg.create_pool(database_url, min_size=9, max_size=9)

    async def write() -> None:
        for _ in range(40):
            subjects = [new_id() for _ in range(rng.randint(1, 3))]
            async with transaction(pool, hospital_id, NOW) as tx:
                for subject in subjects:
                    tx.record(heard(subject))
                await tx.flush()
                await asyncio.sleep(rng.random() / 200)
            written.update(subjects)

    seen: list[tuple[int, UUID]] = []

    async def tail(done: asyncio.Event) -> None:
        while True:
            last = done.is_set()
            rows = await pool.fetch(
                "SELECT position, subject_id FROM events"
                " WHERE hospital_id = $1 AND position > $2 ORDER BY position",
                hospital_id,
                seen[-1][0] if seen else 0,
            )
            seen.extend((row["position"], row["subject_id"]) for row in rows)
            if last:
                return

    done = asyncio.Event()
    try:
        reader = asyncio.create_task(tail(done))
        await asyncio.gather(*(write() for _ in range(8)))
        done.set()
        await reader
    finally:
        await pool.close()
    assert [position for position, _ in seen] == list(range(1, len(written) + 1))
    assert {subject for _, subject in seen} == written


def test_the_names_of_events_keep_their_grammar() -> None:
    for name, event in EVENTS.items():
        assert name == event.__name__
        assert event.feed in Feed, "all are heard"
        assert event.label.isupper()
    assert len({(event.feed, event.label) for event in EVENTS.values()}) == len(EVENTS)


async def test_positions_are_given_by_the_index_from_the_first_event_on(
    fresh_database: FreshDatabase,
) -> None:
    """A plan made while the log was empty read all of it at every commit that came after."""
    scans = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'events'"
    connection = await asyncpg.connect(await fresh_database())
    try:
        # Now PostgreSQL knows that the log is empty.
        await connection.execute("VACUUM ANALYZE events")
        hospital_id = await hospitals.create_hospital(
            connection, "NEW", "A new hospital", now=datetime.now(UTC)
        )
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO events (hospital_id, kind, subject_id, occurred_at)"
                " VALUES ($1, 'PatientCharted', $2, now())",
                hospital_id,
                new_id(),
            )
            # What the session did before, and has not told PostgreSQL yet, is counted here too.
            before = await connection.fetchrow(scans)
            await connection.execute("SET CONSTRAINTS assign_event_positions IMMEDIATE")
            after = await connection.fetchrow(scans)
        assert after["seq_scan"] == before["seq_scan"]
        assert after["idx_scan"] > before["idx_scan"]
    finally:
        await connection.close()
