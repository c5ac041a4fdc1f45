"""The log: gap-free, in commit order, and its cursors."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from models.events import VitalsRecorded
from resolvers import event_log, hospitals
from resolvers.transaction import transaction
from subscriptions import log
from subscriptions.limits import Limits
from subscriptions.log import Cursor
from tests.subscriptions.conftest import Serve, Served


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


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read", "serializable"])
async def test_a_reader_that_stays_makes_nobody_wait(
    pool: Any, hospital: Any, isolation: Any
) -> None:
    """Whoever had to wait for it would wait for ever."""
    await hospital.write(times=3)
    async with asyncio.timeout(20), pool.acquire() as connection:
        async with connection.transaction(isolation=isolation):
            before = await log.read(connection, hospital.id, 0, 10)
            await hospital.write(times=2)
            assert await event_log.trim(pool, hospital.id, before=datetime.now(UTC), most=2) == 2
            after = await log.read(connection, hospital.id, 0, 10)
            if isolation == "read_committed":
                assert [e.position for e in after.entries] == [3, 4, 5]
                assert not after.whole
            else:
                assert after == before
        assert (await log.read(connection, hospital.id, 2, 10)).whole


async def test_stations_of_a_trimmed_log(
    serve: Serve, hospital: Any, nurse: Callable[[], Awaitable[str]], quiet: Limits
) -> None:
    """Who listens hears on; who comes back from before what is kept is told to read afresh, and who
    was away for less gets the rest."""
    token = await nurse()
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        start = log.decode((await station.feed())["cursor"])
        assert start is not None
        await hospital.write(times=4)
        await station.events(4)
        kept_from = datetime.now(UTC)
        await hospital.write(times=3)
        await station.events(3)
        assert await event_log.trim(hospital.pool, hospital.id, before=kept_from) == 4
        await hospital.write()
        assert [event["position"] for event in await station.events(1)] == [8]
        # Of another process, which does not remember what it read before it was trimmed.
        came_back = {0: (True, []), 3: (True, []), 4: (False, [5, 6, 7, 8]), 7: (False, [8])}
        async with serve(limits=quiet) as other:
            assert {p: await back(other, token, start.epoch, p) for p in came_back} == came_back
        assert await event_log.trim(hospital.pool, hospital.id, before=datetime.now(UTC)) == 4
        came_back = {4: (True, []), 7: (True, []), 8: (False, [])}
        async with serve(limits=quiet) as other:
            assert {p: await back(other, token, start.epoch, p) for p in came_back} == came_back
        await hospital.write()
        assert [event["position"] for event in await station.events(1)] == [9]


async def back(served: Served, token: str, epoch: UUID, position: int) -> tuple[bool, list[int]]:
    """What a station is told first that has seen everything up to a position."""
    async with served.station(token) as station:
        await station.subscribe(after=Cursor(epoch, position).encode())
        first = await station.feed()
        return first["resync"], [event["position"] for event in first["events"]]


def test_nothing_of_the_log_is_found_or_ordered_by_time() -> None:
    """So no clock that is moved moves an event."""
    conditions = re.findall(r"(?:WHERE|ORDER BY)([^)]*)", log._READ.sql)
    assert sum("position" in one for one in conditions) >= 3
    assert not [one for one in conditions if "occurred_at" in one]


async def test_positions_are_given_without_a_clock(pool: Any) -> None:
    source = await pool.fetchval(
        "SELECT prosrc FROM pg_proc WHERE proname = 'assign_event_positions'"
    )
    assert "ORDER BY id" in source
    for word in ("occurred_at", "now()", "timestamp", "clock"):
        assert word not in source, word
