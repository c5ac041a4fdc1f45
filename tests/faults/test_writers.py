"""Twelve writers hold transactions open and commit in any order: nobody misses one of them."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx

import models
from models import new_id
from models.events import VitalsRecorded
from resolvers import ids
from resolvers.database import open_pool
from resolvers.transaction import Transaction, transaction
from subscriptions import log
from subscriptions.log import LogEntry
from tests.first_light.api import Api
from tests.first_light.process import serving
from tests.first_light.station import station

WRITERS, EACH = 12, 400
HELD = 0.05
"""A transaction is held open for up to so many seconds between its events and its commit."""
PATIENCE = 120.0
FEED = """subscription ($ward: String) {
  vitalSigns(ward: $ward) { cursor live resync events { cursor patient { id } } }
}"""
PLACE = """
SELECT patient.hospital_id AS hospital, stay.ward_id AS ward, patient.id AS patient
FROM patients AS patient JOIN bed_stays AS stay ON stay.patient_id = patient.id
WHERE patient.id = $1 AND stay.ended_at IS NULL
"""
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pg_blocking_pids(pid) && $1::int[]
"""


@dataclass(frozen=True)
class Committed:
    """A transaction that was told to be committed; times of the monotonic clock."""

    began: float
    ended: float
    subjects: list[UUID]


@dataclass
class Writer:
    pool: asyncpg.Pool[Any]
    hospital: UUID
    ward: UUID
    patient: UUID
    chance: random.Random
    done: list[Committed] = field(default_factory=list)

    async def work(self) -> None:
        left = EACH
        while left:
            subjects = [new_id() for _ in range(min(left, self.chance.randint(1, 3)))]
            given_up, began = self.chance.random() < 0.1, time.monotonic()
            with suppress(LookupError):
                async with transaction(self.pool, self.hospital, datetime.now(UTC)) as tx:
                    await self._write(tx, subjects, given_up=given_up)
            if not given_up:
                self.done.append(Committed(began, time.monotonic(), subjects))
                left -= len(subjects)

    async def _write(self, tx: Transaction, subjects: list[UUID], *, given_up: bool) -> None:
        for subject in subjects:
            tx.record(
                VitalsRecorded(subject_id=subject, ward_id=self.ward, patient_id=self.patient)
            )
        await tx.flush()
        await asyncio.sleep(self.chance.uniform(0, HELD))
        if given_up:
            raise LookupError


async def test_none_of_4_800_events_of_twelve_writers_is_missed(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    """By a reader that tails the log, by a station, and while somebody reads in a transaction that
    is open all the time."""
    pool = await open_pool(demo_url, min_size=1, max_size=WRITERS + 4)
    chance = random.Random(8)
    async with (
        pool,
        serving(tmp_path, "serve", database_url=demo_url, redis_url=redis_url) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        nurse = await Api(client).sign_in("nurse")
        patient = ids.decode(models.Patient, (await nurse.patients("MED1"))[0]["id"])
        assert patient is not None
        place = await pool.fetchrow(PLACE, patient)
        assert place is not None
        async with pool.acquire() as staying, station(server.sockets, nurse.token) as board:
            snapshot = staying.transaction(isolation="repeatable_read")
            await snapshot.start()
            began = await log.read(staying, place["hospital"], log.END, 1)
            feed = await board.feed(FEED, ward="MED1")
            writers = [
                Writer(
                    pool, place["hospital"], place["ward"], patient, random.Random(chance.random())
                )
                for _ in range(WRITERS)
            ]
            writing = asyncio.gather(*(writer.work() for writer in writers))
            async with asyncio.timeout(PATIENCE):
                seen, blocked, _ = await asyncio.gather(
                    tail(pool, place["hospital"], began.tail, writing),
                    blocked_by(pool, staying, writing),
                    writing,
                )
                heard = [position(one) for one in await feed.until(WRITERS * EACH)]
            assert blocked == 0, "a reader made a writer wait"
            assert await log.read(staying, place["hospital"], log.END, 1) == began
            await snapshot.rollback()
            told = len(feed.drain())

    written = {
        subject: one for writer in writers for one in writer.done for subject in one.subjects
    }
    assert [entry.position for entry in seen] == list(
        range(began.tail + 1, began.tail + 1 + len(seen))
    )
    # The hospital's own clock may have said something in between.
    ours = [entry for entry in seen if entry.subject_id in written]
    assert [entry for entry in seen if entry.kind == "VitalsRecorded"] == ours
    assert len(ours) == len(written) == WRITERS * EACH
    assert heard == [entry.position for entry in ours]
    assert told == WRITERS * EACH, "nothing twice"
    latest = 0.0
    for entry in ours:
        one = written[entry.subject_id]
        assert one.ended > latest, "it was committed before the other began, and comes after it"
        latest = max(latest, one.began)
    for writer in writers:
        own = {subject for one in writer.done for subject in one.subjects}
        assert [entry.subject_id for entry in ours if entry.subject_id in own] == [
            subject for one in writer.done for subject in one.subjects
        ]


async def tail(
    pool: asyncpg.Pool[Any], hospital: UUID, after: int, writing: asyncio.Future[Any]
) -> list[LogEntry]:
    """Everything after a position, as somebody sees it who reads on and on."""
    seen: list[LogEntry] = []
    while True:
        over = writing.done()
        async with pool.acquire() as connection:
            page = await log.read(connection, hospital, seen[-1].position if seen else after, 50)
        assert page.whole
        seen += page.entries
        if over and not page.entries:
            return seen


async def blocked_by(pool: asyncpg.Pool[Any], reader: Any, writing: asyncio.Future[Any]) -> int:
    """How often somebody was seen to wait for the reader."""
    found, number = 0, cast("asyncpg.Connection[Any]", reader).get_server_pid()
    while not writing.done():
        found += await pool.fetchval(WAITING, [number])
        await asyncio.sleep(0.02)
    return found


def position(event: dict[str, Any]) -> int:
    cursor = log.decode(event["cursor"])
    assert cursor is not None
    return cursor.position
