"""Orders and their warnings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.allergies import Criticality
from models.rules.roles import Role
from resolvers import allergies, ids, medication_moves, medications
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound, Refusal

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def order(
    house: House, patient: str, drug: str = "Amoxicillin", *, role: Role = Role.DOCTOR, **more: Any
) -> str:
    async with house.begin() as tx:
        produced = await medications.order_medication(
            tx, house.actor(role), patient_id=patient, drug=drug, **more
        )
    return ids.encode(models.MedicationOrder, produced["medication"])


async def allergic(house: House, patient: str, substance: str) -> None:
    async with house.begin() as tx:
        await allergies.record_allergy(
            tx,
            house.actor(Role.NURSE),
            patient_id=patient,
            substance=substance,
            criticality=Criticality.HIGH,
        )


async def stop(house: House, medication: str, **more: Any) -> None:
    async with house.begin() as tx:
        await medication_moves.discontinue_medication(
            tx, house.actor(Role.DOCTOR), medication_id=medication, reason="rash", **more
        )


async def test_an_order_is_active_and_signed(house: House) -> None:
    medication = await order(
        house,
        await house.inpatient(),
        code="723",
        dose=Decimal(500),
        dose_unit="mg",
        route="by mouth",
        frequency="t.i.d.",
    )
    row = await house.row(models.MedicationOrder, medication)
    assert (row["status"], row["frequency"], row["dose"]) == ("ACTIVE", "TID", Decimal(500))
    assert (row["route"], row["dose_unit"]) == ("PO", "mg")
    assert (row["times"], row["times_by_default"]) == (["08:00", "14:00", "20:00"], True)
    assert (row["starts_at"], row["ends_at"]) == (house.now, None)
    assert (row["ordered_at"], row["created_by"]) == (house.now, house.users[Role.DOCTOR])
    assert row["warnings"] == []


async def test_times_that_are_chosen_are_kept_in_order(house: House) -> None:
    medication = await order(
        house, await house.inpatient(), frequency="BID", times=["21:30", "07:30"]
    )
    row = await house.row(models.MedicationOrder, medication)
    assert (row["times"], row["times_by_default"]) == (["07:30", "21:30"], False)


async def test_as_needed_says_for_what_and_how_often_at_most(house: House) -> None:
    medication = await order(
        house,
        await house.inpatient(),
        frequency="Q6H",
        as_needed=True,
        as_needed_reason="pain",
        max_per_day=4,
        dose=Decimal(1),
        dose_unit="tablets",
    )
    row = await house.row(models.MedicationOrder, medication)
    assert (row["as_needed"], row["as_needed_reason"], row["max_per_day"]) == (True, "pain", 4)
    assert (row["times"], row["dose_unit"]) == ([], "{tablet}")


async def test_as_needed_is_else_given_as_often_as_its_frequency_says(house: House) -> None:
    medication = await order(
        house, await house.inpatient(), frequency="TID", as_needed=True, as_needed_reason="pain"
    )
    assert (await house.row(models.MedicationOrder, medication))["max_per_day"] == 3


async def test_what_begins_a_moment_ago_begins_now(house: House) -> None:
    ago = house.now - timedelta(minutes=4, seconds=59)
    medication = await order(house, await house.inpatient(), starts_at=ago)
    assert (await house.row(models.MedicationOrder, medication))["starts_at"] == house.now


async def test_an_order_may_begin_later_and_be_over_by_a_time(house: House) -> None:
    begins, over = house.now + timedelta(hours=1), house.now + timedelta(days=7)
    medication = await order(house, await house.inpatient(), starts_at=begins, ends_at=over)
    row = await house.row(models.MedicationOrder, medication)
    assert (row["status"], row["starts_at"], row["ends_at"]) == ("ACTIVE", begins, over)


async def test_an_allergy_stands_in_the_way_until_a_reason_is_given(house: House) -> None:
    patient = await house.inpatient()
    await allergic(house, patient, "Penicillin")
    with pytest.raises(Conflict) as refused:
        await order(house, patient, "Amoxicillin 500 MG Oral Tablet")
    warnings = refused.value.extensions["warnings"]
    assert [warning["kind"] for warning in warnings] == ["ALLERGY_CLASS"]
    assert "penicillins" in warnings[0]["message"]

    medication = await order(
        house, patient, "Amoxicillin 500 MG Oral Tablet", override_reason="tolerated in 2024"
    )
    row = await house.row(models.MedicationOrder, medication)
    assert row["override_reason"] == "tolerated in 2024"
    assert len(row["warnings"]) == 1
    assert "penicillins" in row["warnings"][0]
    assert row["warnings"][0].startswith("ALLERGY_CLASS: ")


async def test_an_allergy_entered_in_error_does_not(house: House) -> None:
    patient = await house.inpatient()
    await allergic(house, patient, "Penicillin")
    await house.pool.execute(
        "UPDATE allergies SET entered_in_error_at = now() WHERE patient_id = $1",
        ids.decode(models.Patient, patient),
    )
    assert await order(house, patient)


async def test_an_integrator_does_not_learn_of_an_allergy_by_ordering(house: House) -> None:
    patient = await house.inpatient()
    await allergic(house, patient, "Penicillin")
    with pytest.raises(Conflict) as refused:
        await order(house, patient, role=Role.INTEGRATOR)
    assert refused.value.extensions["warnings"] == [{"kind": "ALLERGY_CLASS"}]
    # Nor by reading its own order.
    medication = await order(house, patient, role=Role.INTEGRATOR, override_reason="as sent")
    row = await house.row(models.MedicationOrder, medication)
    assert row["warnings"] == ["ALLERGY_CLASS"]


async def test_the_same_drug_twice_is_warned_of_while_the_first_runs(house: House) -> None:
    patient = await house.inpatient()
    first = await order(house, patient, "Ibuprofen")
    with pytest.raises(Conflict) as refused:
        await order(house, patient, "ibuprofen 200 mg tablet")
    assert [each["kind"] for each in refused.value.extensions["warnings"]] == ["DUPLICATE_DRUG"]
    await stop(house, first)
    assert await order(house, patient, "Ibuprofen")


async def test_a_reason_without_a_warning_is_not_kept(house: House) -> None:
    medication = await order(house, await house.inpatient(), override_reason="just in case")
    assert (await house.row(models.MedicationOrder, medication))["override_reason"] is None


async def test_two_orders_of_a_drug_at_once_are_not_both_unaware(house: House) -> None:
    patient = await house.inpatient()
    async with asyncio.timeout(30):
        ended = await asyncio.gather(
            *(order(house, patient, "Ibuprofen") for _ in range(6)), return_exceptions=True
        )
    assert sum(isinstance(each, str) for each in ended) == 1
    assert sum(isinstance(each, Conflict) for each in ended) == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"dose": Decimal(0), "dose_unit": "mg"}, "dose"),
        ({"dose": Decimal("NaN"), "dose_unit": "mg"}, "dose"),
        ({"dose": Decimal(5)}, "doseUnit"),
        ({"dose": Decimal(5), "dose_unit": "lumps"}, "doseUnit"),
        ({"dose": Decimal(5), "dose_unit": "1"}, "doseUnit"),
        ({"route": "somehow"}, "route"),
        ({"frequency": "now and then"}, "frequency"),
        ({"frequency": "BID", "times": ["08:00"]}, "times"),
        ({"frequency": "QD", "times": ["8 am"]}, "times"),
        ({"times": ["08:00"]}, "times"),
        ({"as_needed": True, "as_needed_reason": "pain"}, "maxPerDay"),
        ({"as_needed": True, "as_needed_reason": "pain", "max_per_day": 0}, "maxPerDay"),
        ({"max_per_day": 4}, "maxPerDay"),
        ({"starts_at": timedelta(minutes=-5)}, "startsAt"),
        ({"ends_at": timedelta(0)}, "endsAt"),
        ({"starts_at": timedelta(hours=2), "ends_at": timedelta(hours=2)}, "endsAt"),
        ({"frequency": "PRN"}, "frequency"),
        ({"as_needed": True}, "asNeededReason"),
        ({"as_needed": False, "as_needed_reason": "pain"}, "asNeededReason"),
        ({"drug": "  "}, "drug"),
        ({"drug": "x" * 201}, "drug"),
        ({"override_reason": "x" * 2001}, "overrideReason"),
    ],
)
async def test_an_order_that_cannot_be(house: House, wrong: dict[str, Any], field: str) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput) as refused:
        await order(house, patient, **({"drug": "Ibuprofen"} | _at(house, wrong)))
    assert refused.value.extensions["field"] == field


def _at(house: House, given: dict[str, Any]) -> dict[str, Any]:
    """Times that are given as so long from now."""
    return {
        name: house.now + value if isinstance(value, timedelta) else value
        for name, value in given.items()
    }


async def test_an_order_is_discontinued_once(house: House) -> None:
    medication = await order(house, await house.inpatient())
    house.later(hours=1)
    await stop(house, medication)
    row = await house.row(models.MedicationOrder, medication)
    assert (row["status"], row["stopped_at"], row["stop_reason"]) == ("STOPPED", house.now, "rash")
    with pytest.raises(Conflict):
        await stop(house, medication)


async def test_scopes_and_reach(house: House) -> None:
    elsewhere, here = await house.inpatient("icu"), await house.inpatient("med")
    with pytest.raises(NotFound):
        await order(house, elsewhere)
    for role in (Role.NURSE, Role.LAB, Role.CLERK, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await order(house, here, role=role)
    medication = await order(house, elsewhere, role=Role.PHARMACIST)
    with pytest.raises(Refusal):
        await stop(house, medication)
