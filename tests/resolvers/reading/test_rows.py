"""Which rows one sees: nobody of another ward, of another hospital, or of another's writing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, WARDS, Hospital, ids_of
from tests.resolvers.reading.sightings import EVERYBODY, NODE, names_in

# -- a nurse of MED1 -------------------------------------------------------------------------------


async def test_a_nurse_reads_nobody_of_another_ward(hospital: Hospital, nurse: Actor) -> None:
    answered = await hospital.ask(EVERYBODY, nurse)
    assert names_in(answered.data) == {"Ada"}
    assert answered.data["patients"]["totalCount"] == 1
    assert answered.data["criticalResults"]["totalCount"] == 3
    assert [ward["code"] for ward in answered.data["wards"]] == ["MED1"]


async def test_a_nurse_reaches_nobody_of_another_ward_by_id(
    hospital: Hospital, nurse: Actor
) -> None:
    for public in ids_of(hospital, "Ada"):
        assert (await hospital.ask(NODE, nurse, {"id": public})).data["node"] is not None
    for name in ("Ben", "Cleo", "Dora", "Gus"):
        tried = list(ids_of(hospital, name))
        assert len(tried) > 20
        for public in tried:
            answered = await hospital.ask(NODE, nurse, {"id": public})
            assert answered.data == {"node": None}
            assert answered.audit[0]["patient_ids"] == []
    for ward in ("ICU", "NICU", "SURG1"):
        for public in (
            hospital.public(models.Ward, hospital.wards[ward]),
            hospital.public(models.Bed, hospital.beds[f"{ward}-1"]),
        ):
            assert (await hospital.ask(NODE, nurse, {"id": public})).data == {"node": None}


@pytest.mark.parametrize("name", ["Ben", "Cleo", "Dora", "Gus"])
async def test_a_nurse_finds_nobody_of_another_ward(
    hospital: Hospital, nurse: Actor, name: str
) -> None:
    for search in (name, f"person{MRNS[name][-1]}", MRNS[name]):
        answered = await hospital.ask(
            "query ($s: String) { patients(search: $s) { totalCount nodes { id }"
            " pageInfo { hasNextPage endCursor } } }",
            nurse,
            {"s": search},
        )
        assert answered.data["patients"] == {
            "totalCount": 0,
            "nodes": [],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        }


@pytest.mark.parametrize("ward", ["ICU", "NICU", "SURG1", "none"])
async def test_a_nurse_hears_no_critical_result_of_another_ward(
    hospital: Hospital, nurse: Actor, ward: str
) -> None:
    answered = await hospital.ask(
        "query ($w: String) { criticalResults(ward: $w) { totalCount nodes { id }"
        " pageInfo { hasNextPage } } }",
        nurse,
        {"w": ward},
    )
    assert answered.data["criticalResults"] == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"hasNextPage": False},
    }


async def test_for_whom_a_bed_is_kept_is_told_to_whoever_sees_the_patient(
    hospital: Hospital, nurse: Actor, admin: Actor
) -> None:
    """The free bed of MED1 is kept for Ben, who still lies in ICU."""
    text = (
        '{ ward(code: "MED1") { occupancy { reserved available } beds { reservedFor { mrn } } } }'
    )
    assert (await hospital.ask(text, nurse)).data["ward"] == {
        "occupancy": {"reserved": 1, "available": 0},
        "beds": [{"reservedFor": None}, {"reservedFor": None}],
    }
    seen = (await hospital.ask(text, admin)).data["ward"]
    assert seen["beds"][1] == {"reservedFor": {"mrn": MRNS["Ben"]}}


async def test_a_nurse_of_two_wards_and_one_of_none(hospital: Hospital) -> None:
    both = await hospital.user(Role.NURSE, wards=["MED1", "ICU"])
    assert names_in((await hospital.ask(EVERYBODY, both)).data) == {"Ada", "Ben"}
    none = await hospital.user(Role.NURSE)
    assert names_in((await hospital.ask(EVERYBODY, none)).data) == set()


async def test_a_doctor_sees_nobody_of_nicu(hospital: Hospital, people: dict[Role, Actor]) -> None:
    answered = await hospital.ask(EVERYBODY, people[Role.DOCTOR])
    assert names_in(answered.data) == {"Ada", "Ben", "Gus"}
    for public in ids_of(hospital, "Cleo"):
        found = await hospital.ask(NODE, people[Role.DOCTOR], {"id": public})
        assert found.data == {"node": None}


async def test_a_ward_goes_on_hearing_of_a_patient_who_left_every_bed(hospital: Hospital) -> None:
    """Dora lies nowhere. Her result is heard where it was raised; who she is, is not told there."""
    nurse = await hospital.user(Role.NURSE, wards=["SURG1"])
    critical = hospital.charts["Dora"].newest(models.CriticalResult)
    public = hospital.public(models.CriticalResult, critical)
    text = (
        "query ($id: ID!) { node(id: $id) { ... on CriticalResult { rule patient { mrn }"
        " labResult { value } } } }"
    )
    assert (await hospital.ask(text, nurse, {"id": public})).data == {"node": None}
    await hospital.pool.execute(
        "UPDATE critical_results SET ward_id = $1 WHERE id = $2", hospital.wards["SURG1"], critical
    )
    try:
        heard = (await hospital.ask(text, nurse, {"id": public})).data["node"]
        assert heard == {"rule": "potassium above 6.0 mmol/L", "patient": None, "labResult": None}
        other = await hospital.user(Role.NURSE, wards=["MED1"])
        assert (await hospital.ask(text, other, {"id": public})).data == {"node": None}
    finally:
        await hospital.pool.execute(
            "UPDATE critical_results SET ward_id = NULL WHERE id = $1", critical
        )


async def test_a_critical_result_moves_with_the_patient(hospital: Hospital) -> None:
    """Raised on MED1; the patient has gone to SURG1: that ward sees it, MED1 does not."""
    critical = hospital.charts["Gus"].newest(models.CriticalResult)
    await hospital.pool.execute(
        "UPDATE critical_results SET ward_id = $1 WHERE id = $2", hospital.wards["MED1"], critical
    )
    try:
        for ward, seen in (("MED1", False), ("SURG1", True)):
            nurse = await hospital.user(Role.NURSE, wards=[ward])
            public = hospital.public(models.CriticalResult, critical)
            node = (await hospital.ask(NODE, nurse, {"id": public})).data["node"]
            assert (node is not None) is seen
    finally:
        await hospital.pool.execute(
            "UPDATE critical_results SET ward_id = $1 WHERE id = $2",
            hospital.wards["SURG1"],
            critical,
        )


# -- the own record, and what one wrote ------------------------------------------------------------


async def test_a_patient_sees_the_own_record_alone(
    hospital: Hospital, people: dict[Role, Actor]
) -> None:
    patient = people[Role.PATIENT]
    text = EVERYBODY.replace("criticalResults {", "critical: criticalResults {")
    answered = await hospital.ask(text, patient)
    assert ("critical",) in answered.refused
    assert names_in(answered.partial) == {"Ben"}
    assert answered.partial["patients"]["totalCount"] == 1
    for name in MRNS:
        for public in ids_of(hospital, name):
            node = (await hospital.ask(NODE, patient, {"id": public})).data["node"]
            assert (node is not None) is (name == "Ben" and not public.startswith("crt_"))


async def test_a_patient_user_without_a_record_sees_nobody(hospital: Hospital) -> None:
    lost = await hospital.user(Role.PATIENT)
    answered = await hospital.ask("{ patients { totalCount } }", lost)
    assert answered.data == {"patients": {"totalCount": 0}}


async def test_an_integrator_sees_what_it_wrote(
    hospital: Hospital, people: dict[Role, Actor]
) -> None:
    """Gus is its own; one set of vitals and one order of his are the doctor's."""
    integrator = people[Role.INTEGRATOR]
    answered = await hospital.ask(EVERYBODY, integrator)
    assert names_in(answered.data) == {"Gus"}
    assert len(answered.data["wards"]) == len(WARDS), "it names beds, so it sees them"
    pages = await hospital.ask(
        f'{{ patient(mrn: "{MRNS["Gus"]}") {{ vitals {{ totalCount nodes {{ id }} }}'
        " medications { totalCount nodes { id administrations { totalCount } } } } }",
        integrator,
    )
    patient = pages.data["patient"]
    assert patient["vitals"]["totalCount"] == len(patient["vitals"]["nodes"]) == 5
    assert patient["medications"]["totalCount"] == len(patient["medications"]["nodes"]) == 2
    gus = hospital.charts["Gus"].rows
    for model, mine in ((models.VitalSigns, 5), (models.MedicationOrder, 2)):
        seen = [
            (await hospital.ask(NODE, integrator, {"id": hospital.public(model, row)})).data["node"]
            for row in gus[model]
        ]
        assert sum(node is not None for node in seen) == mine
    other = await hospital.user(Role.INTEGRATOR)
    assert names_in((await hospital.ask(EVERYBODY, other)).data) == set()


