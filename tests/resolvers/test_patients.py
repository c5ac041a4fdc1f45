"""Registering patients and recording their allergies."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import models
from models.rules.allergies import Criticality
from models.rules.patients import Sex
from models.rules.roles import Role
from resolvers import allergies, patients
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

SOMEBODY: dict[str, Any] = {
    "mrn": "A-1",
    "given_name": "Ada",
    "family_name": "Example",
    "sex": Sex.FEMALE,
}


async def register(house: House, role: Role = Role.CLERK, **values: Any) -> UUID:
    async with house.begin() as tx:
        produced = await patients.register_patient(tx, house.actor(role), **(SOMEBODY | values))
    patient: UUID = produced["patient"]
    return patient


async def test_a_patient_is_registered_as_written_but_for_the_space(house: House) -> None:
    patient = await register(
        house,
        given_name="  Ada\t",
        birth_date=date(1990, 2, 28),
        email="ada@example.org",
        address="1 High Street\r\nTown",
        phone="   ",
        national_id="X 1",
    )
    row = await house.row(models.Patient, patient)
    assert (row["given_name"], row["sex"], row["phone"]) == ("Ada", "FEMALE", None)
    assert row["address"] == "1 High Street\nTown"
    assert (row["created_by"], row["created_at"]) == (house.users[Role.CLERK], house.now)


async def test_an_mrn_is_given_once_in_a_hospital(house: House) -> None:
    async with asyncio.timeout(30):
        ended = await asyncio.gather(*(register(house) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, UUID) for each in ended) == 1
    refused = [each for each in ended if isinstance(each, Conflict)]
    assert len(refused) == 5
    assert all("Ada" not in str(each) and "A-1" not in str(each) for each in refused)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mrn": " "}, "mrn"),
        ({"given_name": "x" * 201}, "givenName"),
        ({"family_name": "a\x00b"}, "familyName"),
        ({"family_name": "a\nb"}, "familyName"),
        ({"family_name": "\ud800"}, "familyName"),
        ({"family_name": "\u200b"}, "familyName"),
        ({"birth_date": date(1879, 12, 31)}, "birthDate"),
        ({"email": "nobody"}, "email"),
        ({"address": "x" * 2001}, "address"),
    ],
)
async def test_what_cannot_be(house: House, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        await register(house, **wrong)
    assert refused.value.extensions["field"] == field


async def test_a_birth_date_is_not_in_the_future(house: House) -> None:
    with pytest.raises(BadInput):
        await register(house, birth_date=house.now.date() + timedelta(days=2))
    assert await register(house, birth_date=house.now.date())


@pytest.mark.parametrize("role", [Role.NURSE, Role.DOCTOR, Role.LAB, Role.AUDITOR, Role.PATIENT])
async def test_who_may_not_register(house: House, role: Role) -> None:
    with pytest.raises(Forbidden):
        await register(house, role)


async def test_an_allergy_is_recorded(house: House) -> None:
    patient = await house.inpatient()
    async with house.begin() as tx:
        produced = await allergies.record_allergy(
            tx,
            house.actor(Role.NURSE),
            patient_id=patient,
            substance="Penicillin",
            criticality=Criticality.HIGH,
            reaction="rash\nand fever",
        )
    row = await house.row(models.Allergy, produced["allergy"])
    assert (row["substance"], row["criticality"]) == ("Penicillin", "HIGH")
    assert row["reaction"] == "rash\nand fever"
    assert row["recorded_at"] == house.now


async def test_an_allergy_of_a_patient_elsewhere_cannot_be_recorded(house: House) -> None:
    patient = await house.inpatient("icu")
    async with house.begin() as tx:
        with pytest.raises(NotFound):
            await allergies.record_allergy(
                tx,
                house.actor(Role.NURSE),
                patient_id=patient,
                substance="Penicillin",
                criticality=Criticality.LOW,
            )
        with pytest.raises(Forbidden):
            await allergies.record_allergy(
                tx,
                house.actor(Role.CLERK),
                patient_id=patient,
                substance="Penicillin",
                criticality=Criticality.LOW,
            )
