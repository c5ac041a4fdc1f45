"""Trimming of the log: from its beginning, never into what is kept, and in nobody's way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import jobs
from models import new_id
from models.events import VitalsRecorded
from resolvers import event_log, hospitals
from resolvers.policy import DEFAULT_POLICY
from resolvers.transaction import transaction

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def hospital_id(pool: asyncpg.Pool[Any]) -> UUID:
    return await founded(pool)


async def founded(pool: asyncpg.Pool[Any]) -> UUID:
    async with pool.acquire() as connection:
        return await hospitals.create_hospital(connection, str(new_id()), "Test", now=NOW)


async def write(pool: asyncpg.Pool[Any], hospital_id: UUID, hours: float, times: int = 1) -> None:
    """Events that happened so many hours ago."""
    async with transaction(pool, hospital_id, NOW - timedelta(hours=hours)) as tx:
        for _ in range(times):
            tx.record(VitalsRecorded(subject_id=new_id(), ward_id=None, patient_id=None))


async def positions(pool: asyncpg.Pool[Any], hospital_id: UUID) -> list[int]:
    rows = await pool.fetch(
        "SELECT position FROM events WHERE hospital_id = $1 ORDER BY position", hospital_id
    )
    return [row["position"] for row in rows]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.integers(0, 10), max_size=12),
    kept=st.integers(0, 10),
    most=st.integers(1, 5),
    rounds=st.integers(0, 6),
)
async def test_what_is_left_is_the_end_of_the_log(
    pool: asyncpg.Pool[Any], ages: list[int], kept: int, most: int, rounds: int
) -> None:
    """Clocks differ, so what came later in the log may have happened earlier."""
    hospital_id = await founded(pool)
    for age in ages:
        await write(pool, hospital_id, age)
    old = next((i for i, age in enumerate(ages) if age <= kept), len(ages))
    for number in range(rounds):
        taken = await event_log.trim(
            pool, hospital_id, before=NOW - timedelta(hours=kept), most=most
        )
        assert taken == max(0, min(most, old - number * most))
    gone = min(old, rounds * most)
    assert await positions(pool, hospital_id) == list(range(gone + 1, len(ages) + 1))


async def test_the_clock_trims_every_log_by_the_setting(
    pool: asyncpg.Pool[Any], hospital_id: UUID
) -> None:
    kept = DEFAULT_POLICY.events_kept.total_seconds() / 3600
    other = await founded(pool)
    for one in (hospital_id, other):
        await write(pool, one, kept + 1, times=event_log.BATCH + 7)
        await write(pool, one, kept - 1, times=3)
    await jobs.trim(pool, DEFAULT_POLICY, NOW)
    for one in (hospital_id, other):
        last = event_log.BATCH + 10
        assert await positions(pool, one) == [last - 2, last - 1, last]


async def test_trimming_and_writing_do_not_wait_for_each_other(
    pool: asyncpg.Pool[Any], hospital_id: UUID
) -> None:
    """Each is held open in the middle while the other comes to its end."""
    await write(pool, hospital_id, 100, times=5)
    before = NOW - timedelta(hours=10)
    async with asyncio.timeout(10), pool.acquire() as holding:
        async with holding.transaction():
            # As far as a commit goes: the counter is held.
            await holding.execute(
                "INSERT INTO events (hospital_id, kind, subject_id, occurred_at)"
                " VALUES ($1, 'VitalsRecorded', $2, $3)",
                *(hospital_id, new_id(), NOW),
            )
            await holding.execute("SET CONSTRAINTS assign_event_positions IMMEDIATE")
            assert await event_log.trim(pool, hospital_id, before=before, most=2) == 2
        async with holding.transaction():
            # A trimmer that was frozen in the middle.
            values = {"hospital": hospital_id, "before": before, "most": 1}
            taken, trim = event_log._TAKEN, event_log._TRIM
            key = event_log.locks.key("events", hospital_id.bytes)
            assert await holding.fetchval(taken.sql, *taken.bind({"key": key}))
            assert await holding.execute(trim.sql, *trim.bind(values)) == "DELETE 1"
            await write(pool, hospital_id, 0)
            assert await event_log.trim(pool, hospital_id, before=before) == 0, "one at a time"
    assert await positions(pool, hospital_id) == [4, 5, 6, 7]


async def test_many_trimmers_leave_the_end_of_the_log(
    pool: asyncpg.Pool[Any], hospital_id: UUID
) -> None:
    """As many processes as there may be, while others write."""
    await write(pool, hospital_id, 100, times=300)
    before = NOW - timedelta(hours=10)

    async def trimmer() -> int:
        taken = 0
        while len(left := await positions(pool, hospital_id)) and left[0] <= 300:
            taken += await event_log.trim(pool, hospital_id, before=before, most=20)
        return taken

    async def writer() -> None:
        for _ in range(10):
            await write(pool, hospital_id, 0)

    async with asyncio.timeout(30):
        *taken, _, _ = await asyncio.gather(*(trimmer() for _ in range(3)), writer(), writer())
    assert sum(taken) == 300
    assert await positions(pool, hospital_id) == list(range(301, 321))
