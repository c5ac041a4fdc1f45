"""Nobody sees whom they do not care for, by any way that the API has; and is told so plainly."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

import pytest

from tests.first_light.api import ACKNOWLEDGE, RECORD_VITALS, Api, Person, ago
from tests.first_light.stays import ADMIT, TRANSFER, a_bed

CHART = """query ($id: ID!) {
  patient(id: $id) {
    id mrn givenName familyName
    admission { id bed { id ward { id } } }
    latestVitals { id }
    allergies { id }
    vitals(first: 1) { nodes { id } }
    labResults(first: 1) { nodes { id criticalResult { id } } }
    medications(first: 1) { nodes { id administrations(first: 1) { nodes { id } } } }
  }
}"""

CLINICAL = """query ($id: ID!) {
  patient(id: $id) {
    id familyName phone
    admission { id bed { code } }
    latestVitals { heartRate news2 { total } }
    allergies { substance }
    vitals { totalCount nodes { heartRate } }
    labResults { totalCount nodes { value } }
    medications { totalCount nodes { drug } }
  }
  criticalResults { totalCount nodes { id } }
}"""

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"

WAYS = """query ($id: ID!, $mrn: String!, $name: String!, $ward: String!, $admission: ID!) {
  byId: patient(id: $id) { id }
  byMrn: patient(mrn: $mrn) { id }
  byAdmission: admission(id: $admission) { id patient { id } }
  byWard: ward(code: $ward) { id }
  byMrnSearch: patients(search: $mrn) { totalCount nodes { id } }
  byName: patients(search: $name, first: 500) { totalCount nodes { id } }
  all: patients(first: 500) { totalCount nodes { id } }
  alarms: criticalResults(ward: $ward) { totalCount nodes { id } }
  allAlarms: criticalResults(first: 500) { totalCount nodes { id patient { id } ward { code } } }
  wards { code }
  viewer { wards { code } }
}"""

ORDER = """mutation ($input: OrderMedicationInput!) {
  orderMedication(input: $input) { medication { id } }
}"""

GIVE = """mutation ($input: RecordAdministrationInput!) {
  recordAdministration(input: $input) { administration { id } }
}"""

RECORD_ALLERGY = """mutation ($input: RecordAllergyInput!) {
  recordAllergy(input: $input) { allergy { id } }
}"""


@pytest.mark.parametrize(
    ("user", "own", "ward"),
    [
        ("nurse", ["MED1", "SURG1"], "ICU"),
        ("charge", ["MED1", "SURG1"], "ED"),
        ("doctor", ["ED", "ICU", "MED1", "PEDS", "SURG1"], "NICU"),
    ],
)
async def test_a_patient_of_another_ward_does_not_exist(
    api: Api, user: str, own: list[str], ward: str
) -> None:
    admin, person = await api.sign_in("admin"), await api.sign_in(user)
    treated = await treated_by(admin, person)
    chart = await whole_chart(api, admin, ward, but=treated)
    everything = {*ids_of(chart)}
    assert len(everything) >= 10

    # Whoever may see it sees it, by each of its ids; so there is something to hide.
    for one in everything:
        assert (await admin.run(NODE, id=one))["node"]["id"] == one
        assert (await person.run(NODE, id=one))["node"] is None

    mine = {patient["id"] for code in own for patient in await person.patients(code)}
    mine |= treated
    found = await person.run(
        WAYS,
        id=chart["id"],
        mrn=chart["mrn"],
        name=chart["familyName"],
        admission=chart["admission"]["id"],
        ward=ward,
    )
    assert [found[way] for way in ("byId", "byMrn", "byAdmission", "byWard")] == [None] * 4
    assert found["byMrnSearch"] == found["alarms"] == {"totalCount": 0, "nodes": []}
    for way in ("byName", "all"):
        seen = {patient["id"] for patient in found[way]["nodes"]}
        assert seen <= mine
        assert found[way]["totalCount"] == len(seen)
    assert {patient["id"] for patient in found["all"]["nodes"]} == mine
    alarms = found["allAlarms"]
    assert alarms["totalCount"] == len(alarms["nodes"])
    assert everything.isdisjoint(ids_of(alarms))
    assert {alarm["ward"]["code"] for alarm in alarms["nodes"] if alarm["ward"]} <= {*own}
    assert [one["code"] for one in found["wards"]] == own
    assert [one["code"] for one in found["viewer"]["wards"]] == own


async def test_what_is_hidden_is_refused_like_what_never_was(api: Api) -> None:
    """By the answer nobody can tell whether there is such a patient."""
    admin, nurse = await api.sign_in("admin"), await api.sign_in("nurse")
    chart = await whole_chart(api, admin, "ICU")
    alarm = chart["labResults"]["nodes"][0]["criticalResult"]["id"]
    for hidden, command, given in (
        (chart["id"], RECORD_VITALS, {"recordedAt": ago(0), "heartRate": 80}),
        (chart["id"], RECORD_ALLERGY, {"substance": "Latex", "criticality": "HIGH"}),
        (alarm, ACKNOWLEDGE, {"readBack": "6.9"}),
    ):
        field = "criticalResultId" if command == ACKNOWLEDGE else "patientId"
        nobody = f"{hidden.partition('_')[0]}_{uuid4()}"
        answers = [
            (await nurse.post(command, input=given | {field: one}))["errors"]
            for one in (hidden, nobody)
        ]
        assert answers[0] == answers[1]
        assert [error["extensions"]["code"] for error in answers[0]] == ["NOT_FOUND"]
    still = await admin.run(
        "query ($id: ID!) { node(id: $id) { ... on CriticalResult { status } } }", id=alarm
    )
    assert still["node"]["status"] == "OPEN"


async def test_who_leaves_the_ward_leaves_its_nurses_sight(api: Api) -> None:
    clerk, nurse, doctor = [await api.sign_in(one) for one in ("clerk", "nurse", "doctor")]
    patient = await clerk.register("Passing")
    look = "query ($id: ID!) { patient(id: $id) { id } }"
    assert (await nurse.run(look, id=patient))["patient"] is None
    stay = {"patientId": patient, "bedId": await a_bed(clerk, "MED1")}
    admission = (await clerk.run(ADMIT, input=stay))["admitPatient"]["admission"]["id"]
    for person in (nurse, doctor):
        assert (await person.run(look, id=patient))["patient"] == {"id": patient}
    move = {"admissionId": admission, "bedId": await a_bed(clerk, "ICU")}
    await clerk.run(TRANSFER, input=move)
    assert (await nurse.run(look, id=patient))["patient"] is None
    assert (await doctor.run(look, id=patient))["patient"] == {"id": patient}


async def test_a_clerk_is_served_the_rest_and_told_of_each_refusal(api: Api) -> None:
    admin, clerk = await api.sign_in("admin"), await api.sign_in("clerk")
    chart = await whole_chart(api, admin, "MED1")
    answer = await clerk.post(CLINICAL, id=chart["id"])
    patient = answer["data"]["patient"]
    assert (patient["id"], patient["familyName"]) == (chart["id"], chart["familyName"])
    assert patient["admission"]["id"] == chart["admission"]["id"]
    refused = ["latestVitals", "allergies", "vitals", "labResults", "medications"]
    assert [patient[field] for field in refused] == [None] * len(refused)
    assert answer["data"]["criticalResults"] is None
    paths = [["patient", field] for field in refused] + [["criticalResults"]]
    assert sorted(error["path"] for error in answer["errors"]) == sorted(paths)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    clinical = {one for one in ids_of(chart) if one.partition("_")[0] not in KNOWN_TO_A_CLERK}
    assert len(clinical) >= 6
    for one in clinical:
        answer = await clerk.post(NODE, id=one)
        assert answer["data"] == {"node": None}


async def test_an_auditor_sees_who_lay_where_and_nothing_clinical(api: Api) -> None:
    admin, auditor = await api.sign_in("admin"), await api.sign_in("auditor")
    chart = await whole_chart(api, admin, "MED1")
    answer = await auditor.post(CLINICAL, id=chart["id"])
    patient = answer["data"].pop("patient")
    assert answer["data"] == {"criticalResults": None}
    assert patient.pop("id") == chart["id"]
    assert patient.pop("familyName") == chart["familyName"]
    assert patient.pop("admission")["id"] == chart["admission"]["id"]
    assert set(patient.values()) == {None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    for one in ids_of(chart):
        seen = one.partition("_")[0] in KNOWN_TO_A_CLERK
        node = (await auditor.post(NODE, id=one))["data"]["node"]
        assert (node is not None) is seen, one


async def test_an_integrator_reads_back_what_it_wrote_and_no_more(api: Api) -> None:
    """The demo's patients came over the integrator's interface; the clerk's did not."""
    clerk, lab, integrator = [await api.sign_in(one) for one in ("clerk", "lab", "integrator")]
    look = "query ($id: ID!) { patient(id: $id) { id } }"
    own, other = await integrator.register("Sent"), await clerk.register("Walked In")
    assert (await integrator.run(look, id=own))["patient"] == {"id": own}
    assert (await integrator.run(look, id=other))["patient"] is None
    written = (await integrator.record_potassium(other, "4.1"))["labResult"]["id"]
    of_lab = (await lab.record_potassium(other, "4.2"))["labResult"]["id"]
    assert (await integrator.run(NODE, id=written))["node"]["id"] == written
    assert (await integrator.run(NODE, id=of_lab))["node"] is None
    assert (await integrator.run(look, id=other))["patient"] is None


