"""What was given."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.administrations import AdministrationStatus
from models.rules.roles import Role
from resolvers import administrations, ids, medication_moves, medications
from resolvers.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def order(house: House, patient: str, *, role: Role = Role.DOCTOR, **more: Any) -> str:
    async with house.begin() as tx:
        produced = await medications.order_medication(
            tx, house.actor(role), patient_id=patient, drug="Amoxicillin", **more
        )
    return ids.encode(models.MedicationOrder, produced["medication"])


async def stop(house: House, medication: str) -> None:
    async with house.begin() as tx:
        await medication_moves.discontinue_medication(
            tx, house.actor(Role.DOCTOR), medication_id=medication, reason="rash"
        )


async def record(house: House, medication: str, status: AdministrationStatus, **more: Any) -> Any:
    async with house.begin() as tx:
        produced = await administrations.record_administration(
            tx, house.actor(Role.NURSE), medication_id=medication, status=status, **more
        )
    return await house.row(models.MedicationAdministration, produced["administration"])


async def test_a_dose_given_is_the_dose_that_was_ordered(house: House) -> None:
    medication = await order(house, await house.inpatient(), dose=Decimal("2.5"), dose_unit="mg")
    given = await record(house, medication, AdministrationStatus.GIVEN)
    assert (given["dose"], given["dose_unit"]) == (Decimal("2.5"), "mg")
    assert (given["given_at"], given["given_by"]) == (house.now, house.users[Role.NURSE])
    half = await record(house, medication, AdministrationStatus.GIVEN, dose=Decimal("1.25"))
    assert (half["dose"], half["dose_unit"]) == (Decimal("1.25"), "mg")


async def test_a_dose_that_was_not_given_says_why(house: House) -> None:
    medication = await order(house, await house.inpatient(), dose=Decimal(1), dose_unit="g")
    with pytest.raises(BadInput) as refused:
        await record(house, medication, AdministrationStatus.NOT_GIVEN, reason=" ")
    assert refused.value.extensions["field"] == "reason"
    row = await record(house, medication, AdministrationStatus.NOT_GIVEN, reason="asleep")
    assert (row["reason"], row["dose"]) == ("asleep", None)


async def test_nothing_is_given_of_an_order_that_was_stopped(house: House) -> None:
    medication = await order(house, await house.inpatient())
    await stop(house, medication)
    with pytest.raises(Conflict) as refused:
        await record(house, medication, AdministrationStatus.GIVEN)
    assert refused.value.extensions["allowed"] == ["ENTERED_IN_ERROR"]


async def test_a_dose_of_the_future_is_refused(house: House) -> None:
    medication = await order(house, await house.inpatient())
    with pytest.raises(BadInput) as refused:
        await record(
            house,
            medication,
            AdministrationStatus.GIVEN,
            given_at=house.now + timedelta(minutes=6),
        )
    assert refused.value.extensions["field"] == "givenAt"


async def test_nobody_records_a_dose_of_a_patient_out_of_reach(house: House) -> None:
    medication = await order(house, await house.inpatient("icu"), role=Role.PHARMACIST)
    with pytest.raises(NotFound):
        await record(house, medication, AdministrationStatus.GIVEN)
