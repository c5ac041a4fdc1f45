"""The reaches of one patient at a time: a care team's, and those of a broken glass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import MRNS, Hospital, ids_of
from tests.resolvers.reading.sightings import EVERYBODY, NODE, names_in

REASON = "found unconscious in the corridor"
BREAK = """mutation ($i: BreakGlassInput!) { breakGlass(input: $i) {
  emergencyAccess { id reason openedBy username patient { mrn } reviewNote }
  patient { id givenName latestVitals { heartRate } } } }"""
PLACE = '{ patient(mrn: "%s") { admission { ward { code } bed { code status ward {'
PLACE += " code beds { code } occupancy { beds occupied } } } } } }"


async def whoever(hospital: Hospital, how: str, *names: str, role: Role = Role.DOCTOR) -> Actor:
    """Somebody on no ward who treats, or has opened, these patients."""
    given: dict[str, Any] = {how: names}
    return await hospital.user(role, **given)


ONE = pytest.mark.parametrize("how", ["treated", "opened"])


# -- one patient, and nobody else ------------------------------------------------------------------


@ONE
async def test_the_patient_is_seen_by_every_way_and_nobody_else_is(
    hospital: Hospital, how: str
) -> None:
    actor = await whoever(hospital, how, "Cleo")
    answered = await hospital.ask(EVERYBODY, actor)
    assert names_in(answered.data) == {"Cleo"}
    assert answered.data["patients"]["totalCount"] == 1
    assert answered.data["criticalResults"]["totalCount"] == 3
    assert answered.data["wards"] == []
    for public in ids_of(hospital, "Cleo"):
        assert (await hospital.ask(NODE, actor, {"id": public})).data["node"] is not None
    for name in ("Ada", "Ben", "Dora", "Gus"):
        for public in ids_of(hospital, name):
            assert (await hospital.ask(NODE, actor, {"id": public})).data["node"] is None


@ONE
async def test_the_patient_is_found_and_counted(hospital: Hospital, how: str) -> None:
    actor = await whoever(hospital, how, "Cleo", "Dora")
    text = "query ($s: String) { patients(search: $s) { totalCount nodes { givenName } } }"
    for search, found in ((None, ["Cleo", "Dora"]), ("cleo", ["Cleo"]), (MRNS["Ada"], [])):
        page = (await hospital.ask(text, actor, {"s": search})).data["patients"]
        assert [node["givenName"] for node in page["nodes"]] == found
        assert page["totalCount"] == len(found)


@ONE
async def test_the_bed_is_seen_and_of_its_ward_no_more_than_the_place(
    hospital: Hospital, how: str
) -> None:
    actor = await whoever(hospital, how, "Cleo")
    answered = await hospital.ask(PLACE % MRNS["Cleo"], actor)
    admission = answered.data["patient"]["admission"]
    assert admission["ward"] is None
    assert admission["bed"] == {
        "code": "NICU-1",
        "status": "OCCUPIED",
        "ward": {
            "code": "NICU",
            "beds": [{"code": "NICU-1"}],
            "occupancy": {"beds": 0, "occupied": 0},
        },
    }
    for bed, seen in (("NICU-1", True), ("NICU-2", False), ("ICU-1", False)):
        public = hospital.public(models.Bed, hospital.beds[bed])
        node = (await hospital.ask(NODE, actor, {"id": public})).data["node"]
        assert (node is not None) is seen


async def test_a_doctor_sees_the_wards_and_the_own_patients(hospital: Hospital) -> None:
    actor = await hospital.user(Role.DOCTOR, wards=["MED1"], treated=["Cleo"])
    assert names_in((await hospital.ask(EVERYBODY, actor)).data) == {"Ada", "Cleo"}


async def test_a_care_team_is_of_no_use_to_a_nurse(hospital: Hospital) -> None:
    nurse = await hospital.user(Role.NURSE, wards=["MED1"], treated=["Cleo"])
    assert names_in((await hospital.ask(EVERYBODY, nurse)).data) == {"Ada"}


async def test_what_one_opened_as_a_nurse_one_does_not_read_as_somebody_else(
    hospital: Hospital,
) -> None:
    both = await hospital.user(Role.NURSE, Role.PHARMACIST, opened=["Cleo"])
    answered = await hospital.ask(
        "{ patients { nodes { givenName latestVitals { id } allergies { id } phone } } }", both
    )
    for node in answered.data["patients"]["nodes"]:
        opened = node["givenName"] == "Cleo"
        assert node["allergies"], "a pharmacist's reach is the hospital"
        assert (node["latestVitals"] is not None) is opened
        assert (node["phone"] is not None) is opened


async def test_everybody_else_keeps_the_plan_they_had(hospital: Hospital) -> None:
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    another = await hospital.user(Role.NURSE, wards=["ICU"])
    opened = await hospital.user(Role.NURSE, wards=["MED1"], opened=["Cleo"])
    assert nurse.rights is another.rights
    assert nurse.rights is not opened.rights
    assert set(nurse.rights.scopes) == set(opened.rights.scopes)


# -- the bed of a stay that is over ----------------------------------------------------------------

STAYS = """query ($m: String) { patient(mrn: $m) { admissions { nodes { stays { endedAt bed {
  id code status reserved reservedFor { mrn } admission { id }
  ward { code name beds { code status } occupancy { beds occupied available unavailable reserved } }
} } } } } }"""


async def past_bed(hospital: Hospital, actor: Actor, name: str) -> dict[str, Any]:
    answered = await hospital.ask(STAYS, actor, {"m": MRNS[name]})
    [admission] = answered.partial["patient"]["admissions"]["nodes"]
    bed: dict[str, Any] = admission["stays"][-1]["bed"]
    return bed


@pytest.mark.parametrize(
    ("roles", "given"),
    [
        ([Role.NURSE], {"wards": ["MED1"]}),
        ([Role.DOCTOR], {"wards": ["MED1"]}),
        ([Role.DOCTOR], {"treated": ["Ada"]}),
        ([Role.DOCTOR], {"opened": ["Ada"]}),
        ([Role.PATIENT], {"own": "Ada"}),
    ],
)
async def test_the_bed_of_a_stay_on_another_ward_is_a_place_and_no_more(
    hospital: Hospital, roles: list[Role], given: dict[str, Any]
) -> None:
    """Ada came from ICU: what goes on there now is for those who work there."""
    bed = await past_bed(hospital, await hospital.user(*roles, **given), "Ada")
    assert bed.pop("id") == hospital.public(models.Bed, hospital.beds["ICU-2"])
    assert bed == {
        "code": "ICU-2",
        "status": "MASKED",
        "reserved": False,
        "reservedFor": None,
        "admission": None,
        "ward": {
            "code": "ICU",
            "name": "Ward ICU",
            "beds": [],
            "occupancy": dict.fromkeys(
                ("beds", "occupied", "available", "unavailable", "reserved"), 0
            ),
        },
    }


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CLERK])
async def test_whoever_sees_that_ward_sees_its_beds(hospital: Hospital, role: Role) -> None:
    bed = await past_bed(hospital, await hospital.user(role), "Ada")
    assert bed["status"] == "UNOCCUPIED"
    assert bed["ward"]["occupancy"]["beds"] == len(bed["ward"]["beds"]) == 2
    nurse = await hospital.user(Role.NURSE, wards=["MED1", "ICU"])
    assert await past_bed(hospital, nurse, "Ada") == bed


async def test_a_masked_status_is_nobodys_to_set(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        "mutation ($b: ID!) { setBedStatus(input: { bedId: $b, status: MASKED }) { bed { id } } }",
        admin,
        {"b": hospital.public(models.Bed, hospital.beds["ICU-2"])},
    )
    assert answered.codes == ["CONFLICT"]


# -- arguments that would tell of more -------------------------------------------------------------


async def test_a_ward_out_of_reach_is_no_argument(hospital: Hospital) -> None:
    """A result raised in ICU, of a patient who lies in MED1 now: its ward is null to a nurse of
    MED1, and is not asked of by name either."""
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    await hospital.pool.execute(
        "UPDATE critical_results SET ward_id = $1 WHERE patient_id = $2 AND status <> 'OPEN'",
        hospital.wards["ICU"],
        hospital.charts["Ada"].patient,
    )
    text = """query ($w: String) { criticalResults(ward: $w) { totalCount
        nodes { ward { code } } } }"""
    everywhere = (await hospital.ask(text, nurse)).data["criticalResults"]
    assert everywhere["totalCount"] == 3
    assert sorted(str(node["ward"]) for node in everywhere["nodes"]) == [
        "None",
        "None",
        "{'code': 'MED1'}",
    ]
    for ward in ("ICU", "NICU", "none"):
        page = (await hospital.ask(text, nurse, {"w": ward})).data["criticalResults"]
        assert page == {"totalCount": 0, "nodes": []}


BY_NUMBER = "query ($n: String) { patients(nationalId: $n) { totalCount nodes { givenName } } }"


@pytest.mark.parametrize(
    ("roles", "found"),
    [
        ([Role.CLERK], ["Cleo"]),
        ([Role.ADMIN], ["Cleo"]),
        ([Role.NURSE], None),
        ([Role.LAB], None),
        ([Role.AUDITOR], None),
        ([Role.PATIENT], []),
        # Sees every patient, and the number of the own record alone.
        ([Role.LAB, Role.PATIENT], []),
    ],
)
async def test_an_argument_asks_for_its_own_scope(
    hospital: Hospital, roles: Sequence[Role], found: list[str] | None
) -> None:
    actor = await hospital.user(*roles, wards=["NICU"], own="Ben")
    answered = await hospital.ask(BY_NUMBER, actor, {"n": f"NAT-{MRNS['Cleo']}"})
    if found is None:
        assert answered.partial == {"patients": None}
        assert answered.refused == {("patients",)}
        [error] = answered.errors
        assert error["extensions"]["requires"] == "patient-identifiers:read"
        assert "Query.patients(nationalId:)" in error["message"]
        assert "NAT-" not in str(answered.body)
    else:
        page = answered.data["patients"]
        assert [node["givenName"] for node in page["nodes"]] == found
        assert page["totalCount"] == len(found)
    # Not given, it asks for nothing.
    assert (await hospital.ask(BY_NUMBER, actor, {"n": None})).errors == []
    if Role.PATIENT in roles:
        own = await hospital.ask(BY_NUMBER, actor, {"n": f"NAT-{MRNS['Ben']}"})
        assert [node["givenName"] for node in own.data["patients"]["nodes"]] == ["Ben"]


# -- through the engine ----------------------------------------------------------------------------


async def test_a_glass_is_broken_once_for_one_request(hospital: Hospital) -> None:
    doctor = await hospital.user(Role.DOCTOR, wards=["MED1"])
    sent = {"i": {"mrn": MRNS["Cleo"], "reason": REASON, "idempotencyKey": "k"}}
    first = await hospital.ask(BREAK, doctor, sent)
    payload = first.partial["breakGlass"]
    assert payload["patient"] == {
        "id": hospital.patient("Cleo"),
        "givenName": "Cleo",
        "latestVitals": None,
    }
    access = payload["emergencyAccess"]
    assert (access["reason"], access["username"]) == (REASON, doctor.username)
    # What the review notes is for reviewers.
    assert first.refused == {("breakGlass", "emergencyAccess", "reviewNote")}
    assert hospital.charts["Cleo"].patient in first.audit[0]["patient_ids"]
    again = await hospital.ask(BREAK, doctor, sent)
    assert again.partial["breakGlass"]["emergencyAccess"]["id"] == access["id"]


LIST = """query ($r: Boolean, $p: ID) { emergencyAccesses(reviewed: $r, patient: $p) {
  totalCount nodes { username patient { givenName latestVitals { id } } reason } } }"""


async def test_accesses_are_listed_for_review_and_to_who_opened_them(hospital: Hospital) -> None:
    auditor = await hospital.user(Role.AUDITOR)
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    await hospital.ask(BREAK, nurse, {"i": {"mrn": MRNS["Gus"], "reason": REASON}})
    asked = await hospital.ask(LIST, auditor, {"r": False, "p": hospital.patient("Gus")})
    [access] = asked.partial["emergencyAccesses"]["nodes"]
    assert access == {
        "username": nurse.username,
        "patient": {"givenName": "Gus", "latestVitals": None},
        "reason": REASON,
    }
    assert {path[-1] for path in asked.refused} == {"latestVitals"}, "and nothing clinical"
    reviewed = await hospital.ask(LIST, auditor, {"r": True})
    assert reviewed.partial["emergencyAccesses"]["totalCount"] == len(hospital.accesses)
    own = (await hospital.ask(LIST, nurse)).data["emergencyAccesses"]
    assert own["totalCount"] == 1
    another = await hospital.user(Role.NURSE, wards=["SURG1"])
    assert (await hospital.ask(LIST, another)).data["emergencyAccesses"]["totalCount"] == 0
    clerk = await hospital.user(Role.CLERK)
    assert (await hospital.ask(LIST, clerk)).refused >= {("emergencyAccesses",)}
