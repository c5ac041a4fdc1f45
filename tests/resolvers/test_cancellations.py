"""What was never meant is taken back, and stays on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import models
from models.rules.beds import BedStatus
from models.rules.roles import Role
from resolvers import admissions, beds, cancellations, ids, vitals
from resolvers.errors import BadInput, Conflict, NotFound
from tests.resolvers.bed_laws import broken

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

LIMIT = timedelta(hours=24)


async def cancel(
    house: House, what: str, admission: str, role: Role = Role.CLERK, **m: Any
) -> None:
    async with house.begin() as tx:
        await getattr(cancellations, f"cancel_{what}")(
            tx, house.actor(role), admission_id=admission, **{"reason": "wrong patient", **m}
        )


async def transfer(house: House, admission: str, bed: str) -> None:
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx, house.actor(Role.CLERK), admission_id=admission, bed_id=bed
        )


async def discharge(house: House, admission: str) -> None:
    async with house.begin() as tx:
        await admissions.discharge_patient(
            tx, house.actor(Role.CLERK), admission_id=admission, disposition="home"
        )


async def history(house: House, bed: str) -> list[tuple[str, str, str, str | None]]:
    rows = await house.pool.fetch(
        "SELECT kind, from_status, to_status, reason FROM bed_transitions WHERE bed_id = $1"
        " ORDER BY occurred_at",
        ids.decode(models.Bed, bed),
    )
    return [tuple(row) for row in rows]


async def stays(house: House, patient: str) -> list[tuple[UUID, bool, bool]]:
    """Bed, whether it goes on, whether it was in error; in the order of their beginnings."""
    rows = await house.pool.fetch(
        "SELECT bed_id, ended_at, cancelled_at FROM bed_stays WHERE patient_id = $1"
        " ORDER BY started_at, id",
        ids.decode(models.Patient, patient),
    )
    return [(r["bed_id"], r["ended_at"] is None, r["cancelled_at"] is not None) for r in rows]


async def test_an_admission_in_error_leaves_a_bed_to_be_cleaned_and_its_traces(
    house: House,
) -> None:
    bed, patient = await house.bed(), await house.patient()
    admission = await house.admitted(patient, bed)
    house.later(minutes=5)
    await cancel(house, "admission", admission, reason="  the namesake ")
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["cancel_reason"]) == ("CANCELLED", "the namesake")
    assert await stays(house, patient) == [(ids.decode(models.Bed, bed), False, True)]
    assert await house.events(bed) == ["PatientAdmitted", "AdmissionCancelled"]
    assert await history(house, bed) == [
        ("ADMITTED", "UNOCCUPIED", "OCCUPIED", None),
        ("ADMISSION_CANCELLED", "OCCUPIED", "HOUSEKEEPING", "the namesake"),
    ]
    # For the bed's law it was never there: the right patient was, from the same time on.
    async with house.begin() as tx:
        await beds.set_bed_status(
            tx, house.actor(Role.CLERK), bed_id=bed, status=BedStatus.UNOCCUPIED
        )
        await admissions.admit_patient(
            tx,
            house.actor(Role.CLERK),
            patient_id=await house.patient(),
            bed_id=bed,
            admitted_at=house.now - timedelta(minutes=5),
        )
    assert await broken(house.pool, house.id) == []


async def test_who_was_cared_for_was_admitted(house: House) -> None:
    patient = await house.patient()
    admission = await house.admitted(patient, await house.bed())
    house.later(minutes=1)
    async with house.begin() as tx:
        await vitals.record_vitals(
            tx,
            house.actor(Role.NURSE),
            patient_id=patient,
            recorded_at=house.now,
            heart_rate=71,
        )
    with pytest.raises(Conflict, match="discharge instead") as refused:
        await cancel(house, "admission", admission)
    assert refused.value.extensions["allowed"] == ["ON_LEAVE", "FINISHED"]


async def test_a_doctor_who_admitted_in_error_does_not_go_on_seeing_the_patient(
    house: House,
) -> None:
    patient, bed = await house.patient(), await house.bed()
    async with house.begin() as tx:
        produced = await admissions.admit_patient(
            tx, house.actor(Role.DOCTOR), patient_id=patient, bed_id=bed
        )
    admission = ids.encode(models.Admission, produced["admission"])
    house.later(minutes=1)
    await cancel(house, "admission", admission, Role.DOCTOR)
    ended = await house.pool.fetchval(
        "SELECT ended_at FROM care_team_members WHERE patient_id = $1",
        ids.decode(models.Patient, patient),
    )
    assert ended == house.now


async def test_a_transfer_in_error_puts_the_patient_back_as_if_never_moved(house: House) -> None:
    old, new = await house.bed("med"), await house.bed("icu")
    patient = await house.patient()
    admission = await house.admitted(patient, old)
    house.later(hours=1)
    await transfer(house, admission, new)
    house.later(hours=1)
    await cancel(house, "transfer", admission)
    assert await stays(house, patient) == [
        (ids.decode(models.Bed, old), True, False),
        (ids.decode(models.Bed, new), False, True),
    ]
    assert (await house.row(models.Bed, old))["status"] == "OCCUPIED"
    assert (await house.row(models.Bed, new))["status"] == "HOUSEKEEPING"
    assert (await house.events(old))[-1] == (await house.events(new))[-1] == "TransferCancelled"
    assert await broken(house.pool, house.id) == []
    with pytest.raises(Conflict, match="did not come here by a transfer"):
        await cancel(house, "transfer", admission)


async def test_the_bed_of_before_is_had_again_or_it_is_said_why_not(house: House) -> None:
    """Taken, kept, closed, or somebody has lain there since."""
    clerk = house.actor(Role.CLERK)

    async def moved() -> tuple[str, str]:
        old = await house.bed()
        admission = await house.admitted(await house.patient(), old)
        await transfer(house, admission, await house.bed())
        async with house.begin() as tx:
            await beds.set_bed_status(tx, clerk, bed_id=old, status=BedStatus.UNOCCUPIED)
        return admission, old

    admission, taken = await moved()
    house.later(minutes=1)
    other = await house.admitted(await house.patient(), taken)
    with pytest.raises(Conflict, match="of before is occupied"):
        await cancel(house, "transfer", admission)
    house.later(minutes=1)
    await discharge(house, other)
    with pytest.raises(Conflict, match="somebody else lay in the bed"):
        await cancel(house, "transfer", admission)
    admission, kept = await moved()
    async with house.begin() as tx:
        await beds.reserve_bed(tx, clerk, bed_id=kept, patient_id=await house.patient())
    with pytest.raises(Conflict, match="reserved for another"):
        await cancel(house, "transfer", admission)
    admission, closed = await moved()
    async with house.begin() as tx:
        await beds.set_bed_status(
            tx, clerk, bed_id=closed, status=BedStatus.CLOSED, reason="a burst pipe"
        )
    with pytest.raises(Conflict, match="of before is CLOSED"):
        await cancel(house, "transfer", admission)
    assert await broken(house.pool, house.id) == []


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_discharge_in_error(house: House, elsewhere: bool) -> None:
    bed, other, patient = await house.bed(), await house.bed(), await house.patient()
    admission = await house.admitted(patient, bed)
    house.later(hours=1)
    await discharge(house, admission)
    house.later(hours=1)
    await cancel(house, "discharge", admission, bed_id=other if elsewhere else None)
    row = await house.row(models.Admission, admission)
    assert (row["status"], row["discharged_at"]) == ("IN_PROGRESS", None)
    lain = ids.decode(models.Bed, bed)
    now = ids.decode(models.Bed, other)
    expected = [(lain, False, False), (now, True, False)] if elsewhere else [(lain, True, False)]
    assert await stays(house, patient) == expected
    assert (await house.events(other if elsewhere else bed))[-1] == "DischargeCancelled"
    assert ("DISCHARGED", "OCCUPIED", "HOUSEKEEPING", "home") in await history(house, bed)
    assert await broken(house.pool, house.id) == []


async def test_the_ward_that_discharged_takes_it_back_and_no_other(house: House) -> None:
    """The patient lies nowhere by then, and is on nobody's ward."""
    here = await house.admitted(await house.patient(), await house.bed("med"))
    there = await house.admitted(await house.patient(), await house.bed("icu"))
    for admission in (here, there):
        await discharge(house, admission)
    with pytest.raises(NotFound) as refused:
        await cancel(house, "discharge", there, Role.CHARGE_NURSE)
    assert refused.value.extensions["field"] == "admissionId"
    await cancel(house, "discharge", here, Role.CHARGE_NURSE)


