"""Admission, transfer and discharge on the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import pytest_asyncio

import models
from models.rules.beds import BedStatus
from models.rules.roles import Role
from resolvers import admissions, beds, ids
from resolvers.database import open_pool
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def admit(house: House, role: Role, patient: str, bed: str, **more: Any) -> UUID:
    async with house.begin() as tx:
        produced = await admissions.admit_patient(
            tx, house.actor(role), patient_id=patient, bed_id=bed, **more
        )
    admission: UUID = produced["admission"]
    return admission


async def test_an_admission_lays_the_patient_into_the_bed(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    admission_id = await admit(house, Role.CLERK, patient, bed, reason="  fever  ")
    admission = await house.row(models.Admission, admission_id)
    assert (admission["status"], admission["reason"]) == ("IN_PROGRESS", "fever")
    assert admission["admitted_at"] == house.now
    assert admission["created_by"] == house.users[Role.CLERK]
    stay = await house.pool.fetchrow(
        "SELECT * FROM bed_stays WHERE admission_id = $1", admission_id
    )
    assert stay is not None
    assert stay["bed_id"] == ids.decode(models.Bed, bed)
    assert stay["ward_id"] == house.wards["med"]
    assert stay["ended_at"] is None
    assert (await house.row(models.Bed, bed))["status"] == "OCCUPIED"
    assert await house.events(bed) == ["PatientAdmitted"]


@pytest_asyncio.fixture(loop_scope="session")
async def crowded(house: House, database_url: str) -> AsyncIterator[House]:
    """The house with twenty connections open, so that twenty do act at once."""
    pool = await open_pool(database_url, min_size=20, max_size=20)
    yield replace(house, pool=pool)
    await pool.close()


async def test_of_twenty_racers_for_a_patient_one_wins(crowded: House) -> None:
    house = crowded
    patient = await house.patient()
    racers = [await house.bed() for _ in range(20)]
    async with asyncio.timeout(30):
        ended = await asyncio.gather(
            *(admit(house, Role.CLERK, patient, bed) for bed in racers), return_exceptions=True
        )
    assert [type(each) for each in ended].count(UUID) == 1
    assert [type(each) for each in ended].count(Conflict) == 19


async def test_two_patients_can_change_places_with_nobody_waiting_for_the_other(
    house: House,
) -> None:
    """Transfers back and forth between the same beds, at once: refused or done, never stuck."""
    first, second = await house.bed(), await house.bed()
    staying = [
        await house.admitted(await house.patient(), first),
        await house.admitted(await house.patient(), second),
    ]
    spare = await house.bed()

    async def move(admission: str, bed: str) -> str:
        async with house.begin() as tx:
            try:
                await admissions.transfer_patient(
                    tx, house.actor(Role.CLERK), admission_id=admission, bed_id=bed
                )
            except Conflict:
                return "refused"
        return "moved"

    async with asyncio.timeout(30):
        ended = await asyncio.gather(
            *(move(each, bed) for _ in range(5) for each in staying for bed in (first, second)),
            move(staying[0], spare),
        )
    assert set(ended) <= {"refused", "moved"}
    current = await house.pool.fetch(
        "SELECT bed_id FROM bed_stays WHERE hospital_id = $1 AND ended_at IS NULL", house.id
    )
    occupied = await house.pool.fetch(
        "SELECT id FROM beds WHERE hospital_id = $1 AND status = 'OCCUPIED'", house.id
    )
    assert len(current) == 2
    assert {row["bed_id"] for row in current} == {row["id"] for row in occupied}


async def test_a_patient_is_admitted_once(house: House) -> None:
    patient = await house.inpatient()
    with pytest.raises(Conflict, match="admitted already"):
        await admit(house, Role.CLERK, patient, await house.bed())


@pytest.mark.parametrize("status", [BedStatus.HOUSEKEEPING, BedStatus.CLOSED])
async def test_a_bed_that_is_not_ready_takes_nobody(house: House, status: BedStatus) -> None:
    bed, patient = await house.bed(), await house.patient()
    async with house.begin() as tx:
        await beds.set_bed_status(
            tx, house.actor(Role.CLERK), bed_id=bed, status=status, reason="broken"
        )
    with pytest.raises(Conflict):
        await admit(house, Role.CLERK, patient, bed)


async def test_the_dead_are_not_admitted(house: House) -> None:
    patient = await house.patient()
    await house.pool.execute(
        "UPDATE patients SET deceased_at = $2 WHERE id = $1",
        ids.decode(models.Patient, patient),
        house.now,
    )
    with pytest.raises(Conflict, match="deceased"):
        await admit(house, Role.CLERK, patient, await house.bed())


async def test_an_earlier_time_is_taken_unless_somebody_lay_there(house: House) -> None:
    bed = await house.bed()
    admission = await house.admitted(await house.patient(), bed)
    house.later(hours=10)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.CLERK), admission_id=admission)
        await beds.set_bed_status(
            tx, house.actor(Role.CLERK), bed_id=bed, status=BedStatus.UNOCCUPIED
        )
    house.later(hours=10)
    patient = await house.patient()
    with pytest.raises(Conflict, match="somebody else lay in the bed"):
        await admit(house, Role.CLERK, patient, bed, admitted_at=house.now - timedelta(hours=15))
    since = house.now - timedelta(hours=5)
    admitted = await admit(house, Role.CLERK, patient, bed, admitted_at=since)
    assert (await house.row(models.Admission, admitted))["admitted_at"] == since


async def test_times_that_cannot_be_are_refused(house: House) -> None:
    patient, bed = await house.patient(born=date(2020, 1, 1)), await house.bed()
    for wrong in (
        house.now + timedelta(minutes=6),
        datetime(2019, 12, 31, tzinfo=UTC),
        house.now.replace(tzinfo=None),
    ):
        with pytest.raises(BadInput) as refused:
            await admit(house, Role.CLERK, patient, bed, admitted_at=wrong)
        assert refused.value.extensions["field"] == "admittedAt"


async def test_a_transfer_is_heard_on_both_wards_and_takes_the_open_alert_along(
    house: House,
) -> None:
    old, new = await house.bed("med"), await house.bed("icu")
    patient = await house.patient()
    admission = await house.admitted(patient, old)
    patient_id = ids.decode(models.Patient, patient)
    assert patient_id is not None
    alert = await open_critical_result(house, patient_id, house.wards["med"])
    house.later(hours=1)
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx, house.actor(Role.CLERK), admission_id=admission, bed_id=new
        )
    assert await house.events(old) == ["PatientAdmitted", "PatientTransferredOut"]
    assert await house.events(new) == ["PatientTransferredIn"]
    heard = await house.pool.fetch(
        "SELECT kind, ward_id FROM events WHERE patient_id = $1 AND kind <> 'PatientCharted'"
        " ORDER BY position",
        patient_id,
    )
    here, there = house.wards["med"], house.wards["icu"]
    assert [(row["kind"], row["ward_id"]) for row in heard] == [
        ("PatientAdmitted", here),
        ("PatientTransferredOut", here),
        ("CriticalResultMoved", here),
        ("CriticalResultMoved", there),
        ("PatientTransferredIn", there),
    ]
    assert (await house.row(models.Bed, old))["status"] == "HOUSEKEEPING"
    assert (await house.row(models.Bed, new))["status"] == "OCCUPIED"
    stays = await house.pool.fetch(
        "SELECT * FROM bed_stays WHERE patient_id = $1 ORDER BY started_at", patient_id
    )
    assert [stay["ended_at"] for stay in stays] == [house.now, None]
    assert stays[1]["started_at"] == house.now
    assert (await house.row(models.CriticalResult, alert))["ward_id"] == house.wards["icu"]


async def open_critical_result(house: House, patient_id: UUID, ward_id: UUID) -> UUID:
    result, alert = models.new_id(), models.new_id()
    async with house.begin() as tx:
        await tx.insert(
            models.LabResult,
            {
                "id": result,
                "hospital_id": house.id,
                "patient_id": patient_id,
                "code": "2823-3",
                "display": "Potassium",
                "interpretation": "CRITICAL_HIGH",
                "status": "FINAL",
                "observed_at": house.now,
                "issued_at": house.now,
                "sender": "test",
                "root_id": result,
            },
        )
        await tx.insert(
            models.CriticalResult,
            {
                "id": alert,
                "hospital_id": house.id,
                "patient_id": patient_id,
                "ward_id": ward_id,
                "lab_result_id": result,
                "rule": "potassium",
                "status": "OPEN",
                "raised_at": house.now,
            },
        )
    return alert


async def test_a_transfer_to_the_same_bed_is_refused(house: House) -> None:
    bed = await house.bed()
    admission = await house.admitted(await house.patient(), bed)
    async with house.begin() as tx:
        with pytest.raises(Conflict, match="lies in this bed"):
            await admissions.transfer_patient(
                tx, house.actor(Role.CLERK), admission_id=admission, bed_id=bed
            )


async def test_an_admission_without_a_bed_is_given_one_by_a_transfer(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    admission = models.new_id()
    async with house.begin() as tx:
        await tx.insert(
            models.Admission,
            {
                "id": admission,
                "hospital_id": house.id,
                "patient_id": ids.decode(models.Patient, patient),
                "status": "IN_PROGRESS",
                "admitted_at": house.now,
            },
        )
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=ids.encode(models.Admission, admission),
            bed_id=bed,
        )
    assert await house.events(bed) == ["PatientTransferredIn"]


async def test_a_discharge_empties_the_bed_and_ends_the_admission(house: House) -> None:
    bed, kept = await house.bed(), await house.bed()
    patient = await house.patient()
    admission = await house.admitted(patient, bed)
    clerk = house.actor(Role.CLERK)
    async with house.begin() as tx:
        await beds.reserve_bed(tx, clerk, bed_id=kept, patient_id=patient)
    house.later(hours=2)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, clerk, admission_id=admission, disposition="home")
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["discharged_at"]) == ("FINISHED", house.now)
    assert row["disposition"] == "home"
    assert (await house.row(models.Bed, bed))["status"] == "HOUSEKEEPING"
    assert await house.events(bed) == ["PatientAdmitted", "PatientDischarged"]
    assert await house.events(kept) == ["BedReserved", "BedReleased"]
    for again in (
        admissions.discharge_patient,
        lambda tx, actor, admission_id: admissions.transfer_patient(
            tx, actor, admission_id=admission_id, bed_id=kept
        ),
    ):
        async with house.begin() as tx:
            with pytest.raises(Conflict):
                await again(tx, clerk, admission_id=admission)


async def test_a_bed_emptied_by_a_clock_ahead_of_ours_takes_the_next(house: House) -> None:
    bed, elsewhere = await house.bed(), await house.bed()
    admission = await house.admitted(await house.patient(), bed)
    behind = house.now
    house.later(seconds=20)
    clerk = house.actor(Role.CLERK)
    async with house.begin() as tx:
        await admissions.transfer_patient(tx, clerk, admission_id=admission, bed_id=elsewhere)
        await beds.set_bed_status(tx, clerk, bed_id=bed, status=BedStatus.UNOCCUPIED)
    house.now = behind
    admitted = await admit(house, Role.CLERK, await house.patient(), bed)
    assert (await house.row(models.Admission, admitted))["admitted_at"] == behind + timedelta(
        seconds=20
    )


async def test_a_charge_nurse_admits_to_the_own_ward_alone(house: House) -> None:
    mine, other = await house.bed("med"), await house.bed("icu")
    with pytest.raises(NotFound) as refused:
        await admit(house, Role.CHARGE_NURSE, await house.patient(), other)
    assert refused.value.extensions["field"] == "bedId"
    assert await admit(house, Role.CHARGE_NURSE, await house.patient(), mine)


async def test_a_patient_of_another_ward_is_nobody_here(house: House) -> None:
    elsewhere = await house.inpatient("icu")
    bed = await house.bed("med")
    with pytest.raises(NotFound) as refused:
        await admit(house, Role.CHARGE_NURSE, elsewhere, bed)
    assert refused.value.extensions["field"] == "patientId"
    admission = await house.pool.fetchval(
        "SELECT id FROM admissions WHERE patient_id = $1", ids.decode(models.Patient, elsewhere)
    )
    charge = house.actor(Role.CHARGE_NURSE)
    async with house.begin() as tx:
        with pytest.raises(NotFound):
            await admissions.discharge_patient(
                tx, charge, admission_id=ids.encode(models.Admission, admission)
            )


async def test_who_has_not_the_scope_is_forbidden(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    admission = await house.admitted(await house.patient(), await house.bed())
    for role in (Role.NURSE, Role.LAB, Role.PHARMACIST, Role.AUDITOR, Role.PATIENT):
        with pytest.raises(Forbidden):
            await admit(house, role, patient, bed)
        async with house.begin() as tx:
            with pytest.raises(Forbidden):
                await admissions.discharge_patient(tx, house.actor(role), admission_id=admission)


async def test_ids_that_name_nothing(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    unknown = ids.encode(models.Bed, models.new_id())
    for wrong in (unknown, patient, "bed_", "nonsense"):
        with pytest.raises(NotFound):
            await admit(house, Role.CLERK, patient, wrong)
    async with house.begin() as tx:
        with pytest.raises(NotFound):
            await admissions.transfer_patient(
                tx,
                house.actor(Role.CLERK),
                admission_id=ids.encode(models.Admission, models.new_id()),
                bed_id=bed,
            )


async def test_what_is_out_of_reach_is_refused_without_waiting_for_it(house: House) -> None:
    """Somebody is at work on the patient: who does not see them must not notice."""
    admission = await house.admitted(await house.patient(), await house.bed("icu"))
    stranger = house.actor(Role.DOCTOR)
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT 1 FROM patients WHERE id ="
            " (SELECT patient_id FROM admissions WHERE id = $1) FOR UPDATE",
            ids.decode(models.Admission, admission),
        )
        async with asyncio.timeout(5), house.begin() as tx:
            with pytest.raises(NotFound):
                await admissions.discharge_patient(tx, stranger, admission_id=admission)
