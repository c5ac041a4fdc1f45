"""The log: gap-free, in commit order, and its cursors."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

import models
from models.events import VitalsRecorded
from resolvers import hospitals
from resolvers.transaction import transaction
from subscriptions import log
from subscriptions.log import Cursor


@given(st.uuids(), st.integers(0, 2**63 - 1))
def test_a_cursor_comes_back_as_it_went(epoch: UUID, position: int) -> None:
    text = Cursor(epoch, position).encode()
    assert log.decode(text) == Cursor(epoch, position)
    assert text.isascii()


@given(st.text(max_size=40))
def test_other_text_is_no_cursor_or_the_same_one(text: str) -> None:
    found = log.decode(text)
    assert found is None or found.encode() == text


async def test_a_tailing_reader_misses_none_of_twelve_writers(pool: Any, hospital: Any) -> None:
    """Transactions held open for different times commit out of the order they began in."""
    chance = random.Random(7)
    writers, each = 12, 30
    pool_size = asyncio.Semaphore(7)

    async def writer(pauses: list[float]) -> None:
        for number, pause in enumerate(pauses):
            async with pool_size:
                # One in five is rolled back, and must use up no position.
                with suppress(ZeroDivisionError):
                    async with transaction(pool, hospital.id, datetime.now(UTC)) as tx:
                        tx.record(hospital.event())
                        await tx.flush()
                        await asyncio.sleep(pause)
                        1 // (number % 5)

    writing = asyncio.gather(
        *(writer([chance.uniform(0, 0.05) for _ in range(each)]) for _ in range(writers))
    )
    seen: list[int] = []
    async with asyncio.timeout(60), pool.acquire() as connection:
        while True:
            over = writing.done()
            page = await log.read(connection, hospital.id, seen[-1] if seen else 0, 50)
            assert page.whole
            seen += [entry.position for entry in page.entries]
            if over and seen and seen[-1] == page.tail:
                break
            await asyncio.sleep(0)
    await writing
    assert seen == list(range(1, writers * each * 4 // 5 + 1))
    assert await pool.fetchval(
        "SELECT count(*) FROM events WHERE hospital_id = $1", hospital.id
    ) == len(seen)


async def test_a_page_says_what_it_lacks(pool: Any, hospital: Any) -> None:
    await hospital.write(times=6)
    async with pool.acquire() as connection:
        page = await log.read(connection, hospital.id, 2, 3)
        assert ([e.position for e in page.entries], page.tail, page.oldest) == ([3, 4, 5], 6, 1)
        assert page.whole
        assert await log.tail(connection, hospital.id) == (page.epoch, 6)
        for trimmed, whole, oldest in ((2, True, 3), (3, False, 4), (6, False, 7)):
            await connection.execute(
                "DELETE FROM events WHERE hospital_id = $1 AND position <= $2", hospital.id, trimmed
            )
            page = await log.read(connection, hospital.id, 2, 3)
            assert (page.whole, page.oldest, page.tail) == (whole, oldest, 6)


async def test_a_hole_in_the_middle_is_seen(pool: Any, hospital: Any) -> None:
    await hospital.write(times=4)
    async with pool.acquire() as connection:
        await connection.execute(
            "DELETE FROM events WHERE hospital_id = $1 AND position = 2", hospital.id
        )
        assert not (await log.read(connection, hospital.id, 0, 10)).whole
        assert not (await log.read(connection, hospital.id, 0, 3)).whole
        assert (await log.read(connection, hospital.id, 2, 10)).whole


async def test_a_hospital_without_a_counter_gets_one(pool: Any) -> None:
    async with pool.acquire() as connection:
        made = await hospitals.create_hospital(
            connection, models.new_id().hex, "New", now=datetime.now(UTC)
        )
        await connection.execute("DELETE FROM event_counters WHERE hospital_id = $1", made)
        epoch, position = await log.tail(connection, made)
        assert position == 0
        assert (await log.read(connection, made, 0, 5)).epoch == epoch


async def test_hospitals_do_not_share_a_log(pool: Any, hospital: Any) -> None:
    async with pool.acquire() as connection:
        other = await hospitals.create_hospital(
            connection, models.new_id().hex, "Other", now=datetime.now(UTC)
        )
    await hospital.write(times=2)
    async with transaction(pool, other, datetime.now(UTC)) as tx:
        tx.record(VitalsRecorded(subject_id=models.new_id(), ward_id=None, patient_id=None))
    async with pool.acquire() as connection:
        assert [e.position for e in (await log.read(connection, other, 0, 9)).entries] == [1]
        assert await log.ward(connection, other, "MED1") is None
        assert await log.ward(connection, hospital.id, "MED1") == hospital.wards["MED1"]