KNOWN_TO_A_CLERK = {"pat", "adm", "bed", "wrd"}


async def whole_chart(
    api: Api, admin: Person, ward: str, *, but: Collection[str] = ()
) -> dict[str, Any]:
    """Everything of a patient in the ward (but those) who has something of every kind, an alarm
    included."""
    integrator = await api.sign_in("integrator")
    for patient in await admin.patients(ward):
        chart: dict[str, Any] = (await admin.run(CHART, id=patient["id"]))["patient"]
        if chart["id"] not in but and chart["latestVitals"]:
            break
    else:
        raise AssertionError(f"nobody in {ward} has a chart to hide")
    needed = {
        "drug": "Zinc",
        "dose": "1",
        "doseUnit": "mg",
        "asNeeded": True,
        "asNeededReason": "taste",
        "maxPerDay": 4,
    }
    order = {"patientId": chart["id"], **needed, "overrideReason": "whatever else is given"}
    ordered = (await admin.run(ORDER, input=order))["orderMedication"]["medication"]["id"]
    await admin.run(GIVE, input={"medicationId": ordered, "status": "GIVEN"})
    allergy = {"patientId": chart["id"], "substance": "Latex", "criticality": "LOW"}
    await admin.run(RECORD_ALLERGY, input=allergy)
    await integrator.raise_alarm(chart["id"], "9.9")  # too high for a newborn as well
    chart = (await admin.run(CHART, id=chart["id"]))["patient"]
    assert chart["allergies"]
    assert chart["medications"]["nodes"][0]["administrations"]["nodes"]
    return chart


async def treated_by(admin: Person, person: Person) -> set[str]:
    """The patients whose care team the person is on, wherever they lie."""
    name = (await person.run("{ viewer { displayName } }"))["viewer"]["displayName"]
    look = "{ patients(first: 500) { nodes { id careTeam { name } } } }"
    return {
        patient["id"]
        for patient in (await admin.run(look))["patients"]["nodes"]
        if any(one["name"] == name for one in patient["careTeam"])
    }


def ids_of(found: Any) -> list[str]:
    """Every `id` in an answer."""
    if isinstance(found, list):
        return [one for part in found for one in ids_of(part)]
    if not isinstance(found, dict):
        return []
    own = [found["id"]] if "id" in found else []
    return own + [one for part in found.values() for one in ids_of(part)]