async def test_a_row_one_wrote_tells_nothing_of_the_patient_behind_it(
    hospital: Hospital, people: dict[Role, Actor]
) -> None:
    integrator, now = people[Role.INTEGRATOR], datetime.now(UTC)
    answered = await hospital.ask(
        "mutation ($i: RecordLabResultsInput!) { recordLabResults(input: $i) { outcomes {"
        " outcome labResult { id code patient { mrn } criticalResult { rule } } } } }",
        integrator,
        {
            "i": {
                "results": [
                    {
                        "patientId": hospital.patient("Ada"),
                        "code": "2951-2",
                        "value": "140",
                        "unit": "mmol/L",
                        "observedAt": now.isoformat(),
                    }
                ]
            }
        },
    )
    [outcome] = answered.data["recordLabResults"]["outcomes"]
    result = outcome["labResult"]
    assert outcome["outcome"] == "CREATED"
    assert (result["code"], result["patient"]) == ("2951-2", None)
    again = await hospital.ask(
        "query ($id: ID!) { node(id: $id) { ... on LabResult { code patient { mrn } } } }",
        integrator,
        {"id": result["id"]},
    )
    assert again.data["node"] == {"code": "2951-2", "patient": None}


# -- several roles at once -------------------------------------------------------------------------


async def test_a_clerk_who_is_a_nurse_reads_clinical_data_of_the_own_wards(
    hospital: Hospital,
) -> None:
    both = await hospital.user(Role.CLERK, Role.NURSE, wards=["MED1"])
    answered = await hospital.ask(
        "{ patients { totalCount nodes { givenName phone nationalId admissions { totalCount }"
        " latestVitals { id } vitals { totalCount } labResults { totalCount nodes { id } }"
        " allergies { id } medications { totalCount } } }"
        " criticalResults { totalCount } }",
        both,
    )
    assert answered.data["patients"]["totalCount"] == len(MRNS)
    assert answered.data["criticalResults"] == {"totalCount": 3}
    admitted = await hospital.pool.fetch(
        "SELECT p.given_name, count(*) AS times FROM admissions a"
        " JOIN patients p ON p.id = a.patient_id WHERE a.hospital_id = $1 GROUP BY p.id",
        hospital.id,
    )
    times = {row["given_name"]: row["times"] for row in admitted}
    assert times.keys() == MRNS.keys()
    for patient in answered.data["patients"]["nodes"]:
        assert patient["phone"]
        assert patient["nationalId"]
        assert patient["admissions"] == {"totalCount": times[patient["givenName"]]}
        clinical = (
            patient["latestVitals"] is not None,
            patient["vitals"]["totalCount"] > 0,
            patient["labResults"]["totalCount"] > 0,
            len(patient["labResults"]["nodes"]) > 0,
            len(patient["allergies"]) > 0,
            patient["medications"]["totalCount"] > 0,
        )
        assert clinical == (patient["givenName"] == "Ada",) * 6


