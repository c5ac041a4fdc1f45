"""Orders that come from elsewhere: their route, their history, and what they are warned of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resolvers.imports.ledger import Outcome

Make = Callable[..., Any]


def request(number: str, drug: str, **other: Any) -> Any:
    return {
        "resourceType": "MedicationRequest",
        "id": number,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2024-02-03T04:05:06Z",
        "medicationCodeableConcept": {"text": drug},
        **other,
    }


def allergy(substance: str) -> Any:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": substance},
        "recordedDate": "2024-02-03T04:05:06Z",
    }


async def test_what_comes_together_is_warned_of_and_taken_all_the_same(
    desk: Any, patient: Any, bundle: Make
) -> None:
    orders = [
        request("m1", "Warfarin 5 MG"),
        request("m2", "aspirin"),
        request("m3", "Amoxicillin"),
    ]
    await desk.fhir(bundle(patient, allergy("Penicillin"), *orders))
    rows = await desk.all(
        "SELECT o.external_id, w.kind FROM medication_warnings w"
        " JOIN medication_orders o ON o.id = w.medication_order_id"
        " WHERE w.hospital_id = $1 AND w.overridden_at IS NULL ORDER BY o.external_id"
    )
    found = {row["external_id"]: row["kind"] for row in rows}
    assert found.pop("m3") == "ALLERGY_CLASS"
    # Of the pair one has it; both were written at the same moment.
    assert [*found.values()] == ["INTERACTION"]
    ended = request("m1", "Warfarin 5 MG", status="completed")
    await desk.fhir(bundle(patient, ended))
    left = await desk.all(
        "SELECT kind FROM medication_warnings WHERE hospital_id = $1 AND resolved_at IS NULL"
    )
    assert [row["kind"] for row in left] == ["ALLERGY_CLASS"]


async def test_the_history_follows_what_the_sender_says(
    desk: Any, patient: Any, bundle: Make
) -> None:
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen")))
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen")))
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen", status="on-hold")))
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen", status="active")))
    stopped = {"status": "stopped", "statusReason": {"text": "rash"}}
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen", **stopped)))
    rows = await desk.all(
        "SELECT kind, status, reason FROM medication_order_steps WHERE hospital_id = $1"
        " ORDER BY occurred_at, id"
    )
    assert [tuple(row) for row in rows] == [
        ("ORDERED", "ACTIVE", None),
        ("HELD", "ON_HOLD", None),
        ("IMPORTED", "ACTIVE", None),
        ("STOPPED", "STOPPED", "rash"),
    ]


async def test_what_is_held_here_is_not_resumed_by_the_sender(
    desk: Any, patient: Any, bundle: Make
) -> None:
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen")))
    await desk.all(
        "UPDATE medication_orders SET status = 'ON_HOLD', hold_reason = 'nausea'"
        " WHERE hospital_id = $1"
    )
    ledger = await desk.fhir(bundle(patient, request("m1", "Ibuprofen")))
    assert ledger.total(Outcome.UNCHANGED, "MedicationRequest") == 1
    row = await desk.one("SELECT status FROM medication_orders WHERE hospital_id = $1")
    assert row["status"] == "ON_HOLD"
    await desk.fhir(bundle(patient, request("m1", "Ibuprofen", status="completed")))
    row = await desk.one("SELECT status FROM medication_orders WHERE hospital_id = $1")
    assert row["status"] == "COMPLETED"


async def test_routes_are_coded_where_they_are_known(desk: Any, patient: Any, bundle: Make) -> None:
    snomed = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
    routes = {"m1": {"text": "Oral"}, "m2": snomed, "m3": {"text": "into the hose"}}
    orders = [
        request(number, f"drug {number}", dosageInstruction=[{"route": route}])
        for number, route in routes.items()
    ]
    await desk.fhir(bundle(patient, *orders))
    rows = await desk.all(
        "SELECT route, starts_at = ordered_at AS at_once FROM medication_orders"
        " WHERE hospital_id = $1 ORDER BY external_id"
    )
    assert [row["route"] for row in rows] == ["PO", "IV", "into the hose"]
    assert all(row["at_once"] for row in rows)
