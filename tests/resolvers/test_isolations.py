"""Isolation: what it asks of a bed, who may say otherwise, and what it leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from models.rules.roles import Role
from resolvers import admissions, beds, ids, isolations, swaps
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

CONTACT, AIRBORNE = IsolationKind.CONTACT, IsolationKind.AIRBORNE


async def isolate(
    house: House, patient: str, kind: IsolationKind = CONTACT, role: Role = Role.ADMIN, **more: Any
) -> str:
    async with house.begin() as tx:
        produced = await isolations.set_isolation(
            tx, house.actor(role), patient_id=patient, kind=kind, **{"reason": "MRSA", **more}
        )
    return ids.encode(models.Isolation, produced["isolation"])


async def end(house: House, isolation: str, role: Role = Role.ADMIN) -> None:
    async with house.begin() as tx:
        await isolations.end_isolation(tx, house.actor(role), isolation_id=isolation)


async def equipped(house: House, *kinds: IsolationKind) -> str:
    bed = await house.bed()
    async with house.begin() as tx:
        await beds.equip_bed(tx, house.actor(Role.ADMIN), bed_id=bed, isolation_for=[*kinds])
    return bed


async def admit(house: House, patient: str, bed: str, role: Role = Role.CLERK, **m: Any) -> str:
    async with house.begin() as tx:
        produced = await admissions.admit_patient(
            tx, house.actor(role), patient_id=patient, bed_id=bed, **m
        )
    return ids.encode(models.Admission, produced["admission"])


async def test_an_isolated_patient_comes_to_a_bed_that_is_fit(house: House) -> None:
    patient = await house.patient()
    await isolate(house, patient, CONTACT)
    await isolate(house, patient, AIRBORNE)
    for unfit in (await house.bed(), await equipped(house, CONTACT)):
        with pytest.raises(
            Conflict, match=r"not fit for the isolation.*: overrideReason"
        ) as refused:
            await admit(house, patient, unfit)
        assert refused.value.extensions["field"] == "overrideReason"
    admission = await admit(house, patient, await equipped(house, AIRBORNE, CONTACT))
    with pytest.raises(Conflict, match="not fit for the isolation"):
        async with house.begin() as tx:
            await admissions.transfer_patient(
                tx, house.actor(Role.CLERK), admission_id=admission, bed_id=await house.bed()
            )


async def test_who_answers_for_the_ward_says_why_it_is_to_be_so_all_the_same(
    house: House,
) -> None:
    patient, bed = await house.patient(), await house.bed()
    await isolate(house, patient)
    with pytest.raises(Forbidden):
        await admit(house, patient, bed, override_reason="no other bed")
    admission = await admit(
        house, patient, bed, Role.CHARGE_NURSE, override_reason=" a cohort of two "
    )
    said = "SELECT override_reason FROM bed_stays WHERE admission_id = $1"
    kept = await house.pool.fetchval(said, ids.decode(models.Admission, admission))
    assert kept == "a cohort of two"


async def test_an_override_that_is_not_needed_is_not_kept(house: House) -> None:
    admission = await admit(
        house, await house.patient(), await house.bed(), override_reason="just in case"
    )
    said = "SELECT override_reason FROM bed_stays WHERE admission_id = $1"
    assert await house.pool.fetchval(said, ids.decode(models.Admission, admission)) is None


async def test_an_isolated_bed_that_is_reserved_by_name_is_fit(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    await isolate(house, patient)
    async with house.begin() as tx:
        clerk = house.actor(Role.CLERK)
        await beds.set_bed_status(tx, clerk, bed_id=bed, status=BedStatus.ISOLATED)
        await beds.reserve_bed(tx, clerk, bed_id=bed, patient_id=patient)
    await admit(house, patient, bed)


@pytest.mark.parametrize(
    ("kind", "over", "after"),
    [
        (CONTACT, False, "CONTAMINATED"),
        (CONTACT, True, "CONTAMINATED"),
        (IsolationKind.PROTECTIVE, False, "HOUSEKEEPING"),
    ],
)
async def test_what_is_left_in_the_bed(
    house: House, kind: IsolationKind, over: bool, after: str
) -> None:
    """Also where the isolation was over before the patient left."""
    patient, bed = await house.patient(), await house.bed()
    admission = await house.admitted(patient, bed)
    house.later(minutes=1)
    isolation = await isolate(house, patient, kind)
    if over:
        house.later(minutes=1)
        await end(house, isolation)
    house.later(minutes=1)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.CLERK), admission_id=admission)
    assert (await house.row(models.Bed, bed))["status"] == after


async def test_what_was_over_before_the_patient_came_leaves_nothing(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    isolation = await isolate(house, patient)
    house.later(minutes=1)
    await end(house, isolation)
    admission = await house.admitted(patient, bed)
    house.later(minutes=1)
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.CLERK), admission_id=admission)
    assert (await house.row(models.Bed, bed))["status"] == "HOUSEKEEPING"


async def test_a_swap_asks_both_beds(house: House) -> None:
    one, other = await house.patient(), await house.patient()
    given = {
        "admission_id": await house.admitted(one, await house.bed()),
        "other_admission_id": await house.admitted(other, await house.bed()),
    }
    await isolate(house, other)
    async with house.begin() as tx:
        with pytest.raises(Conflict, match="not fit for the isolation"):
            await swaps.swap_beds(tx, house.actor(Role.CLERK), **given)
    async with house.begin() as tx:
        await swaps.swap_beds(
            tx, house.actor(Role.CHARGE_NURSE), **given, override_reason="both carry it"
        )
    rows = await house.pool.fetch(
        "SELECT patient_id, override_reason FROM bed_stays WHERE ended_at IS NULL"
        " AND hospital_id = $1",
        house.id,
    )
    assert {row["patient_id"]: row["override_reason"] for row in rows} == {
        ids.decode(models.Patient, one): None,
        ids.decode(models.Patient, other): "both carry it",
    }


async def test_a_kind_is_in_force_once_and_can_be_said_anew(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    await house.admitted(patient, bed)
    first = await isolate(house, patient)
    began = house.now
    house.later(hours=1)
    again = await isolate(
        house, patient, reason="MRSA, confirmed", expected_end=house.now + timedelta(days=2)
    )
    assert again == first
    row = await house.row(models.Isolation, first)
    assert (row["reason"], row["started_at"]) == ("MRSA, confirmed", began)
    assert row["expected_end"] == house.now + timedelta(days=2)
    # What was expected ends nothing.
    house.later(days=3)
    async with house.begin() as tx:
        patient_id = ids.decode(models.Patient, patient)
        assert patient_id is not None
        assert await isolations.in_force(tx, patient_id) == {CONTACT}
    await end(house, first)
    with pytest.raises(Conflict, match="ended already"):
        await end(house, first)
    assert await house.events(bed) == [
        *("PatientAdmitted", "IsolationSet", "IsolationSet", "IsolationEnded"),
    ]


async def test_times_that_cannot_be(house: House) -> None:
    patient = await house.inpatient()
    for field, given in (
        ("since", {"since": house.now + timedelta(minutes=6)}),
        ("expectedEnd", {"expected_end": house.now}),
        ("reason", {"reason": " "}),
    ):
        with pytest.raises(BadInput) as refused:
            await isolate(house, patient, **given)
        assert refused.value.extensions["field"] == field


async def test_a_nurse_isolates_and_does_not_end_it(house: House) -> None:
    mine, other = await house.inpatient("med"), await house.inpatient("icu")
    isolation = await isolate(house, mine, role=Role.NURSE)
    with pytest.raises(Forbidden):
        await end(house, isolation, Role.NURSE)
    with pytest.raises(NotFound):
        await isolate(house, other, role=Role.NURSE)
    there = await isolate(house, other)
    with pytest.raises(NotFound):
        await end(house, there, Role.CHARGE_NURSE)
    await end(house, isolation, Role.CHARGE_NURSE)
    for role in (Role.CLERK, Role.LAB, Role.INTEGRATOR, Role.PATIENT):
        with pytest.raises(Forbidden):
            await isolate(house, mine, role=role)
