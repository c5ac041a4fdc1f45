"""Sealing: every entry once, in a chain, whatever commits when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import models
from models.rules import audit_chain
from models.rules.audit_chain import Entry, Head
from resolvers import audit
from tests.conftest import FreshDatabase
from tests.owner import as_owner
from tests.resolvers.sealing import Pool, found, opened, order, seal, write


@pytest_asyncio.fixture(loop_scope="session")
async def pool(fresh_database: FreshDatabase) -> AsyncIterator[Pool]:
    """The application's pool on a database of the test's own."""
    async with opened(await fresh_database()) as pool:
        yield pool


async def test_the_database_hashes_as_the_rules_say(pool: Pool) -> None:
    patients = [models.new_id() for _ in range(3)]
    for some in ((), patients[:1], patients):
        await write(pool, *some)
    await seal(pool)
    rows = await pool.fetch(
        "SELECT entry.*, digest, hash, position, sealed_at FROM audit_seals"
        " JOIN audit_entries AS entry ON entry.id = entry_id ORDER BY position"
    )
    head = Head()
    for row in rows:
        entry = Entry(
            **{name: row[name] for name in Entry.__dataclass_fields__ if name != "patient_ids"},
            patient_ids=tuple(row["patient_ids"]),
        )
        assert entry.digest == row["digest"]
        at = head.position + 1
        head = Head(at, audit_chain.link(head.hash, at, row["sealed_at"], entry.digest))
        assert head == Head(row["position"], row["hash"])
    assert len(rows) == 3
    assert await audit.head(pool) == head
    assert await found(pool) == ([], head)


async def test_an_empty_chain_has_a_head(pool: Pool) -> None:
    assert await audit.head(pool) == Head()
    assert await found(pool) == ([], Head())


async def test_whoever_commits_late_is_sealed_late_and_nobody_is_skipped(pool: Pool) -> None:
    """Ids are given in one order and seen in another; one is never seen."""
    async with pool.acquire() as slow, pool.acquire() as undone:
        late, never = slow.transaction(), undone.transaction()
        await late.start()
        await never.start()
        first = await write(slow)
        lost = await write(undone)
        second = await write(pool)
        await seal(pool)
        assert await order(pool) == [second]
        third = await write(pool)
        await seal(pool)
        await never.rollback()
        await late.commit()
        await seal(pool)
    assert first < lost < second
    assert await order(pool) == [second, third, first]
    findings, head = await found(pool)
    assert (findings, head.position) == ([], 3)
    gaps = await pool.fetch("SELECT first_id, last_id FROM audit_gaps")
    assert [tuple(row) for row in gaps] == [(lost, lost)]


async def test_a_gap_is_let_go_when_nobody_can_fill_it(pool: Pool) -> None:
    async with pool.acquire() as undone, pool.acquire() as still:
        never = undone.transaction()
        await never.start()
        await write(undone)
        await never.rollback()
        running = still.transaction()
        await running.start()
        waiting = await write(still)
        await write(pool)
        await seal(pool)
        assert await pool.fetchval("SELECT count(*) FROM audit_gaps") == 1
        async with as_owner(pool) as owner:
            await owner.execute("UPDATE audit_gaps SET noted_at = noted_at - interval '1 hour'")
        await seal(pool)
        assert await pool.fetchval("SELECT count(*) FROM audit_gaps") == 1, "one is running yet"
        await running.commit()
        await seal(pool)
    assert waiting in await order(pool)
    assert await pool.fetchval("SELECT count(*) FROM audit_gaps") == 0


async def test_many_writers_and_sealers_at_once(pool: Pool) -> None:
    """Each entry is sealed once, though transactions end in any order and some never commit."""

    async def writer(number: int) -> list[int]:
        kept = []
        for turn in range(12):
            async with pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                entry_id = await write(connection)
                await asyncio.sleep((number * turn) % 5 / 1000)
                if (number + turn) % 4:
                    await transaction.commit()
                    kept.append(entry_id)
                else:
                    await transaction.rollback()
        return kept

    async def sealer() -> None:
        while not done.is_set():
            await audit.seal(pool)
            await asyncio.sleep(0.001)

    done = asyncio.Event()
    sealers = [asyncio.create_task(sealer()) for _ in range(3)]
    kept = await asyncio.gather(*(writer(number) for number in range(5)))
    done.set()
    await asyncio.gather(*sealers)
    await seal(pool)
    sealed = await order(pool)
    assert sorted(sealed) == sorted(entry for one in kept for entry in one)
    findings, head = await found(pool)
    assert (findings, head.position) == ([], len(sealed))


async def test_what_has_piled_up_is_sealed_in_pieces(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_SEALED", 7)
    patient = models.new_id()
    ids = [await write(pool, patient) for _ in range(30)]
    assert [await audit.seal(pool) for _ in range(6)] == [7, 7, 7, 7, 2, 0]
    assert await order(pool) == ids
    assert await pool.fetchval("SELECT audit_entries_of($1)", patient) == ids
    assert (await found(pool))[0] == []


async def test_an_entry_is_found_before_and_after_it_is_sealed(pool: Pool) -> None:
    patient, other = models.new_id(), models.new_id()
    async with pool.acquire() as slow:
        late = slow.transaction()
        await late.start()
        gap = await write(slow, patient)
        first = await write(pool, patient, other, patient)
        await seal(pool)
        second = await write(pool, patient)
        await late.commit()
        for _ in range(2):
            entries = set(await pool.fetchval("SELECT audit_entries_of($1)", patient))
            assert entries == {gap, first, second}
            assert set(await pool.fetchval("SELECT audit_entries_of($1)", other)) == {first}
            await seal(pool)
    assert await pool.fetchval("SELECT audit_entries_of($1)", models.new_id()) == []
