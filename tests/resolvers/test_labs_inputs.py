"""The mutation that records laboratory results: each result of a call on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import ids, labs
from resolvers.errors import BadInput, Forbidden
from tests.resolvers.laboratory import alerts, rules

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


@dataclass
class Given:
    """A result as the mutation gets it."""

    observed_at: datetime
    patient_id: str | None = None
    mrn: str | None = None
    code: str = "2823-3"
    display: str | None = "Potassium"
    panel: str | None = None
    value: Decimal | None = Decimal("4.1")
    comparator: str | None = None
    text: str | None = None
    unit: str | None = "mmol/L"
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    specimen: str | None = None
    sender_flag: str | None = None
    status: ResultStatus | None = ResultStatus.FINAL
    external_id: str | None = None
    ordered_by: str | None = None


async def record(house: House, *results: Given, role: Role = Role.LAB) -> list[dict[str, Any]]:
    async with house.begin() as tx:
        produced = await labs.record_lab_results(tx, house.actor(role), results=results)
    outcomes: list[dict[str, Any]] = produced["outcomes"]
    return outcomes


async def test_recording_by_id_and_by_record_number(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    mrn = (await house.row(models.Patient, patient))["mrn"]
    outcomes = await record(
        house,
        Given(house.now, patient_id=patient, value=Decimal("6.9")),
        Given(house.now, mrn=f" {mrn} ", display=None),
        Given(house.now, patient_id=patient, mrn=mrn, code="WINPATH-1", text="trace", value=None),
        role=Role.INTEGRATOR,
    )
    assert [one["outcome"] for one in outcomes] == ["CREATED"] * 3
    assert [one["index"] for one in outcomes] == [0, 1, 2]
    rows = [await house.row(models.LabResult, one["lab_result"]) for one in outcomes]
    assert {row["patient_id"] for row in rows} == {ids.decode(models.Patient, patient)}
    assert {row["sender"] for row in rows} == {f"user:{house.users[Role.INTEGRATOR]}"}
    assert [row["display"] for row in rows] == ["Potassium", "2823-3", "Potassium"]
    assert [row["unmapped"] for row in rows] == [False, False, True]
    assert len(await alerts(house, patient)) == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"patient_id": None}, "BAD_USER_INPUT", "results[1].patientId"),
    ({"patient_id": "pat_nonsense"}, "NOT_FOUND", "results[1].patientId"),
    ({"patient_id": f"pat_{models.new_id()}"}, "NOT_FOUND", "results[1].patientId"),
    ({"patient_id": None, "mrn": "nobody"}, "NOT_FOUND", "results[1].mrn"),
    ({"patient_id": None, "mrn": "no\0body"}, "NOT_FOUND", "results[1].mrn"),
    ({"code": "  "}, "BAD_USER_INPUT", "results[1].code"),
    ({"code": "2" * 65}, "BAD_USER_INPUT", "results[1].code"),
    ({"display": "x" * 201}, "BAD_USER_INPUT", "results[1].display"),
    ({"panel": "a\x07b"}, "BAD_USER_INPUT", "results[1].panel"),
    ({"value": None}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("NaN")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("-Infinity")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("1e31")}, "BAD_USER_INPUT", "results[1].value"),
    ({"value": Decimal("0." + "1" * 31)}, "BAD_USER_INPUT", "results[1].value"),
    ({"comparator": "~"}, "BAD_USER_INPUT", "results[1].comparator"),
    ({"comparator": "<", "value": None, "text": "x"}, "BAD_USER_INPUT", "results[1].comparator"),
    ({"text": "x" * 2001}, "BAD_USER_INPUT", "results[1].text"),
    ({"unit": "m\0mol"}, "BAD_USER_INPUT", "results[1].unit"),
    (
        {"reference_low": Decimal(5), "reference_high": Decimal(3)},
        "BAD_USER_INPUT",
        "results[1].referenceLow",
    ),
    ({"external_id": "x" * 201}, "BAD_USER_INPUT", "results[1].externalId"),
    ({"sender_flag": "HHH"}, "BAD_USER_INPUT", "results[1].senderFlag"),
    ({"ordered_by": "nobody"}, "NOT_FOUND", "results[1].orderedBy"),
    ({"ordered_by": "no\0body"}, "NOT_FOUND", "results[1].orderedBy"),
]


@pytest.mark.parametrize(("wrong", "code", "field"), BAD)
async def test_a_bad_result_is_rejected_and_the_others_go_on(
    house: House, wrong: dict[str, Any], code: str, field: str
) -> None:
    patient = await house.inpatient()
    good = Given(house.now, patient_id=patient)
    outcomes = await record(house, good, replace(good, **wrong), good)
    assert [one["outcome"] for one in outcomes] == ["CREATED", "REJECTED", "CREATED"]
    assert (outcomes[1]["code"], outcomes[1]["lab_result"]) == (code, None)
    assert field in outcomes[1]["message"]


async def test_times_that_cannot_be_are_rejected(house: House) -> None:
    patient = await house.inpatient()
    good = Given(house.now + timedelta(minutes=4), patient_id=patient)
    outcomes = await record(
        house,
        good,
        replace(good, observed_at=house.now + timedelta(minutes=6)),
        replace(good, observed_at=house.now.replace(tzinfo=None)),
    )
    assert [one["outcome"] for one in outcomes] == ["CREATED", "REJECTED", "REJECTED"]
    assert "results[2].observedAt" in outcomes[2]["message"]


async def test_two_names_of_two_patients_are_rejected(house: House) -> None:
    one, other = await house.inpatient(), await house.inpatient()
    mrn = (await house.row(models.Patient, other))["mrn"]
    [outcome] = await record(house, Given(house.now, patient_id=one, mrn=mrn))
    assert (outcome["outcome"], outcome["code"]) == ("REJECTED", "BAD_USER_INPUT")


async def test_messages_do_not_carry_what_was_sent(house: House) -> None:
    [outcome] = await record(house, Given(house.now, mrn="MRN-SECRET"))
    assert "SECRET" not in outcome["message"]


async def test_another_hospitals_patient_is_not_found(house: House) -> None:
    hospital, patient = models.new_id(), models.new_id()
    await house.pool.execute(
        "INSERT INTO hospitals (id, code, name) VALUES ($1, $2, 'Elsewhere')",
        hospital,
        str(hospital),
    )
    await house.pool.execute(
        "INSERT INTO patients (id, hospital_id, mrn, given_name, family_name, sex)"
        " VALUES ($1, $2, 'ELSEWHERE', 'A', 'B', 'FEMALE')",
        patient,
        hospital,
    )
    outcomes = await record(
        house,
        Given(house.now, patient_id=ids.encode(models.Patient, patient)),
        Given(house.now, mrn="ELSEWHERE"),
    )
    assert [one["code"] for one in outcomes] == ["NOT_FOUND", "NOT_FOUND"]


async def test_a_nurse_may_not_record_results(house: House) -> None:
    with pytest.raises(Forbidden):
        await record(house, role=Role.NURSE)


async def test_one_call_carries_so_many_results_and_no_more(house: House) -> None:
    house.policy = replace(house.policy, max_results_per_call=2)
    patient = await house.inpatient()
    one = Given(house.now, patient_id=patient)
    assert len(await record(house, one, one)) == 2
    assert await record(house) == []
    with pytest.raises(BadInput) as refused:
        await record(house, one, one, one)
    assert refused.value.extensions == {
        "code": "BAD_USER_INPUT",
        "field": "results",
        "limit": "<= 2",
    }
    rows = await house.pool.fetchval(
        "SELECT count(*) FROM lab_results WHERE hospital_id = $1", house.id
    )
    assert rows == 2
