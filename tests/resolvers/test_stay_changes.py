"""Swaps and leaves, and the history that every change of a bed leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

import models
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from models.rules.roles import Role
from resolvers import admissions, beds, ids, leaves, swaps
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from tests.resolvers.bed_laws import broken

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def swap(house: House, one: str, other: str, role: Role = Role.CLERK) -> None:
    async with house.begin() as tx:
        await swaps.swap_beds(tx, house.actor(role), admission_id=one, other_admission_id=other)


async def leave(house: House, admission: str, role: Role = Role.CLERK, **more: Any) -> None:
    async with house.begin() as tx:
        await leaves.start_leave(tx, house.actor(role), admission_id=admission, **more)


async def come_back(house: House, admission: str) -> None:
    async with house.begin() as tx:
        await leaves.end_leave(tx, house.actor(Role.NURSE), admission_id=admission)


async def history(house: House, bed: str) -> list[asyncpg.Record]:
    return await house.pool.fetch(
        "SELECT * FROM bed_transitions WHERE bed_id = $1 ORDER BY occurred_at",
        ids.decode(models.Bed, bed),
    )


async def test_two_patients_change_beds_in_one_step(house: House) -> None:
    first, second = await house.bed("med"), await house.bed("icu")
    one, other = await house.patient(), await house.patient()
    mine, theirs = await house.admitted(one, first), await house.admitted(other, second)
    house.later(minutes=9)
    await swap(house, mine, theirs)
    lying = await house.pool.fetch(
        "SELECT patient_id, bed_id, started_at FROM bed_stays"
        " WHERE hospital_id = $1 AND ended_at IS NULL",
        house.id,
    )
    assert {(row["patient_id"], row["bed_id"]) for row in lying} == {
        (ids.decode(models.Patient, one), ids.decode(models.Bed, second)),
        (ids.decode(models.Patient, other), ids.decode(models.Bed, first)),
    }
    assert {row["started_at"] for row in lying} == {house.now}
    for bed in (first, second):
        assert (await house.row(models.Bed, bed))["status"] == "OCCUPIED"
        assert await house.events(bed) == [
            *("PatientAdmitted", "PatientTransferredOut", "PatientTransferredIn"),
        ]
        moves = [(row["kind"], row["to_status"]) for row in await history(house, bed)]
        assert moves[1:] == [("TRANSFERRED_OUT", "OCCUPIED"), ("TRANSFERRED_IN", "OCCUPIED")]
    assert await broken(house.pool, house.id) == []


async def test_a_swap_is_for_who_may_move_both(house: House) -> None:
    mine = await house.admitted(await house.patient(), await house.bed("med"))
    theirs = await house.admitted(await house.patient(), await house.bed("icu"))
    for one, other, field in (
        (mine, theirs, "otherAdmissionId"),
        (theirs, mine, "admissionId"),
    ):
        with pytest.raises(NotFound) as refused:
            await swap(house, one, other, Role.CHARGE_NURSE)
        assert refused.value.extensions["field"] == field
    with pytest.raises(Forbidden):
        await swap(house, mine, theirs, Role.NURSE)
    with pytest.raises(BadInput):
        await swap(house, mine, mine)


async def test_who_has_left_has_no_bed_to_swap(house: House) -> None:
    here = await house.admitted(await house.patient(), await house.bed())
    gone = await house.admitted(await house.patient(), await house.bed())
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.CLERK), admission_id=gone)
    with pytest.raises(Conflict) as refused:
        await swap(house, here, gone)
    assert refused.value.extensions["allowed"] == ["IN_PROGRESS"]


async def test_on_leave_the_bed_stays_the_patients(house: House) -> None:
    bed, patient = await house.bed(), await house.patient()
    admission = await house.admitted(patient, bed)
    house.later(hours=1)
    await leave(house, admission, reason="a wedding", until=house.now + timedelta(hours=6))
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["leave_since"]) == ("ON_LEAVE", house.now)
    assert row["leave_until"] == house.now + timedelta(hours=6)
    assert (await house.row(models.Bed, bed))["status"] == "OCCUPIED"
    with pytest.raises(Conflict, match="occupied"):
        await house.admitted(await house.patient(), bed)
    with pytest.raises(Conflict) as refused:
        await leave(house, admission)
    assert set(refused.value.extensions["allowed"]) == {"IN_PROGRESS", "FINISHED"}
    house.later(hours=2)
    await come_back(house, admission)
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["leave_since"], row["leave_until"]) == ("IN_PROGRESS", None, None)
    with pytest.raises(Conflict, match="not on leave"):
        await come_back(house, admission)
    assert await house.events(bed) == ["PatientAdmitted", "LeaveStarted", "LeaveEnded"]
    told = [(row["kind"], row["reason"]) for row in await history(house, bed)]
    assert told[1:] == [("LEAVE_STARTED", "a wedding"), ("LEAVE_ENDED", None)]


async def test_who_does_not_come_back_is_discharged(house: House) -> None:
    admission = await house.admitted(await house.patient(), await house.bed())
    house.later(hours=1)
    await leave(house, admission, until=house.now + timedelta(hours=6))
    house.later(days=2)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.CLERK), admission_id=admission)
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["leave_since"]) == ("FINISHED", None)


async def test_until_when_is_still_to_come(house: House) -> None:
    admission = await house.admitted(await house.patient(), await house.bed())
    with pytest.raises(BadInput) as refused:
        await leave(house, admission, until=house.now)
    assert refused.value.extensions["field"] == "until"


async def test_a_bed_is_closed_for_a_reason_that_is_shown_while_it_is(house: House) -> None:
    bed, clerk = await house.bed(), house.actor(Role.CLERK)

    async def put(status: BedStatus, reason: str | None) -> None:
        house.later(minutes=1)
        async with house.begin() as tx:
            await beds.set_bed_status(tx, clerk, bed_id=bed, status=status, reason=reason)

    for missing in (None, "", "  "):
        with pytest.raises(BadInput) as refused:
            await put(BedStatus.CLOSED, missing)
        assert refused.value.extensions["field"] == "reason"
    await put(BedStatus.CLOSED, "a broken rail")
    closed = house.now
    await put(BedStatus.CLOSED, "no spare part")
    row = await house.row(models.Bed, bed)
    assert (row["closed_reason"], row["status_since"]) == ("no spare part", closed)
    await put(BedStatus.CLOSED, "no spare part")
    await put(BedStatus.UNOCCUPIED, None)
    row = await house.row(models.Bed, bed)
    assert (row["closed_reason"], row["status_since"]) == (None, house.now)
    assert [row["reason"] for row in await history(house, bed)] == [
        *("a broken rail", "no spare part", None),
    ]
    assert len(await house.events(bed)) == 3


async def test_a_bed_waits_from_when_it_is_left_until_it_is_ready(house: House) -> None:
    bed, clerk = await house.bed(), house.actor(Role.CLERK)
    admission = await house.admitted(await house.patient(), bed)
    left = house.later(hours=1)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, clerk, admission_id=admission)
    for status in (BedStatus.CONTAMINATED, BedStatus.HOUSEKEEPING):
        house.later(minutes=10)
        async with house.begin() as tx:
            await beds.set_bed_status(tx, clerk, bed_id=bed, status=status)
        row = await house.row(models.Bed, bed)
        assert (row["waiting_since"], row["status_since"]) == (left, house.now)
    house.later(minutes=10)
    async with house.begin() as tx:
        await beds.set_bed_status(tx, clerk, bed_id=bed, status=BedStatus.UNOCCUPIED)
    assert (await house.row(models.Bed, bed))["waiting_since"] is None
    rows = await history(house, bed)
    assert [row["waited_since"] for row in rows] == [*[None] * 4, left]
    assert rows[-1]["occurred_at"] - rows[-1]["waited_since"] == timedelta(minutes=30)
    assert rows[-1]["created_by"] == house.users[Role.CLERK]


async def test_a_clock_that_is_behind_does_not_mix_up_the_history(house: House) -> None:
    bed, clerk = await house.bed(), house.actor(Role.CLERK)
    for minutes in (0, -5, -5):
        house.later(minutes=minutes)
        for status in (BedStatus.HOUSEKEEPING, BedStatus.UNOCCUPIED):
            async with house.begin() as tx:
                await beds.set_bed_status(tx, clerk, bed_id=bed, status=status)
    assert await broken(house.pool, house.id) == []
    times = [row["occurred_at"] for row in await history(house, bed)]
    assert times == sorted(set(times))
    assert len(times) == 6


async def test_history_is_only_added_to(house: House) -> None:
    bed = await house.bed()
    await house.admitted(await house.patient(), bed)
    for change in ("UPDATE bed_transitions SET reason = 'x'", "DELETE FROM bed_transitions"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
            await house.pool.execute(f"{change} WHERE hospital_id = $1", house.id)
    assert len(await history(house, bed)) == 1


async def test_a_reservation_is_released_by_hand(house: House) -> None:
    bed, clerk = await house.bed(), house.actor(Role.CLERK)
    with pytest.raises(Conflict, match="not reserved"):
        async with house.begin() as tx:
            await beds.release_reservation(tx, clerk, bed_id=bed)
    async with house.begin() as tx:
        await beds.reserve_bed(tx, clerk, bed_id=bed, patient_id=await house.patient())
    async with house.begin() as tx:
        await beds.release_reservation(tx, clerk, bed_id=bed)
    ended = await house.pool.fetchval(
        "SELECT ended_as FROM reservations WHERE bed_id = $1", ids.decode(models.Bed, bed)
    )
    assert ended == "RELEASED"
    assert await house.events(bed) == ["BedReserved", "BedReleased"]
    await house.admitted(await house.patient(), bed)


async def test_equipping_is_heard_where_it_changes_something(house: House) -> None:
    bed = await house.bed()
    for kinds in ([IsolationKind.AIRBORNE], [IsolationKind.AIRBORNE] * 2, []):
        async with house.begin() as tx:
            await beds.equip_bed(tx, house.actor(Role.ADMIN), bed_id=bed, isolation_for=kinds)
    assert await house.events(bed) == ["BedEquipped", "BedEquipped"]
    for role in (Role.CHARGE_NURSE, Role.CLERK):
        with pytest.raises(Forbidden):
            async with house.begin() as tx:
                await beds.equip_bed(tx, house.actor(role), bed_id=bed, isolation_for=[])
