"""Reservations and the states of a bed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import models
from models.rules.beds import BedStatus
from models.rules.roles import Role
from resolvers import beds, ids
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def reserve(
    house: House,
    bed: str,
    patient: str,
    until: datetime | None = None,
    *,
    role: Role = Role.CLERK,
) -> None:
    async with house.begin() as tx:
        await beds.reserve_bed(tx, house.actor(role), bed_id=bed, patient_id=patient, until=until)


async def set_status(house: House, bed: str, status: BedStatus, *, role: Role = Role.CLERK) -> None:
    async with house.begin() as tx:
        reason = "broken" if status is BedStatus.CLOSED else None
        await beds.set_bed_status(tx, house.actor(role), bed_id=bed, status=status, reason=reason)


async def ended_as(house: House, bed: str) -> list[str | None]:
    rows = await house.pool.fetch(
        "SELECT ended_as FROM reservations WHERE bed_id = $1 ORDER BY id",
        ids.decode(models.Bed, bed),
    )
    return [row["ended_as"] for row in rows]


async def test_a_reserved_bed_takes_its_patient_and_nobody_else(house: House) -> None:
    bed, expected = await house.bed(), await house.patient()
    await reserve(house, bed, expected)
    with pytest.raises(Conflict, match="reserved for another"):
        await house.admitted(await house.patient(), bed)
    await house.admitted(expected, bed)
    assert await ended_as(house, bed) == ["FULFILLED"]
    assert await house.events(bed) == ["BedReserved", "PatientAdmitted"]


async def test_the_same_patient_again_moves_the_end(house: House) -> None:
    bed, patient = await house.bed(), await house.patient()
    await reserve(house, bed, patient, house.now + timedelta(hours=1))
    await reserve(house, bed, patient, house.now + timedelta(hours=2))
    rows = await house.pool.fetch(
        "SELECT reserved_until FROM reservations WHERE bed_id = $1", ids.decode(models.Bed, bed)
    )
    assert [row["reserved_until"] for row in rows] == [house.now + timedelta(hours=2)]
    with pytest.raises(Conflict, match="reserved for another"):
        await reserve(house, bed, await house.patient())


async def test_of_many_who_want_the_bed_one_has_it(house: House) -> None:
    bed = await house.bed()
    wanting = [await house.patient() for _ in range(8)]
    async with asyncio.timeout(30):
        ended = await asyncio.gather(
            *(reserve(house, bed, patient) for patient in wanting), return_exceptions=True
        )
    assert ended.count(None) == 1
    assert sum(isinstance(each, Conflict) for each in ended) == 7


async def test_a_reservation_out_of_time_stands_in_nobodys_way(house: House) -> None:
    bed = await house.bed()
    await reserve(house, bed, await house.patient(), house.now + timedelta(hours=1))
    house.later(hours=1)
    await reserve(house, bed, await house.patient())
    assert await ended_as(house, bed) == ["EXPIRED", None]
    assert await house.events(bed) == ["BedReserved", "BedReleased", "BedReserved"]


async def test_the_clock_ends_what_is_out_of_time(house: House) -> None:
    short, long, open_ended = await house.bed(), await house.bed(), await house.bed()
    for bed, until in (
        (short, house.now + timedelta(hours=1)),
        (long, house.now + timedelta(hours=3)),
        (open_ended, None),
    ):
        await reserve(house, bed, await house.patient(), until)
    house.later(hours=2)
    for expected in (1, 0):
        async with house.begin() as tx:
            assert await beds.expire_reservations(tx) == expected
    assert await ended_as(house, short) == ["EXPIRED"]
    assert await ended_as(house, long) == [None]
    assert await ended_as(house, open_ended) == [None]
    assert await house.events(short) == ["BedReserved", "BedReleased"]


async def test_what_cannot_be_reserved(house: House) -> None:
    patient, occupied, closed = await house.patient(), await house.bed(), await house.bed()
    await house.admitted(await house.patient(), occupied)
    await set_status(house, closed, BedStatus.CLOSED)
    for bed in (occupied, closed):
        with pytest.raises(Conflict, match="cannot be reserved"):
            await reserve(house, bed, patient)
    with pytest.raises(BadInput) as refused:
        await reserve(house, await house.bed(), patient, house.now)
    assert refused.value.extensions["field"] == "until"


async def test_an_isolated_bed_is_for_whom_it_is_reserved(house: House) -> None:
    bed, patient = await house.bed(), await house.patient()
    await set_status(house, bed, BedStatus.ISOLATED)
    with pytest.raises(Conflict, match="isolated"):
        await house.admitted(patient, bed)
    await reserve(house, bed, patient)
    assert await house.admitted(patient, bed)


async def test_a_status_is_set_and_heard_once(house: House) -> None:
    bed = await house.bed()
    for _ in range(2):
        await set_status(house, bed, BedStatus.HOUSEKEEPING)
    row = await house.row(models.Bed, bed)
    assert (row["status"], row["updated_by"]) == ("HOUSEKEEPING", house.users[Role.CLERK])
    assert await house.events(bed) == ["BedStatusSet"]


async def test_moves_that_no_hand_makes(house: House) -> None:
    bed, occupied = await house.bed(), await house.bed()
    await house.admitted(await house.patient(), occupied)
    with pytest.raises(Conflict) as refused:
        await set_status(house, bed, BedStatus.OCCUPIED)
    assert "CLOSED" in refused.value.extensions["allowed"]
    for status in (BedStatus.CLOSED, BedStatus.UNOCCUPIED, BedStatus.OCCUPIED):
        with pytest.raises(Conflict, match="occupied"):
            await set_status(house, occupied, status)
    await set_status(house, bed, BedStatus.CONTAMINATED)
    with pytest.raises(Conflict) as refused:
        await set_status(house, bed, BedStatus.UNOCCUPIED)
    assert refused.value.extensions["allowed"] == ["HOUSEKEEPING"]


async def test_scope_and_reach(house: House) -> None:
    mine, other, patient = await house.bed("med"), await house.bed("icu"), await house.patient()
    for role in (Role.NURSE, Role.DOCTOR, Role.INTEGRATOR, Role.LAB):
        with pytest.raises(Forbidden):
            await reserve(house, mine, patient, role=role)
        with pytest.raises(Forbidden):
            await set_status(house, mine, BedStatus.CLOSED, role=role)
    with pytest.raises(NotFound):
        await reserve(house, other, patient, role=Role.CHARGE_NURSE)
    with pytest.raises(NotFound):
        await set_status(house, other, BedStatus.CLOSED, role=Role.CHARGE_NURSE)
    with pytest.raises(NotFound):
        await reserve(house, mine, await house.inpatient("icu"), role=Role.CHARGE_NURSE)
    await reserve(house, mine, patient, role=Role.CHARGE_NURSE)