@pytest.mark.parametrize(
    ("roles", "seen", "phones", "numbers"),
    [
        ((Role.LAB, Role.NURSE), set(MRNS), {"Ada"}, None),
        ((Role.NURSE, Role.PATIENT), {"Ada", "Ben"}, {"Ada", "Ben"}, {"Ben"}),
        ((Role.PHARMACIST, Role.PATIENT), set(MRNS), {"Ben"}, {"Ben"}),
        ((Role.CLERK, Role.LAB), set(MRNS), set(MRNS), set(MRNS)),
    ],
)
async def test_a_column_is_null_where_the_row_is_seen_more_widely(
    hospital: Hospital,
    roles: tuple[Role, ...],
    seen: set[str],
    phones: set[str],
    numbers: set[str] | None,
) -> None:
    """The row comes by one role, the column by another, which does not reach every such row."""
    actor = await hospital.user(*roles, wards=["MED1"], own="Ben")
    answered = await hospital.ask("{ patients { nodes { givenName phone nationalId } } }", actor)
    nodes = answered.partial["patients"]["nodes"]
    assert {node["givenName"] for node in nodes} == seen
    assert {node["givenName"] for node in nodes if node["phone"]} == phones
    assert {node["givenName"] for node in nodes if node["nationalId"]} == (numbers or set())
    assert answered.refused == ({("patients", "nodes", "nationalId")} if numbers is None else set())
    for name in seen:
        one = await hospital.ask(
            "query ($id: ID!) { node(id: $id) { ... on Patient { phone } } patient(id: $id)"
            " { admission { patient { phone } } } }",
            actor,
            {"id": hospital.patient(name)},
        )
        assert bool(one.partial["node"]["phone"]) is (name in phones)
