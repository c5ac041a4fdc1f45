"""`wardline audit`: exit code 0 and the head where all is whole, else 1 and the place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

import models
from app import jobs
from models.rules.audit_chain import Head
from resolvers import audit
from resolvers.policy import DEFAULT_POLICY
from tests.app.commands import Commands
from tests.conftest import Addresses, FreshDatabase
from tests.owner import as_owner
from tests.resolvers.sealing import Pool, opened, seal, write


@pytest_asyncio.fixture(loop_scope="session")
async def database(fresh_database: FreshDatabase) -> str:
    return await fresh_database()


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database: str) -> AsyncIterator[Pool]:
    async with opened(database) as pool:
        yield pool


async def test_a_whole_audit_and_one_that_is_not(
    wardline: Commands, addresses: Addresses, database: str, pool: Pool
) -> None:
    environment = {"DATABASE_URL": database, "REDIS_URL": addresses.redis_url}
    ids = [await write(pool, models.new_id()) for _ in range(3)]
    await seal(pool)
    told = await wardline.run("audit", "head", environment=environment)
    assert told.code == 0
    head = Head.parse(told.out)
    assert head == await audit.head(pool)
    whole = await wardline.run("audit", "verify", "--from-head", str(head), environment=environment)
    assert (whole.code, whole.out.strip()) == (0, f"The audit is whole, up to {head}")

    async with as_owner(pool) as owner:
        await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
        await owner.execute("UPDATE audit_entries SET address = NULL WHERE id = $1", ids[1])
        await owner.execute("ALTER TABLE audit_entries ENABLE TRIGGER USER")
    broken = await wardline.run("audit", "verify", environment=environment)
    assert broken.code == 1
    assert broken.out.splitlines()[0] == (
        f"position 2, entry {ids[1]}: the entry is not what was sealed"
    )
    assert "not whole" in broken.out
    wrong = await wardline.run("audit", "verify", "--from-head", "x", environment=environment)
    assert wrong.code == 1
    assert "--from-head must be" in wrong.err


async def test_the_clock_seals(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """In every process, each entry once; and it tells the head."""
    caplog.set_level("INFO", logger="app.jobs")
    ids = [await write(pool, models.new_id()) for _ in range(20)]
    clocks = [
        asyncio.create_task(jobs.run(pool, DEFAULT_POLICY, _silent, _nobody)) for _ in range(3)
    ]
    try:
        async with asyncio.timeout(20):
            while await _sealed(pool) < len(ids) or "sealed up to" not in caplog.text:
                await asyncio.sleep(0.02)
    finally:
        for clock in clocks:
            clock.cancel()
        for clock in clocks:
            with suppress(asyncio.CancelledError):
                await clock
    rows = await pool.fetch("SELECT entry_id FROM audit_seals ORDER BY position")
    assert [row["entry_id"] for row in rows] == ids
    assert str(await audit.head(pool)) in caplog.text


async def test_sealing_that_fails_stops_no_other_clock(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticked = asyncio.Event()

    async def broken(_: Any) -> int:
        raise asyncpg.UndefinedFunctionError

    async def tick(*_: Any) -> None:
        ticked.set()

    monkeypatch.setattr(audit, "seal", broken)
    monkeypatch.setattr(jobs, "tick", tick)
    monkeypatch.setattr(jobs, "EVERY", 0.01)
    clock = asyncio.create_task(jobs.run(pool, DEFAULT_POLICY, _silent, _nobody))
    try:
        for _ in range(3):
            ticked.clear()
            async with asyncio.timeout(10):
                await ticked.wait()
        assert not clock.done()
    finally:
        clock.cancel()
        with suppress(asyncio.CancelledError):
            await clock


def _silent(_: Any) -> None:
    pass


async def _nobody(_: Any) -> tuple[()]:
    return ()


async def _sealed(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM audit_seals")
    return count