async def test_the_care_team_goes_on_as_before_the_discharge(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    async with house.begin() as tx:
        produced = await admissions.admit_patient(
            tx, house.actor(Role.DOCTOR), patient_id=patient, bed_id=bed
        )
    admission = ids.encode(models.Admission, produced["admission"])
    house.later(hours=1)
    await discharge(house, admission)
    house.later(hours=1)
    await cancel(house, "discharge", admission)
    rows = await house.pool.fetch(
        "SELECT ended_at FROM care_team_members WHERE patient_id = $1",
        ids.decode(models.Patient, patient),
    )
    assert [row["ended_at"] for row in rows] == [None]


@pytest.mark.parametrize("what", ["admission", "transfer", "discharge"])
@pytest.mark.parametrize("late", [False, True])
async def test_there_is_a_day_for_it(house: House, what: str, late: bool) -> None:
    """From when it was written, whatever time it was given."""
    bed, patient = await house.bed(), await house.patient()
    async with house.begin() as tx:
        produced = await admissions.admit_patient(
            tx,
            house.actor(Role.CLERK),
            patient_id=patient,
            bed_id=bed,
            admitted_at=house.now - timedelta(days=3),
        )
    admission = ids.encode(models.Admission, produced["admission"])
    house.later(minutes=1 if what != "admission" else 0)
    if what == "transfer":
        await transfer(house, admission, await house.bed())
    if what == "discharge":
        await discharge(house, admission)
    house.now += LIMIT + (timedelta(microseconds=1) if late else timedelta(0))
    if not late:
        await cancel(house, what, admission)
        return
    with pytest.raises(Conflict, match="24 hours"):
        await cancel(house, what, admission)


async def test_a_reason_is_needed(house: House) -> None:
    admission = await house.admitted(await house.patient(), await house.bed())
    with pytest.raises(BadInput) as refused:
        await cancel(house, "admission", admission, reason=" ")
    assert refused.value.extensions["field"] == "reason"


async def test_who_is_admitted_anew_or_dead_is_not_brought_back(house: House) -> None:
    patient = await house.patient()
    admission = await house.admitted(patient, await house.bed())
    house.later(minutes=1)
    await discharge(house, admission)
    house.later(minutes=1)
    await house.admitted(patient, await house.bed())
    with pytest.raises(Conflict, match="admitted already"):
        await cancel(house, "discharge", admission)
    late = await house.patient()
    admission = await house.admitted(late, await house.bed())
    await discharge(house, admission)
    await house.pool.execute(
        "UPDATE patients SET deceased_at = $2 WHERE id = $1",
        ids.decode(models.Patient, late),
        house.now,
    )
    with pytest.raises(Conflict, match="deceased"):
        await cancel(house, "discharge", admission)
