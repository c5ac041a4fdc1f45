"""The audit of audiences, there and back: old seals hold, and who heard what is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from alembic import command

import models
from app.upgrading import configuration, upgrade
from models.rules.audit_chain import Finding, Head
from resolvers import audit
from resolvers.database import open_pool
from tests.resolvers.sealing import KEEP, SELECTION, Pool, found, seal

HOSPITAL = models.new_id()
OLD = (
    "INSERT INTO audit_entries (hospital_id, occurred_at, user_id, session_id, address,"
    " selection_id, request_id, patient_ids) VALUES ($1, now(), $2, $3, '192.0.2.7', $4, 'r', $5)"
    " RETURNING id"
)
NEW = (
    "INSERT INTO audit_entries (hospital_id, occurred_at, user_id, session_id, selection_id,"
    " patient_ids, audience_id, stay_id, first_position, last_position)"
    " VALUES ($1, now(), $2, $2, $3, $4, $5, $2, $6, $7) RETURNING id"
)
STAY = (
    "INSERT INTO audit_selections SELECT sha256($2::text::bytea), $2::text, operation_name,"
    " document_hash, outcome, roots, scopes, '{}', refused FROM audit_selections WHERE id = $1"
    " ON CONFLICT DO NOTHING RETURNING id"
)


async def _to(url: str, revision: str, *, down: bool = False) -> None:
    move = command.downgrade if down else command.upgrade
    await asyncio.to_thread(move, configuration(url), revision)


async def _opened(url: str) -> Pool:
    pool: Pool = await open_pool(url, max_size=2)
    return pool


@pytest_asyncio.fixture(loop_scope="session")
async def old(empty_database: str) -> AsyncIterator[tuple[str, list[int], Head]]:
    """A database of 0011 with four entries, of which three are sealed."""
    await _to(empty_database, "0011")
    pool = await _opened(empty_database)
    await pool.execute(KEEP, SELECTION.id, SELECTION.document_hash, list(SELECTION.fields))
    written = []
    for number in range(4):
        if number == 3:
            await seal(pool)
        who = [models.new_id() for _ in range(3)]
        written.append(await pool.fetchval(OLD, HOSPITAL, who[0], who[1], SELECTION.id, [who[2]]))
    head = await audit.head(pool)
    await pool.close()
    yield empty_database, written, head


async def _push(pool: Pool, audience: UUID, first: int, last: int, patient: UUID) -> int:
    pushed: int = await pool.fetchval(
        NEW, HOSPITAL, None, SELECTION.id, [patient], audience, first, last
    )
    return pushed


async def _stay(pool: Pool, audience: UUID, user: UUID, first: int, last: int | None) -> None:
    kind = "SUBSCRIBED" if last is None else "UNSUBSCRIBED"
    await pool.fetchval(STAY, SELECTION.id, kind)
    shared = await pool.fetchval("SELECT sha256($1::text::bytea)", kind)
    await pool.execute(NEW, HOSPITAL, user, shared, [], audience, first, last)


async def test_what_was_sealed_before_is_proved_after(old: Any) -> None:
    url, written, head = old
    await upgrade(url)
    pool = await _opened(url)
    try:
        assert await found(pool, head) == ([], head)
        await _push(pool, models.new_id(), 1, 2, models.new_id())
        await seal(pool)
        findings, newest = await found(pool, head)
        assert (findings, newest.position) == ([], 5)
        rows = await pool.fetch("SELECT entry_id, form FROM audit_seals ORDER BY position")
        assert [row["form"] for row in rows] == [1, 1, 1, 2, 2]
        assert [row["entry_id"] for row in rows][:4] == written
    finally:
        await pool.close()


@pytest.mark.parametrize("column", ["audience_id", "stay_id", "first_position", "last_position"])
async def test_an_old_entry_that_is_given_an_audience_was_changed(old: Any, column: str) -> None:
    """Its seal does not hold the new columns; that they were empty is what it proves."""
    url, written, _ = old
    await upgrade(url)
    pool = await _opened(url)
    try:
        async with pool.acquire() as owner:
            value = "gen_random_uuid()" if column.endswith("_id") else "1"
            await owner.execute("SET ROLE NONE")
            await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
            await owner.execute(
                f"UPDATE audit_entries SET {column} = {value} WHERE id = {written[1]}"
            )
        findings, _ = await found(pool)
        assert [(one.position, one.entry_id) for one in findings] == [(2, written[1])]
        assert all(isinstance(one, Finding) for one in findings)
    finally:
        await pool.close()


@pytest.mark.parametrize("sealed", [True, False])
async def test_the_way_back_gives_each_who_heard_an_entry(old: Any, sealed: bool) -> None:
    """As they were before there were audiences; and the chain closes again, there and back."""
    url, written, head = old
    await upgrade(url)
    one, other, patient, audience = (models.new_id() for _ in range(4))
    pool = await _opened(url)
    await _stay(pool, audience, one, 1, None)
    await _stay(pool, audience, other, 3, None)
    first = await _push(pool, audience, 1, 2, patient)
    await _stay(pool, audience, one, 1, 2)
    second = await _push(pool, audience, 3, 3, patient)
    await _push(pool, models.new_id(), 4, 4, patient)
    plain = await pool.fetchval(OLD, HOSPITAL, one, other, SELECTION.id, [])
    if sealed:
        await seal(pool)
    of_patient = await pool.fetchval("SELECT audit_entries_of($1)", patient)
    assert {first, second} < set(of_patient)
    await pool.close()

    await _to(url, "0011", down=True)
    pool = await _opened(url)
    try:
        rows = await pool.fetch("SELECT id, user_id, patient_ids FROM audit_entries ORDER BY id")
        assert [row["id"] for row in rows][:5] == [*written, plain]
        heard = [(row["user_id"], row["patient_ids"]) for row in rows][5:]
        assert heard == [(one, [patient]), (other, [patient])]
        await pool.execute("SELECT seal_audit(100)")
        assert len(await pool.fetchval("SELECT audit_entries_of($1)", patient)) == 2
    finally:
        await pool.close()

    await upgrade(url)
    pool = await _opened(url)
    try:
        findings, newest = await found(pool, head)
        assert (findings, newest.position) == ([], 7)
    finally:
        await pool.close()


async def test_what_was_sealed_late_is_sealed_again_after_the_way_back(old: Any) -> None:
    """An entry below the newest seal that is left has to be in a gap, or nobody would look."""
    url, written, head = old
    pool = await _opened(url)
    async with pool.acquire() as slow:
        late = slow.transaction()
        await late.start()
        number = await slow.fetchval(OLD, HOSPITAL, None, None, SELECTION.id, [])
        last = await pool.fetchval(OLD, HOSPITAL, None, None, SELECTION.id, [])
        await seal(pool)
        await late.commit()
    await pool.close()
    await upgrade(url)
    pool = await _opened(url)
    await seal(pool)
    await pool.close()
    await _to(url, "0011", down=True)
    pool = await _opened(url)
    await seal(pool)
    order = await pool.fetch("SELECT entry_id, form FROM audit_seals ORDER BY position")
    assert [row["entry_id"] for row in order] == [*written, last, number]
    assert {row["form"] for row in order} == {1}
    await pool.close()
    await upgrade(url)
    pool = await _opened(url)
    try:
        assert (await found(pool, head))[0] == []
    finally:
        await pool.close()
