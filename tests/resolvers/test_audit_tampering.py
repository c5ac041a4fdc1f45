"""Tampering, by somebody whom no trigger stops: verification finds it, and says where."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

import models
from models.rules.audit_chain import Finding, Head, Wrong
from resolvers import audit
from tests.conftest import FreshDatabase
from tests.owner import as_owner
from tests.resolvers.sealing import SELECTION, Pool, found, opened, seal, write


@pytest_asyncio.fixture(loop_scope="session")
async def pool(fresh_database: FreshDatabase) -> AsyncIterator[Pool]:
    """The application's pool on a database of the test's own."""
    async with opened(await fresh_database()) as pool:
        yield pool


COLUMNS = {
    "hospital_id": "gen_random_uuid()",
    "occurred_at": "occurred_at + interval '1 microsecond'",
    "user_id": "NULL",
    "session_id": "gen_random_uuid()",
    "address": "'192.0.2.8'",
    "selection_id": r"'\x00'",
    "request_id": "NULL",
    "patient_ids": "patient_ids[2:]",
    "audience_id": "NULL",
    "stay_id": "gen_random_uuid()",
    "first_position": "first_position + 1",
    "last_position": "NULL",
}
SEALS = {
    "entry_id": "1000",
    "form": "1",
    "sealed_at": "sealed_at - interval '1 second'",
    "digest": "sha256('x')",
    "hash": "sha256('x')",
    "position": "1000",
}


@pytest_asyncio.fixture(loop_scope="session")
async def chain(pool: Pool) -> tuple[list[int], Head]:
    """Five sealed entries, and the head that somebody noted."""
    patients = [models.new_id() for _ in range(3)]
    ids = [await write(pool, *patients, audience=models.new_id()) for _ in range(5)]
    await seal(pool)
    return ids, await audit.head(pool)


async def tamper(pool: Pool, *statements: str) -> None:
    """As the owner, who can switch triggers off."""
    tables = ("audit_entries", "audit_selections", "audit_seals", "audit_mentions")
    async with as_owner(pool) as owner, owner.transaction():
        for table in tables:
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            await owner.execute(statement)
        for table in tables:
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_every_column_is_tampered_with() -> None:
    assert set(COLUMNS) == set(models.AuditEntry.__table__.c.keys()) - {"id"}
    assert set(SEALS) == set(models.AuditSeal.__table__.c.keys())


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_changed_entry(pool: Pool, chain: Any, column: str) -> None:
    ids, _ = chain
    await tamper(pool, f"UPDATE audit_entries SET {column} = {COLUMNS[column]} WHERE id = {ids[2]}")
    findings, _ = await found(pool)
    assert Finding(Wrong.ENTRY_CHANGED, 3, ids[2]) in findings
    assert {one.entry_id for one in findings} == {ids[2]}


@pytest.mark.parametrize("column", SEALS)
async def test_a_changed_seal(pool: Pool, chain: Any, column: str) -> None:
    await tamper(pool, f"UPDATE audit_seals SET {column} = {SEALS[column]} WHERE position = 3")
    findings, _ = await found(pool)
    assert findings
    assert min(one.position or 9 for one in findings) in {3, 4}, (
        "a seal that is away is told by the next"
    )


@pytest.mark.parametrize("place", [1, 3, 5])
async def test_a_removed_entry(pool: Pool, chain: Any, place: int) -> None:
    ids, _ = chain
    await tamper(pool, f"DELETE FROM audit_entries WHERE id = {ids[place - 1]}")
    assert (await found(pool))[0] == [Finding(Wrong.ENTRY_MISSING, place, ids[place - 1])]


async def test_an_entry_removed_with_its_seal(pool: Pool, chain: Any) -> None:
    ids, _ = chain
    await tamper(
        pool,
        f"DELETE FROM audit_entries WHERE id = {ids[1]}",
        f"DELETE FROM audit_seals WHERE entry_id = {ids[1]}",
    )
    assert (await found(pool))[0] == [Finding(Wrong.SEALS_MISSING, 3, ids[2])]


async def test_positions_closed_up_after_a_removal(pool: Pool, chain: Any) -> None:
    ids, _ = chain
    await tamper(
        pool,
        f"DELETE FROM audit_seals WHERE entry_id = {ids[1]}",
        f"DELETE FROM audit_entries WHERE id = {ids[1]}",
        "UPDATE audit_seals SET position = -position WHERE position > 2",
        "UPDATE audit_seals SET position = -position - 1 WHERE position < 0",
    )
    findings, _ = await found(pool)
    assert findings[0] == Finding(Wrong.SEAL_CHANGED, 2, ids[2])


async def test_two_entries_that_change_places(pool: Pool, chain: Any) -> None:
    ids, _ = chain
    contents = list(COLUMNS)
    listed = ", ".join(contents)
    others = ", ".join(f"other.{name}" for name in contents)
    await tamper(
        pool,
        f"UPDATE audit_entries AS one SET ({listed}) = (SELECT {others} FROM audit_entries AS other"
        f" WHERE other.id = {ids[1]} + {ids[3]} - one.id) WHERE one.id IN ({ids[1]}, {ids[3]})",
    )
    findings, _ = await found(pool)
    assert [one for one in findings if one.wrong is Wrong.ENTRY_CHANGED] == [
        Finding(Wrong.ENTRY_CHANGED, 2, ids[1]),
        Finding(Wrong.ENTRY_CHANGED, 4, ids[3]),
    ]


async def test_two_seals_that_change_places(pool: Pool, chain: Any) -> None:
    ids, _ = chain
    await tamper(
        pool,
        "UPDATE audit_seals SET position = 100 WHERE position = 2",
        "UPDATE audit_seals SET position = 2 WHERE position = 3",
        "UPDATE audit_seals SET position = 3 WHERE position = 100",
    )
    findings, _ = await found(pool)
    assert findings[0] == Finding(Wrong.SEAL_CHANGED, 2, ids[2])


async def test_an_entry_put_in_below_the_newest(pool: Pool, chain: Any) -> None:
    ids, _ = chain
    async with pool.acquire() as undone:
        never = undone.transaction()
        await never.start()
        free = await write(undone)
        await never.rollback()
    await write(pool)
    await seal(pool)
    await tamper(
        pool,
        "DELETE FROM audit_gaps",
        "INSERT INTO audit_entries (id, occurred_at, selection_id, patient_ids)"
        f" OVERRIDING SYSTEM VALUE SELECT {free}, occurred_at, selection_id, patient_ids"
        f" FROM audit_entries WHERE id = {ids[0]}",
    )
    assert (await found(pool))[0] == [Finding(Wrong.ENTRY_UNSEALED, entry_id=free)]


async def test_a_tail_cut_off(pool: Pool, chain: Any) -> None:
    """Nothing in the database tells; whoever noted the head knows."""
    ids, noted = chain
    await tamper(
        pool,
        "DELETE FROM audit_seals WHERE position > 3",
        f"DELETE FROM audit_entries WHERE id > {ids[2]}",
    )
    assert (await found(pool))[0] == []
    assert (await found(pool, noted))[0] == [Finding(Wrong.HEAD_MISSING, 5)]


async def test_a_chain_made_anew(pool: Pool, chain: Any) -> None:
    """All of it closes, and none of it is what was noted."""
    ids, noted = chain
    await tamper(
        pool,
        f"UPDATE audit_entries SET address = NULL WHERE id = {ids[0]}",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_mentions",
    )
    await seal(pool)
    findings, head = await found(pool)
    assert (findings, head.position) == ([], 5)
    assert (await found(pool, noted))[0] == [Finding(Wrong.HEAD_DIFFERS, 5)]


async def test_a_head_noted_before_is_passed(pool: Pool, chain: Any) -> None:
    _, noted = chain
    await write(pool)
    await seal(pool)
    findings, head = await found(pool, noted)
    assert (findings, head.position) == ([], 6)


async def test_what_entries_share(pool: Pool, chain: Any) -> None:
    await tamper(pool, "UPDATE audit_selections SET fields = '{}'")
    changed = Finding(Wrong.SELECTION_CHANGED, selection_id=SELECTION.id)
    assert (await found(pool))[0] == [changed]
    await tamper(pool, "DELETE FROM audit_selections")
    findings, _ = await found(pool)
    assert {one.wrong for one in findings} == {Wrong.SELECTION_MISSING}
    assert [one.entry_id for one in findings] == chain[0]


async def test_an_entry_hidden_from_the_patient(pool: Pool, chain: Any) -> None:
    """What finds entries is no part of the chain, and is compared with it."""
    ids, _ = chain
    cut = "UPDATE audit_mentions SET entry_ids = entry_ids[2:] WHERE cardinality(entry_ids) > 1"
    await tamper(pool, cut)
    assert (await found(pool))[0] == [Finding(Wrong.MENTION_WRONG, 1, ids[0])]


async def test_what_is_hashed_is_not_what_is_kept(pool: Pool, chain: Any) -> None:
    """A digest tells nothing by itself, and is of the entry alone."""
    ids, _ = chain
    rows = await pool.fetch("SELECT digest FROM audit_seals")
    assert len({row["digest"] for row in rows}) == len(ids)
    assert all(len(row["digest"]) == hashlib.sha256().digest_size for row in rows)
