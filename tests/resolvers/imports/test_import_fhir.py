"""FHIR of our own making: what the real input does not hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from resolvers.imports.ledger import Outcome

Make = Callable[..., Any]

LABS = "SELECT * FROM lab_results WHERE hospital_id = $1 ORDER BY version"
REJECTED = "SELECT * FROM import_rejections WHERE hospital_id = $1 ORDER BY id"


@pytest.mark.parametrize("age", [(1, 1), (48, 0)])
async def test_a_blood_potassium_is_judged_and_alerts_only_while_it_is_fresh(
    desk: Any, patient: Any, lab: Make, bundle: Make, age: tuple[int, int]
) -> None:
    hours, alerts = age
    at = desk.now - timedelta(hours=hours)
    await desk.fhir(bundle(patient, lab("o1", "6298-4", 6.9, "mmol/L", at)))
    row = await desk.one(LABS)
    assert row["interpretation"] == "CRITICAL_HIGH"
    assert row["arrived_late"] is (alerts == 0)
    found = await desk.all("SELECT status FROM critical_results WHERE hospital_id = $1")
    assert [one["status"] for one in found] == ["OPEN"] * alerts


async def test_numbers_keep_their_digits_and_displays_lose_what_is_invisible(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    observed = lab("o1", "718-7", 0, "g/dL", desk.now)
    observed["code"]["coding"][0]["display"] = "Hemoglobin [Mass/\u200bvolume] \ufeffin Blood"
    text = json.dumps(bundle(patient, observed)).replace('"value": 0,', '"value": 13.500,')
    await desk.fhir(text)
    row = await desk.one(LABS)
    assert str(row["value"]) == "13.500"
    assert row["display"] == "Hemoglobin [Mass/volume] in Blood"


async def test_another_value_is_a_correction_and_the_first_stays(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    await desk.fhir(bundle(patient, lab("o1", "2823-3", 4.1, "mmol/L", desk.now)))
    changed = lab("o1", "2823-3", 4.4, "mmol/L", desk.now, status="corrected")
    desk.later(minutes=5)
    ledger = await desk.fhir(bundle(patient, changed))
    assert ledger.total(Outcome.CORRECTED, "Observation (laboratory)") == 1
    rows = await desk.all(LABS)
    assert [row["value"] for row in rows] == [Decimal("4.1"), Decimal("4.4")]
    assert rows[1]["corrects_id"] == rows[0]["id"]
    assert rows[0]["superseded_at"] is not None


async def test_a_patient_who_moves_is_corrected_and_what_is_not_said_stays(
    desk: Any, patient: Any, bundle: Make
) -> None:
    told = patient | {"telecom": [{"system": "phone", "value": "1"}], "address": [{"city": "A"}]}
    await desk.fhir(bundle(told))
    ledger = await desk.fhir(bundle(patient | {"address": [{"city": "B"}]}))
    assert ledger.total(Outcome.CORRECTED, "Patient") == 1
    row = await desk.one("SELECT * FROM patients WHERE hospital_id = $1")
    assert (row["mrn"], row["given_name"], row["phone"], row["address"]) == (
        "MRN-1", "Ana Lu", "1", "B",
    )  # fmt: skip


async def test_vitals_are_one_set_with_units_converted(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    vital = [{"coding": [{"code": "vital-signs"}]}]
    at = desk.now - timedelta(minutes=3)

    def sign(number: str, code: str, value: float, unit: str) -> Any:
        return lab(number, code, value, unit, at, category=vital)

    pressure = sign("v4", "85354-9", 0, "")
    del pressure["valueQuantity"]
    pressure["component"] = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mm[Hg]"},
        }
        for code, value in (("8480-6", 131.5), ("8462-4", 79))
    ]
    ledger = await desk.fhir(
        bundle(
            patient,
            sign("v1", "8310-5", 101.3, "[degF]"),
            sign("v2", "29463-7", 154, "[lb_av]"),
            sign("v3", "8867-4", 61.4, "/min"),
            pressure,
            sign("v5", "59408-5", 250, "%"),
        )
    )
    row = await desk.one("SELECT * FROM vital_signs WHERE hospital_id = $1")
    assert row["temperature"] == Decimal("38.5")
    assert round(row["weight_kg"], 3) == Decimal("69.853")
    assert (row["heart_rate"], row["systolic"], row["diastolic"]) == (61, 132, 79)
    assert row["oxygen_saturation"] is None
    assert ledger.total(Outcome.CREATED, "Observation (vital-signs)") == 4
    (reason,) = ledger.reasons
    assert reason == (
        "Observation (vital-signs)",
        "oxygenSaturation is outside 0 to 100 %, whole numbers",
    )
    # Measured just now: a station hears of it.
    heard = await desk.one(
        "SELECT kind FROM events WHERE hospital_id = $1 AND kind <> 'PatientCharted'"
    )
    assert heard["kind"] == "VitalsRecorded"


def stay(number: str, status: str, start: str, end: str | None = None, code: str = "IMP") -> Any:
    period = {"start": start} | ({"end": end} if end else {})
    return {
        "resourceType": "Encounter",
        "id": number,
        "status": status,
        "class": {"code": code},
        "subject": {"reference": "Patient/p1"},
        "period": period,
    }


async def test_encounters_without_an_end(desk: Any, patient: Any, bundle: Make) -> None:
    ledger = await desk.fhir(
        bundle(
            patient,
            stay("e1", "finished", "2020-01-01T00:00:00Z", "2020-01-03T00:00:00Z"),
            stay("e2", "in-progress", "2021-01-01T00:00:00Z"),
            stay("e3", "in-progress", "2022-01-01T00:00:00Z"),
            stay("e4", "finished", "2023-01-01T00:00:00Z"),
            stay("e5", "finished", "2023-01-01T00:00:00Z", "2023-01-01T00:00:00Z", "AMB"),
        )
    )
    rows = await desk.all(
        "SELECT external_id, status FROM admissions WHERE hospital_id = $1 ORDER BY external_id"
    )
    assert [tuple(row) for row in rows] == [("e1", "FINISHED"), ("e2", "IN_PROGRESS")]
    assert {reason for _, reason in ledger.reasons} == {
        "the patient has another admission that goes on",
        "a finished encounter without an end",
    }
    assert ledger.total(Outcome.NOT_HELD, "Encounter (AMB)") == 1


async def test_an_open_stay_of_somebody_who_died_ended_there(
    desk: Any, patient: Any, bundle: Make
) -> None:
    dead = patient | {"deceasedDateTime": "2021-05-01T10:00:00Z"}
    await desk.fhir(bundle(dead, stay("e1", "in-progress", "2021-04-01T00:00:00Z")))
    row = await desk.one("SELECT * FROM admissions WHERE hospital_id = $1")
    assert (row["status"], row["disposition"]) == ("FINISHED", "died")
    assert row["discharged_at"].isoformat() == "2021-05-01T10:00:00+00:00"


def request(**other: Any) -> Any:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2024-02-03T04:05:06Z",
        "medicationCodeableConcept": {"text": "Amoxicillin 250 MG"},
        **other,
    }


async def test_orders_with_and_without_dosage(desk: Any, patient: Any, bundle: Make) -> None:
    drug = {"resourceType": "Medication", "id": "d1", "code": {"text": "Warfarin 5 MG"}}
    by_reference = request(
        id="m2",
        medicationReference={"reference": "urn:uuid:d1"},
        dosageInstruction=[
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "asNeededCodeableConcept": {"text": "pain"},
                "route": {"text": "oral"},
                "doseAndRate": [{"doseQuantity": {"value": 2.5, "unit": "mg"}}],
            }
        ],
    )
    del by_reference["medicationCodeableConcept"]
    nameless = request(id="m3")
    del nameless["medicationCodeableConcept"]
    ledger = await desk.fhir(
        bundle(patient, drug, request(), by_reference, nameless, request(id="m4", intent="plan"))
    )
    rows = await desk.all(
        "SELECT * FROM medication_orders WHERE hospital_id = $1 ORDER BY external_id"
    )
    assert [row["drug"] for row in rows] == ["Amoxicillin 250 MG", "Warfarin 5 MG"]
    assert (rows[0]["dose"], rows[0]["frequency"]) == (None, None)
    assert (rows[1]["dose"], rows[1]["dose_unit"], rows[1]["frequency"], rows[1]["route"]) == (
        Decimal("2.5"), "mg", "BID", "PO",
    )  # fmt: skip
    assert (rows[1]["as_needed"], rows[1]["as_needed_reason"]) == (True, "pain")
    assert ledger.reasons["MedicationRequest", "the order names no drug"] == 1
    assert ledger.total(Outcome.NOT_HELD, "MedicationRequest") == 1


async def test_an_order_that_was_stopped_here_is_not_begun_again(
    desk: Any, patient: Any, bundle: Make
) -> None:
    await desk.fhir(bundle(patient, request()))
    await desk.all(
        "UPDATE medication_orders SET status = 'STOPPED', stopped_at = now(), stop_reason = 'rash'"
        " WHERE hospital_id = $1"
    )
    ledger = await desk.fhir(bundle(patient, request()))
    assert ledger.total(Outcome.UNCHANGED, "MedicationRequest") == 1
    row = await desk.one("SELECT * FROM medication_orders WHERE hospital_id = $1")
    assert (row["status"], row["stop_reason"]) == ("STOPPED", "rash")


async def test_a_bulk_export_finds_its_parts_in_any_file(
    desk: Any, patient: Any, lab: Make
) -> None:
    vital = [{"coding": [{"code": "vital-signs"}]}]
    observations = [
        lab("v1", "8867-4", 80, "/min", desk.now, category=vital),
        *(lab(f"o{n}", "2823-3", 4, "mmol/L", desk.now) for n in range(1_000)),
        lab("v2", "9279-1", 14, "/min", desk.now, category=vital),
    ]
    files = {
        "Observation.ndjson": observations,
        "Patient.ndjson": [patient],
        "DiagnosticReport.ndjson": [
            {
                "resourceType": "DiagnosticReport",
                "code": {"coding": [{"system": "http://loinc.org", "code": "51990-0"}]},
                "result": [{"reference": "Observation/o7"}],
            }
        ],
    }
    for name, resources in files.items():
        (desk.folder / name).write_text("\n".join(json.dumps(one) for one in resources) + "\n")
    from resolvers.imports.files import fhir_files

    ledger = await desk.run.fhir(fhir_files([desk.folder]))
    assert ledger.balanced
    assert ledger.total(Outcome.REJECTED) == 0
    row = await desk.one("SELECT * FROM vital_signs WHERE hospital_id = $1")
    assert (row["heart_rate"], row["respiratory_rate"]) == (80, 14)
    panels = await desk.all(
        "SELECT external_id FROM lab_results WHERE hospital_id = $1 AND panel = '51990-0'"
    )
    assert [one["external_id"] for one in panels] == ["o7"]
