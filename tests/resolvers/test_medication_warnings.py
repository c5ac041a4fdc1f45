"""Warnings that come up, stand in the way, are overridden and pass."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.allergies import Criticality
from models.rules.roles import Role
from resolvers import allergies, ids, medication_moves, medications
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from tests.resolvers.conftest import House


async def order(house: House, patient: str, drug: str, **more: Any) -> str:
    house.later(minutes=1)
    async with house.begin() as tx:
        produced = await medications.order_medication(
            tx, house.actor(Role.DOCTOR), patient_id=patient, drug=drug, **more
        )
    return ids.encode(models.MedicationOrder, produced["medication"])


async def allergic(house: House, patient: str, substance: str, role: Role = Role.NURSE) -> str:
    house.later(minutes=1)
    async with house.begin() as tx:
        produced = await allergies.record_allergy(
            tx,
            house.actor(role),
            patient_id=patient,
            substance=substance,
            criticality=Criticality.HIGH,
        )
    return ids.encode(models.Allergy, produced["allergy"])


async def take_back(house: House, allergy: str, role: Role = Role.NURSE, **more: Any) -> None:
    house.later(minutes=1)
    given = {"allergy_id": allergy, "reason": "her sister's"} | more
    async with house.begin() as tx:
        await allergies.mark_allergy_entered_in_error(tx, house.actor(role), **given)


async def move(house: House, name: str, medication: str, **more: Any) -> None:
    house.later(minutes=1)
    resolver = getattr(medication_moves, f"{name}_medication")
    async with house.begin() as tx:
        await resolver(tx, house.actor(Role.DOCTOR), medication_id=medication, **more)


async def current(house: House, medication: str) -> list[asyncpg.Record]:
    return await house.pool.fetch(
        "SELECT * FROM medication_warnings WHERE medication_order_id = $1 AND resolved_at IS NULL"
        " ORDER BY found_at, id",
        row_id(medication),
    )


def row_id(medication: str) -> UUID | None:
    return ids.decode(models.MedicationOrder, medication)


async def test_an_allergy_that_is_found_later_marks_what_runs(house: House) -> None:
    patient = await house.inpatient()
    medication = await order(house, patient, "Amoxicillin 500 MG")
    assert await current(house, medication) == []
    allergy = await allergic(house, patient, "Penicillin")
    [found] = await current(house, medication)
    assert (found["kind"], found["severity"]) == ("ALLERGY_CLASS", "HIGH")
    assert (found["allergy_id"], found["overridden_at"]) == (
        ids.decode(models.Allergy, allergy),
        None,
    )
    assert found["found_at"] == house.now
    await take_back(house, allergy)
    assert await current(house, medication) == []
    row = await house.row(models.Allergy, allergy)
    assert (row["entered_in_error_at"], row["error_reason"]) == (house.now, "her sister's")


async def test_what_is_held_waits_for_who_takes_responsibility(house: House) -> None:
    patient = await house.inpatient()
    medication = await order(house, patient, "Amoxicillin 500 MG")
    await move(house, "hold", medication, reason="rash")
    await allergic(house, patient, "Amoxicillin")
    with pytest.raises(Conflict) as refused:
        await move(house, "resume", medication)
    [warning] = refused.value.extensions["warnings"]
    assert (warning["kind"], warning["severity"]) == ("ALLERGY_SUBSTANCE", "HIGH")
    assert warning["source"]
    await move(house, "resume", medication, override_reason="desensitised")
    [found] = await current(house, medication)
    assert found["override_reason"] == "desensitised"
    assert (found["overridden_at"], found["overridden_by"]) == (
        house.now,
        house.users[Role.DOCTOR],
    )
    row = await house.row(models.MedicationOrder, medication)
    assert (row["status"], row["override_reason"], row["hold_reason"]) == (
        "ACTIVE",
        "desensitised",
        None,
    )
    # What was answered is not asked again.
    await move(house, "hold", medication, reason="nausea")
    await move(house, "resume", medication)


async def test_two_drugs_that_harm_together(house: House) -> None:
    patient = await house.inpatient()
    warfarin = await order(house, patient, "Warfarin Sodium 5 MG Oral Tablet")
    with pytest.raises(Conflict) as refused:
        await order(house, patient, "a brand", code="B01AC06")
    [warning] = refused.value.extensions["warnings"]
    assert warning == {
        "kind": "INTERACTION",
        "severity": "HIGH",
        "message": "warfarin with aspirin: bleeding",
        "source": "FDA label of warfarin, 7: antiplatelet agents",
    }
    aspirin = await order(house, patient, "aspirin", override_reason="a stent")
    [found] = await current(house, aspirin)
    assert (found["other_order_id"], found["override_reason"]) == (row_id(warfarin), "a stent")
    await move(house, "discontinue", warfarin, reason="bleeding")
    assert await current(house, aspirin) == []


async def test_a_draft_is_warned_of_what_came_since(house: House) -> None:
    patient = await house.inpatient()
    draft = await order(house, patient, "Ibuprofen", draft=True)
    await allergic(house, patient, "Aspirin")
    with pytest.raises(Conflict):
        await move(house, "start", draft)
    await move(house, "start", draft, override_reason="took it last year")
    row = await house.row(models.MedicationOrder, draft)
    assert (row["status"], row["starts_at"]) == ("ACTIVE", house.now)


async def test_what_was_to_begin_later_begins_now_or_is_cancelled(house: House) -> None:
    patient = await house.inpatient()
    later = house.now + timedelta(hours=5)
    first = await order(house, patient, "Ibuprofen", starts_at=later)
    await move(house, "start", first)
    assert (await house.row(models.MedicationOrder, first))["starts_at"] == house.now
    with pytest.raises(Conflict) as refused:
        await move(house, "start", first)
    assert "STOPPED" in refused.value.extensions["allowed"]
    second = await order(house, patient, "Paracetamol", starts_at=later)
    await move(house, "discontinue", second, reason="no pain")
    row = await house.row(models.MedicationOrder, second)
    assert (row["status"], row["stop_reason"]) == ("CANCELLED", "no pain")


async def test_an_order_whose_end_has_passed_does_not_start(house: House) -> None:
    patient = await house.inpatient()
    over = house.now + timedelta(hours=1)
    draft = await order(house, patient, "Ibuprofen", draft=True, ends_at=over)
    house.later(hours=2)
    with pytest.raises(Conflict):
        await move(house, "start", draft)


async def test_the_history_says_who_when_and_why(house: House) -> None:
    medication = await order(house, await house.inpatient(), "Ibuprofen")
    began = house.now
    await move(house, "hold", medication, reason="nausea")
    await move(house, "resume", medication, reason="well again")
    await move(house, "complete", medication)
    rows = await house.pool.fetch(
        "SELECT * FROM medication_order_steps WHERE medication_order_id = $1"
        " ORDER BY occurred_at, id",
        row_id(medication),
    )
    assert [(row["kind"], row["status"], row["reason"]) for row in rows] == [
        ("ORDERED", "ACTIVE", None),
        ("HELD", "ON_HOLD", "nausea"),
        ("RESUMED", "ACTIVE", "well again"),
        ("COMPLETED", "COMPLETED", None),
    ]
    assert {row["user_id"] for row in rows} == {house.users[Role.DOCTOR]}
    assert [row["occurred_at"] - began for row in rows] == [
        timedelta(minutes=passed) for passed in range(4)
    ]


async def test_an_order_and_an_allergy_at_once_are_not_both_unaware(house: House) -> None:
    for _ in range(4):
        patient = await house.inpatient()
        async with asyncio.timeout(30):
            placed, _ = await asyncio.gather(
                order(house, patient, "Amoxicillin"),
                allergic(house, patient, "Penicillin"),
                return_exceptions=True,
            )
        if isinstance(placed, str):
            assert [one["kind"] for one in await current(house, placed)] == ["ALLERGY_CLASS"]
        else:
            assert isinstance(placed, Conflict)


async def test_every_move_leaves_an_event_of_the_patient(house: House) -> None:
    patient = await house.inpatient()
    medication = await order(house, patient, "Ibuprofen")
    before = len(await house.events(patient))
    await move(house, "hold", medication, reason="nausea")
    allergy = await allergic(house, patient, "Latex")
    await take_back(house, allergy)
    events = await house.events(patient)
    assert events[before:] == ["PatientCharted"] * 3


async def test_who_may(house: House) -> None:
    patient = await house.inpatient()
    medication = await order(house, patient, "Ibuprofen")
    allergy = await allergic(house, patient, "Latex")
    for role in (Role.NURSE, Role.CHARGE_NURSE, Role.LAB, Role.INTEGRATOR):
        with pytest.raises(Forbidden):
            async with house.begin() as tx:
                await medication_moves.hold_medication(
                    tx, house.actor(role), medication_id=medication, reason="nausea"
                )
    for role in (Role.LAB, Role.CLERK, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await take_back(house, allergy, role)
    # An integrator takes back what it wrote itself, and nothing else.
    with pytest.raises(NotFound):
        await take_back(house, allergy, Role.INTEGRATOR)
    own = await allergic(house, patient, "Dust", Role.INTEGRATOR)
    await take_back(house, own, Role.INTEGRATOR)
    with pytest.raises(Conflict):
        await take_back(house, own, Role.INTEGRATOR)
    for wrong in ("", " "):
        with pytest.raises(BadInput):
            await take_back(house, allergy, reason=wrong)
        with pytest.raises(BadInput):
            await move(house, "hold", medication, reason=wrong)
