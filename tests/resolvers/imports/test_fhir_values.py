"""The kinds of values and states that FHIR resources come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from resolvers.imports.ledger import Outcome

Make = Callable[..., Any]

LAB = "SELECT * FROM lab_results WHERE hospital_id = $1"
KIND = "Observation (laboratory)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg"}},
            (Decimal(5), "<", None, "mg"),
        ),
        ({"valueInteger": 3}, (Decimal(3), None, None, None)),
        ({"valueBoolean": False}, (None, None, "false", None)),
        ({"valueString": "no growth"}, (None, None, "no growth", None)),
        ({"valueCodeableConcept": {"text": "Negative"}}, (None, None, "Negative", None)),
    ],
)
async def test_values_of_every_kind(
    desk: Any, patient: Any, lab: Make, bundle: Make, *, value: Any, expected: Any
) -> None:
    observed = lab("o1", "2823-3", 4, "mmol/L", desk.now)
    del observed["valueQuantity"]
    await desk.fhir(bundle(patient, observed | value))
    row = await desk.one(LAB)
    assert (row["value"], row["comparator"], row["text"], row["unit"]) == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valueQuantity": {"unit": "mg"}}, "the value is missing"),
        ({"valueQuantity": {"value": "4"}, "status": "unknown"}, "the status says neither"),
        ({"valueQuantity": {"value": 4, "comparator": "ad"}}, "a comparator that is not known"),
        ({"valueQuantity": None, "valueString": None}, "the value is missing"),
        ({"code": {}}, "the code of the test is missing"),
        ({"subject": {}}, "it does not say whose it is"),
        ({"effectiveDateTime": None}, "the time of the observation is missing"),
        ({"effectiveDateTime": "1066-10-14"}, "the time of the observation is too long ago"),
    ],
)
async def test_what_cannot_be_a_result(
    desk: Any, patient: Any, lab: Make, bundle: Make, *, change: Any, reason: str
) -> None:
    observed = lab("o1", "2823-3", 4, "mmol/L", desk.now) | change
    ledger = await desk.fhir(bundle(patient, observed))
    ((_, found),) = ledger.reasons
    assert found.startswith(reason)


async def test_local_codes_are_marked_and_ranges_and_flags_are_read(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    observed = lab("o1", "x", 4, "mmol/L", desk.now)
    observed["code"] = {"coding": [{"system": "urn:local", "code": "K", "display": "Kalium"}]}
    observed["referenceRange"] = [{"low": {"value": 3.5, "unit": "mmol/L"}, "high": {"value": 5}}]
    observed["interpretation"] = [{"coding": [{"code": "n"}]}]
    ledger = await desk.fhir(bundle(patient, observed))
    assert ledger.total(Outcome.UNMAPPED, KIND) == 1
    row = await desk.one(LAB)
    assert (row["code"], row["unmapped"], row["sender_flag"]) == ("K", True, "N")
    assert (row["reference_low"], row["reference_high"]) == (Decimal("3.5"), Decimal(5))


async def test_components_and_vitals_taken_back_are_kept_unmapped(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    parts = lab("o1", "24356-8", 0, "", desk.now, component=[{"valueString": "clear"}])
    del parts["valueQuantity"]
    vital = [{"coding": [{"code": "vital-signs"}]}]
    wrong = lab("o2", "8867-4", 80, "/min", desk.now, category=vital, status="entered-in-error")
    await desk.fhir(bundle(patient, parts, wrong))
    rows = await desk.all("SELECT reason FROM unmapped_observations WHERE hospital_id = $1")
    assert {row["reason"] for row in rows} == {
        "a laboratory result in components",
        "a vital sign that was taken back",
    }
    assert await desk.all("SELECT id FROM vital_signs WHERE hospital_id = $1") == []


async def test_two_values_of_one_measurement_leave_the_first(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    vital = [{"coding": [{"code": "vital-signs"}]}]
    pulses = [lab(f"v{n}", "8867-4", n, "/min", desk.now, category=vital) for n in (80, 80, 120)]
    ledger = await desk.fhir(bundle(patient, *pulses))
    assert ledger.total(Outcome.CREATED, "Observation (vital-signs)") == 2
    assert ledger.total(Outcome.REJECTED, "Observation (vital-signs)") == 1
    row = await desk.one("SELECT heart_rate FROM vital_signs WHERE hospital_id = $1")
    assert row["heart_rate"] == 80


def dosed(*steps: Any, **other: Any) -> Any:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2024-02-03T04:05:06Z",
        "medicationCodeableConcept": {"text": "Prednisolone"},
        "dosageInstruction": list(steps),
        **other,
    }


def timed(times: int, period: int, unit: str) -> Any:
    return {"timing": {"repeat": {"frequency": times, "period": period, "periodUnit": unit}}}


@pytest.mark.parametrize(
    ("steps", "frequency"),
    [
        ([timed(1, 1, "d")], "QD"),
        ([timed(1, 2, "d")], "QOD"),
        ([timed(1, 8, "h")], "Q8H"),
        ([timed(1, 1, "wk")], "1 per 1 wk"),
        ([{"timing": {"code": {"coding": [{"code": "TID"}]}}}], "TID"),
        ([{"timing": {"code": {"text": "at bedtime"}}}], "at bedtime"),
        ([{"text": "as directed"}], "as directed"),
        (
            [
                timed(1, 1, "d") | {"doseAndRate": [{"doseQuantity": {"value": 40, "unit": "mg"}}]},
                {"text": "then 20 mg"},
            ],
            "40 mg, QD; then 20 mg",
        ),
    ],
)
async def test_frequencies(
    desk: Any, patient: Any, bundle: Make, steps: list[Any], frequency: str
) -> None:
    await desk.fhir(bundle(patient, dosed(*steps)))
    row = await desk.one("SELECT * FROM medication_orders WHERE hospital_id = $1")
    assert (row["frequency"], row["dose"]) == (frequency, None)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (dosed(status="unknown"), "the status of the order is not known"),
        (dosed(doNotPerform=True), "the order says not to give the drug"),
        (dosed({"doseAndRate": [{"doseQuantity": {"value": -1}}]}), "the dose is no amount"),
        (dosed(authoredOn="2024"), "the time of the order is no full date or time"),
    ],
)
async def test_what_cannot_be_an_order(
    desk: Any, patient: Any, bundle: Make, order: Any, reason: str
) -> None:
    ledger = await desk.fhir(bundle(patient, order))
    assert ledger.reasons["MedicationRequest", reason] == 1


def stay(status: str, end: Any = None) -> Any:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": status,
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2024-01-01T00:00:00Z"} | ({"end": end} if end else {}),
    }


def allergy(status: str = "confirmed", reaction: str = "Rash") -> Any:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": "Latex"},
        "criticality": "high",
        "recordedDate": "2020-01-01",
        "clinicalStatus": {"coding": [{"code": "inactive"}]},
        "verificationStatus": {"coding": [{"code": status}]},
        "reaction": [{"manifestation": [{"text": reaction}]}],
    }


async def test_what_the_source_changes_is_corrected_here(
    desk: Any, patient: Any, bundle: Make
) -> None:
    note = {
        "resourceType": "Observation",
        "id": "n1",
        "code": {"text": "smoker"},
        "status": "final",
    }
    note |= {"subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2024-01-01"}
    await desk.fhir(bundle(patient, stay("in-progress"), dosed(), allergy(), note))
    ended = stay("finished", "2024-01-05T00:00:00Z")
    changed = (ended, dosed(status="completed"), allergy("refuted", "None"))
    ledger = await desk.fhir(bundle(patient, *changed, note | {"valueString": "no longer"}))
    assert ledger.total(Outcome.CORRECTED) == 4

    admission = await desk.one("SELECT * FROM admissions WHERE hospital_id = $1")
    assert (admission["status"], admission["discharged_at"].day) == ("FINISHED", 5)
    order = await desk.one("SELECT * FROM medication_orders WHERE hospital_id = $1")
    assert order["status"] == "COMPLETED"
    known = await desk.one("SELECT * FROM allergies WHERE hospital_id = $1")
    assert known["entered_in_error_at"] == desk.now
    assert known["reaction"] == "None; (inactive, says the sender)"
    kept = await desk.one("SELECT * FROM unmapped_observations WHERE hospital_id = $1")
    assert "no longer" in kept["source_text"]

    desk.later(minutes=1)
    ledger = await desk.fhir(bundle(patient, *changed, note | {"valueString": "no longer"}))
    assert ledger.total(Outcome.UNCHANGED) == ledger.read.total() == 5


async def test_a_stay_that_the_source_ends_ends_the_care_team(
    desk: Any, patient: Any, bundle: Make
) -> None:
    await desk.fhir(bundle(patient, stay("in-progress")))
    user = uuid4()
    await desk.run.pool.execute(
        "INSERT INTO users (id, hospital_id, username, display_name, password_hash)"
        " VALUES ($1, $2, $3, 'Dr', '!')",
        user,
        desk.run.actor.hospital_id,
        user.hex,
    )
    await desk.run.pool.execute(
        "INSERT INTO care_team_members (id, hospital_id, patient_id, user_id, role, started_at)"
        " SELECT $1, hospital_id, patient_id, $1, 'ATTENDER', admitted_at FROM admissions"
        " WHERE hospital_id = $2",
        user,
        desk.run.actor.hospital_id,
    )
    await desk.fhir(bundle(patient, stay("finished", "2024-01-05T00:00:00Z")))
    member = await desk.one("SELECT * FROM care_team_members WHERE hospital_id = $1")
    assert member["ended_at"] == datetime(2024, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("cancelled", "finished", "an admission that is CANCELLED does not become FINISHED"),
        ("planned", "onleave", "an admission that is PLANNED does not become ON_LEAVE"),
    ],
)
async def test_an_admission_moves_only_as_admissions_may(
    desk: Any, patient: Any, bundle: Make, *, before: str, after: str, reason: str
) -> None:
    await desk.fhir(bundle(patient, stay(before)))
    ledger = await desk.fhir(bundle(patient, stay(after, "2024-01-05T00:00:00Z")))
    assert ledger.reasons["Encounter (IMP)", reason] == 1


async def test_a_record_of_another_patient_under_a_known_number_is_rejected(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    other = patient | {"id": "p2", "identifier": [], "name": [{"text": "Someone Else"}]}
    mine = (dosed(), allergy(), stay("planned"), lab("o1", "2823-3", 4, "mmol/L", desk.now))
    await desk.fhir(bundle(patient, *mine))
    theirs = [
        one | {name: {"reference": "Patient/p2"} for name in ("subject", "patient") if name in one}
        for one in mine
    ]
    desk.later(minutes=1)
    ledger = await desk.fhir(bundle(other, *theirs))
    assert ledger.total(Outcome.REJECTED) == 4
    assert ledger.total(Outcome.CORRECTED) == 0


async def test_two_imports_of_the_same_at_once_make_it_once(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    import asyncio
    import json

    from resolvers.imports.files import fhir_files

    at = desk.now - timedelta(minutes=1)
    vital = [{"coding": [{"code": "vital-signs"}]}]
    document = bundle(
        patient,
        dosed(),
        allergy(),
        stay("in-progress"),
        lab("o1", "2823-3", 6.9, "mmol/L", at),
        lab("v1", "8867-4", 80, "/min", at, category=vital),
    )
    path = desk.folder / "same.json"
    path.write_text(json.dumps(document))
    ledgers = await asyncio.gather(*(desk.run.fhir(fhir_files([path])) for _ in range(4)))
    assert all(ledger.balanced for ledger in ledgers)
    assert sum(ledger.total(Outcome.REJECTED) for ledger in ledgers) == 0
    assert sum(ledger.total(Outcome.CREATED) for ledger in ledgers) == 6
    for table in ("patients", "medication_orders", "allergies", "admissions", "lab_results",
                  "vital_signs", "critical_results"):  # fmt: skip
        assert len(await desk.all(f"SELECT id FROM {table} WHERE hospital_id = $1")) == 1, table
