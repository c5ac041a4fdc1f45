"""Races for beds: a hundred connections at once, on a server that takes as many."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

import models
from app.embedded import embedded_servers, postgres
from app.upgrading import upgrade
from models.rules.beds import BedStatus
from models.rules.roles import Role
from resolvers import admissions, beds, cancellations, ids, leaves, swaps
from resolvers.database import open_pool
from resolvers.errors import Conflict
from tests.patience import until
from tests.resolvers.bed_laws import broken
from tests.resolvers.conftest import founded

RACERS = 100
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowd() -> AsyncIterator[asyncpg.Pool[Any]]:
    """Connections for all racers, and some more to watch them."""
    home = Path(tempfile.mkdtemp(prefix="wardline-test-race-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.FAST, "max_connections", "140")
        try:
            async with embedded_servers(home, fast=True) as servers:
                await upgrade(servers.database_url)
                pool = await open_pool(
                    servers.database_url, min_size=RACERS + 5, max_size=RACERS + 5
                )
                yield pool
                await pool.close()
        finally:
            shutil.rmtree(home, ignore_errors=True)


async def test_of_a_hundred_who_want_a_bed_one_has_it(crowd: asyncpg.Pool[Any]) -> None:
    house = await founded(crowd)
    bed = await house.bed()
    racers = [await house.patient() for _ in range(RACERS)]

    async def race(patient: str) -> str:
        async with house.begin() as tx:
            try:
                await admissions.admit_patient(
                    tx, house.actor(Role.CLERK), patient_id=patient, bed_id=bed
                )
            except Conflict as refused:
                return refused.message
        return "admitted"

    async with asyncio.timeout(60):
        async with crowd.acquire() as starter, starter.transaction():
            await starter.execute(
                "SELECT 1 FROM beds WHERE id = $1 FOR UPDATE", ids.decode(models.Bed, bed)
            )
            running = [asyncio.create_task(race(patient)) for patient in racers]
            # Each in a transaction of its own, at the very same bed.
            await until(lambda: _all_wait(crowd), 30)
        ended = await asyncio.gather(*running)
    assert Counter(ended) == {"admitted": 1, "the bed is occupied": RACERS - 1}
    assert await house.events(bed) == ["PatientAdmitted"]
    assert await broken(crowd, house.id) == []
    stays = await crowd.fetchval("SELECT count(*) FROM bed_stays WHERE hospital_id = $1", house.id)
    assert stays == 1


async def _all_wait(crowd: asyncpg.Pool[Any], racers: int = RACERS) -> bool:
    return bool(await crowd.fetchval(WAITING) == racers)


@pytest.mark.parametrize("what", ["a swap", "a transfer taken back"])
async def test_two_who_mean_the_same_step_do_it_once(crowd: asyncpg.Pool[Any], what: str) -> None:
    """It says from where the patients lie what is to be done: the second finds them moved, and
    does not move them back, or back further."""
    house = await founded(crowd)
    clerk, places = house.actor(Role.ADMIN), [await house.bed("med") for _ in range(3)]
    people = [await house.patient() for _ in range(2)]
    one, other = [
        await house.admitted(patient, bed) for patient, bed in zip(people, places, strict=False)
    ]
    wanted = [places[1], places[0]]
    if what != "a swap":
        for bed in (places[2], await house.bed("icu")):
            async with house.begin() as tx:
                await admissions.transfer_patient(tx, clerk, admission_id=one, bed_id=bed)
            house.later(seconds=1)
        async with house.begin() as tx:
            await beds.set_bed_status(tx, clerk, bed_id=places[2], status=BedStatus.UNOCCUPIED)
        wanted = [places[2], places[1]]

    async def race() -> str:
        async with house.begin() as tx:
            try:
                if what == "a swap":
                    await swaps.swap_beds(tx, clerk, admission_id=one, other_admission_id=other)
                else:
                    await cancellations.cancel_transfer(
                        tx, clerk, admission_id=one, reason="in error"
                    )
            except Conflict as refused:
                return refused.message
        return "done"

    async with asyncio.timeout(60):
        async with crowd.acquire() as starter, starter.transaction():
            await starter.execute(
                "SELECT 1 FROM patients WHERE id = $1 FOR UPDATE",
                ids.decode(models.Patient, people[0]),
            )
            running = [asyncio.create_task(race()) for _ in range(2)]
            await until(lambda: _all_wait(crowd, 2), 30)
        ended = await asyncio.gather(*running)
    assert Counter(ended) == {"done": 1, "the patient was moved meanwhile: look again": 1}
    rows = await crowd.fetch(
        "SELECT patient_id, bed_id FROM bed_stays WHERE hospital_id = $1 AND ended_at IS NULL",
        house.id,
    )
    lying = {row["patient_id"]: row["bed_id"] for row in rows}
    assert [lying[ids.decode(models.Patient, each)] for each in people] == [
        ids.decode(models.Bed, bed) for bed in wanted
    ]
    assert await broken(crowd, house.id) == []


async def test_whatever_a_hundred_do_to_four_beds_at_once_the_laws_hold(
    crowd: asyncpg.Pool[Any],
) -> None:
    """Moves of every kind, all at once: each is done or refused, and none waits for ever."""
    house = await founded(crowd)
    chance = random.Random(5)
    places = [await house.bed(ward) for ward in ("med", "med", "icu", "icu")]
    people = [await house.patient() for _ in range(5)]
    inside = [
        await house.admitted(patient, bed) for patient, bed in zip(people[:3], places, strict=False)
    ]
    clerk = house.actor(Role.ADMIN)
    house.later(seconds=1)

    async def move(number: int) -> str:
        admission, other = chance.sample(inside, 2)
        bed, patient = chance.choice(places), chance.choice(people)
        work = chance.choice(
            (
                lambda tx: admissions.transfer_patient(
                    tx, clerk, admission_id=admission, bed_id=bed
                ),
                lambda tx: swaps.swap_beds(
                    tx, clerk, admission_id=admission, other_admission_id=other
                ),
                lambda tx: swaps.swap_beds(
                    tx, clerk, admission_id=other, other_admission_id=admission
                ),
                lambda tx: admissions.discharge_patient(tx, clerk, admission_id=admission),
                lambda tx: admissions.admit_patient(tx, clerk, patient_id=patient, bed_id=bed),
                lambda tx: cancellations.cancel_transfer(
                    tx, clerk, admission_id=admission, reason="in error"
                ),
                lambda tx: cancellations.cancel_discharge(
                    tx, clerk, admission_id=admission, reason="in error"
                ),
                lambda tx: leaves.start_leave(tx, clerk, admission_id=admission),
                lambda tx: leaves.end_leave(tx, clerk, admission_id=admission),
                lambda tx: beds.reserve_bed(tx, clerk, bed_id=bed, patient_id=patient),
                lambda tx: beds.release_reservation(tx, clerk, bed_id=bed),
                lambda tx: beds.set_bed_status(tx, clerk, bed_id=bed, status=BedStatus.UNOCCUPIED),
            )
        )
        async with house.begin() as tx:
            try:
                await work(tx)
            except Conflict:
                return "refused"
        return "done"

    ended: list[str] = []
    async with asyncio.timeout(60):
        for _ in range(3):
            ended += await asyncio.gather(*(move(number) for number in range(RACERS)))
    assert set(ended) == {"done", "refused"}
    assert await broken(crowd, house.id) == []
