"""What is out of reach does not exist: in commands, in cursors, for clerks and for auditors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, Hospital
from tests.resolvers.reading.sightings import NODE


def commands(
    hospital: Hospital, rows: dict[type[models.Base], str], now: datetime
) -> dict[str, Any]:
    """Every mutation that names rows, with ids of these; wherever the bed is not the question, it
    is one of the actor's own ward."""
    patient, admission = rows[models.Patient], rows[models.Admission]
    free = hospital.public(models.Bed, hospital.beds["MED1-2"])
    bed, at = rows[models.Bed], now.isoformat()
    return {
        "recordAllergy": {"patientId": patient, "substance": "x", "criticality": "LOW"},
        "recordVitals": {"patientId": patient, "recordedAt": at, "heartRate": 70},
        "markVitalsEnteredInError": {"vitalsId": rows[models.VitalSigns], "reason": "x"},
        "setSpo2Scale": {"patientId": patient, "scale": "SCALE_2", "reason": "x"},
        "recordPregnancy": {"patientId": patient},
        "endPregnancy": {"pregnancyId": rows[models.Pregnancy]},
        "acknowledgeCriticalResult": {
            "criticalResultId": rows[models.CriticalResult],
            "readBack": "6.90",
        },
        "admitPatient": {"patientId": patient, "bedId": free},
        "transferPatient": {"admissionId": admission, "bedId": free},
        "swapBeds": {"admissionId": admission, "otherAdmissionId": admission},
        "startLeave": {"admissionId": admission},
        "endLeave": {"admissionId": admission},
        "cancelAdmission": {"admissionId": admission, "reason": "x"},
        "cancelTransfer": {"admissionId": admission, "reason": "x"},
        "cancelDischarge": {"admissionId": admission, "reason": "x", "bedId": free},
        "setIsolation": {"patientId": patient, "kind": "CONTACT", "reason": "x"},
        "endIsolation": {"isolationId": rows[models.Isolation]},
        "releaseReservation": {"bedId": bed},
        "dischargePatient": {"admissionId": admission},
        "reserveBed": {"patientId": patient, "bedId": bed},
        "setBedStatus": {"bedId": bed, "status": "CLOSED"},
        "orderMedication": {"patientId": patient, "drug": "x"},
        "discontinueMedication": {
            "medicationId": rows[models.MedicationOrder],
            "reason": "x",
        },
        "recordAdministration": {
            "medicationId": rows[models.MedicationOrder],
            "status": "GIVEN",
            "givenAt": at,
        },
        "assignCareTeamMember": {"patientId": patient, "role": "CONSULTANT"},
        "endCareTeamMembership": {"careTeamMemberId": rows[models.CareTeamMember]},
        "endEmergencyAccess": {"emergencyAccessId": rows[models.EmergencyAccess]},
    }


async def test_a_command_on_what_is_out_of_reach_answers_as_on_what_is_not_there(
    hospital: Hospital,
) -> None:
    both = await hospital.user(Role.DOCTOR, Role.CHARGE_NURSE, wards=["MED1"])
    cleo, now = hospital.charts["Cleo"], datetime.now(UTC)
    there = {
        model: hospital.public(model, made[0])
        for model, made in cleo.rows.items()
        if model is not models.BedStay
    }
    there[models.Patient] = hospital.patient("Cleo")
    there[models.Bed] = hospital.public(models.Bed, hospital.beds["NICU-1"])
    there[models.EmergencyAccess] = hospital.public(
        models.EmergencyAccess, hospital.accesses["Ada"]
    )
    nowhere = {model: hospital.public(model, models.new_id()) for model in there}
    for mutation, sent in commands(hospital, there, now).items():
        name = mutation[0].upper() + mutation[1:]
        text = f"mutation ($i: {name}Input!) {{ {mutation}(input: $i) {{ __typename }} }}"
        hidden = await hospital.ask(text, both, {"i": sent})
        unknown = await hospital.ask(text, both, {"i": commands(hospital, nowhere, now)[mutation]})
        assert hidden.codes == ["NOT_FOUND"], mutation
        assert hidden.body == unknown.body, mutation


async def test_a_cursor_from_anothers_row_tells_nothing(hospital: Hospital, admin: Actor) -> None:
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    text = """query ($a: String) { patients(first: 10, after: $a) { totalCount
        nodes { givenName } pageInfo { hasNextPage endCursor } edges { cursor } } }"""
    every = (await hospital.ask(text, admin)).data["patients"]
    own = (await hospital.ask(text, nurse)).data["patients"]
    assert [node["givenName"] for node in own["nodes"]] == ["Ada"]
    for node, edge in zip(every["nodes"], every["edges"], strict=True):
        page = (await hospital.ask(text, nurse, {"a": edge["cursor"]})).data["patients"]
        # Only what comes after in the order of the names, of those one sees.
        after = own["edges"][0]["cursor"] != edge["cursor"] and node["givenName"] < "Ada"
        assert page["nodes"] == ([{"givenName": "Ada"}] if after else [])
        assert page["totalCount"] == 1


CLINICAL = """{ patients { nodes { givenName admission { reason } latestVitals { id }
  vitals { totalCount } labResults { totalCount } allergies { id } medications { totalCount }
  careTeam { id } isolations { reason } } } criticalResults { totalCount } }"""


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR])
async def test_clerks_and_auditors_see_nothing_clinical_by_any_way(
    hospital: Hospital, role: Role
) -> None:
    actor = await hospital.user(role, wards=["MED1"], treated=["Ada"])
    answered = await hospital.ask(CLINICAL, actor)
    refused = {path[-1] for path in answered.refused}
    assert refused >= {
        "reason",
        "latestVitals",
        "vitals",
        "labResults",
        "allergies",
        "medications",
        "criticalResults",
    }
    for name in MRNS:
        for model, made in hospital.charts[name].rows.items():
            if model in (models.BedStay, models.Admission, models.CareTeamMember):
                continue
            if model is models.Isolation and role is Role.CLERK:
                continue  # of what kind, to find a bed that is fit; why, nowhere
            node = await hospital.ask(NODE, actor, {"id": hospital.public(model, made[0])})
            assert node.data == {"node": None}


async def test_stations_are_told_of_wards_in_reach_of_their_scope(hospital: Hospital) -> None:
    """Who sees every ward as a clerk hears critical results on the own ward alone; a laboratory's
    credential, which reads back what it wrote, learns nobody's name."""
    listener = await hospital.user(Role.ADMIN)
    hospital.listening.rows[hospital.id] = [
        {"index": 0, "ward_id": None, "user_id": str(listener.user_id)}
        | {"since": datetime.now(UTC).isoformat()}
    ]
    text = "{ wards { code stations { username } } }"
    both = await hospital.user(Role.CLERK, Role.NURSE, wards=["MED1"])
    integrator = await hospital.user(Role.INTEGRATOR)
    for actor, own in ((both, {"MED1"}), (integrator, set())):
        wards = (await hospital.ask(text, actor)).data["wards"]
        assert len(wards) > 1
        assert {one["code"] for one in wards if one["stations"] is not None} == own
