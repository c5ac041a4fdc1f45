"""Who sees which fields: every role at every root, and what the SQL of a refused field lacks."""

from __future__ import annotations

import pytest

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers.actors import Actor
from resolvers.reading.documents import Documents, GraphQLRequest
from resolvers.reading.fields import Collector
from resolvers.reading.statements import Plan, plan_roots
from schema.catalogue import CATALOGUE, CORE
from tests.resolvers.reading.hospital import MRNS, WARDS, Hospital

ALL = set(MRNS)

PATIENTS: dict[Role, set[str] | None] = {
    Role.ADMIN: ALL,
    Role.DOCTOR: {"Ada", "Ben", "Gus"},
    Role.NURSE: {"Ada"},
    Role.CHARGE_NURSE: {"Ada"},
    Role.LAB: ALL,
    Role.PHARMACIST: ALL,
    Role.CLERK: ALL,
    Role.AUDITOR: ALL,
    Role.INTEGRATOR: {"Gus"},
    Role.PATIENT: {"Ben"},
}
"""Whom each role sees; None: the root is refused."""

CRITICAL: dict[Role, set[str] | None] = PATIENTS | {
    Role.PHARMACIST: None,
    Role.CLERK: None,
    Role.AUDITOR: None,
    Role.PATIENT: None,
}
ADMISSIONS: dict[Role, set[str] | None] = PATIENTS | {Role.LAB: None, Role.PHARMACIST: None}

PLACES: dict[Role, list[str] | None] = {
    **{role: list(WARDS) for role in Role},
    Role.DOCTOR: ["ICU", "MED1", "SURG1"],
    Role.NURSE: ["MED1"],
    Role.CHARGE_NURSE: ["MED1"],
    Role.PATIENT: None,
}

ROLES = pytest.mark.parametrize("role", Role)


@ROLES
async def test_viewer_is_for_everybody(
    hospital: Hospital, people: dict[Role, Actor], role: Role
) -> None:
    actor = people[role]
    answered = await hospital.ask("{ viewer { username roles scopes wards { code } } }", actor)
    assert answered.data["viewer"] == {
        "username": actor.username,
        "roles": [role.value],
        "scopes": sorted(actor.rights.scopes),
        "wards": [{"code": code} for code in PLACES[role] or []],
    }


@ROLES
async def test_wards(hospital: Hospital, people: dict[Role, Actor], role: Role) -> None:
    answered = await hospital.ask("{ wards { code beds { code } } }", people[role])
    assert answered.data["wards"] == [
        {"code": code, "beds": [{"code": f"{code}-1"}, {"code": f"{code}-2"}]}
        for code in PLACES[role] or []
    ]
    for code in (*WARDS, "none"):
        one = await hospital.ask(
            "query ($c: String!) { ward(code: $c) { code } }", people[role], {"c": code}
        )
        if PLACES[role] is None:
            assert one.codes == ["FORBIDDEN"]
        else:
            assert one.errors == []
        seen = code in (PLACES[role] or [])
        assert one.partial["ward"] == ({"code": code} if seen else None)


@ROLES
async def test_patients(hospital: Hospital, people: dict[Role, Actor], role: Role) -> None:
    expected = PATIENTS[role]
    answered = await hospital.ask("{ patients { totalCount nodes { givenName } } }", people[role])
    if expected is None:
        assert answered.refused == {("patients",)}
        assert answered.partial == {"patients": None}
    else:
        page = answered.data["patients"]
        assert {node["givenName"] for node in page["nodes"]} == expected
        assert page["totalCount"] == len(page["nodes"]) == len(expected)
    for name in ALL:
        for argument, value in (("id: ID", hospital.patient(name)), ("mrn: String", MRNS[name])):
            key = argument.split(":")[0]
            text = f"query (${argument}) {{ patient({key}: ${key}) {{ givenName }} }}"
            one = await hospital.ask(text, people[role], {key: value})
            assert one.codes == (["FORBIDDEN"] if expected is None else [])
            assert one.partial["patient"] == (
                {"givenName": name} if name in (expected or ()) else None
            )


@ROLES
async def test_critical_results(hospital: Hospital, people: dict[Role, Actor], role: Role) -> None:
    expected = CRITICAL[role]
    answered = await hospital.ask(
        "{ criticalResults { totalCount nodes { patient { givenName } labResult { code }"
        " ward { code } } } }",
        people[role],
    )
    if expected is None:
        assert answered.refused >= {("criticalResults",)}
        assert answered.partial["criticalResults"] is None
        return
    page = answered.data["criticalResults"]
    assert {node["patient"]["givenName"] for node in page["nodes"]} == expected
    # Of each two of a result, and one of vital signs, which a laboratory does not read.
    each = 2 if role is Role.LAB else 3
    assert page["totalCount"] == len(page["nodes"]) == each * len(expected)
    results = [node["labResult"]["code"] for node in page["nodes"] if node["labResult"]]
    assert results == ["2823-3"] * 2 * len(expected)


@ROLES
async def test_admission(hospital: Hospital, people: dict[Role, Actor], role: Role) -> None:
    for name in ALL:
        admission = hospital.public(
            models.Admission, hospital.charts[name].newest(models.Admission)
        )
        answered = await hospital.ask(
            "query ($id: ID!) { admission(id: $id) { reason } node(id: $id) { id } }",
            people[role],
            {"id": admission},
        )
        expected = ADMISSIONS[role]
        seen = name in (expected or ())
        # A clerk arranges stays, and an auditor looks who was where: why is told to neither.
        told = role not in {Role.CLERK, Role.AUDITOR}
        refused = {("admission",)} if expected is None else set()
        assert answered.refused == (refused if told else {("admission", "reason")})
        assert answered.partial == {
            "admission": {"reason": "unwell" if told else None} if seen else None,
            "node": {"id": admission} if seen else None,
        }


GUARDED = {
    "phone": Scope.PATIENT_CONTACT_READ,
    "email": Scope.PATIENT_CONTACT_READ,
    "address": Scope.PATIENT_CONTACT_READ,
    "nationalId": Scope.PATIENT_IDENTIFIERS_READ,
    "admission { id }": Scope.ADMISSION_READ,
    "admissions { totalCount }": Scope.ADMISSION_READ,
    "allergies { id }": Scope.ALLERGY_READ,
    "latestVitals { id }": Scope.VITALS_READ,
    "vitals { totalCount }": Scope.VITALS_READ,
    "labResults { totalCount }": Scope.LAB_READ,
    "medications { totalCount }": Scope.MEDICATION_READ,
}
CONTACT, STAYS = {"phone", "email", "address"}, {"admission", "admissions"}
CLINICAL = {"allergies", "latestVitals", "vitals", "labResults", "medications"}
FIELDS: dict[Role, set[str]] = {
    Role.ADMIN: CONTACT | STAYS | CLINICAL | {"nationalId"},
    Role.DOCTOR: CONTACT | STAYS | CLINICAL,
    Role.NURSE: CONTACT | STAYS | CLINICAL,
    Role.CHARGE_NURSE: CONTACT | STAYS | CLINICAL,
    Role.LAB: {"labResults"},
    Role.PHARMACIST: {"allergies", "labResults", "medications"},
    Role.CLERK: CONTACT | STAYS | {"nationalId"},
    Role.INTEGRATOR: CONTACT | STAYS | CLINICAL | {"nationalId"},
    Role.PATIENT: CONTACT | STAYS | CLINICAL | {"nationalId"},
}
"""Which guarded fields of a patient in reach each role reads, in the words of the design."""

SEEN = {Role.INTEGRATOR: "Gus", Role.PATIENT: "Ben"}

IN_SQL = {
    "phone": "t1.phone",
    "email": "t1.email",
    "address": "t1.address",
    "nationalId": "t1.national_id",
    "allergies": "FROM allergies",
    "vitals": "FROM vital_signs",
    "labResults": "FROM lab_results",
    "medications": "FROM medication_orders",
    "admissions": "FROM admissions",
}


@pytest.mark.parametrize("role", FIELDS)
async def test_fields_of_a_patient(
    hospital: Hospital, people: dict[Role, Actor], role: Role
) -> None:
    text = "query ($m: String) { patient(mrn: $m) { mrn " + " ".join(GUARDED) + " } }"
    given = {"m": MRNS[SEEN.get(role, "Ada")]}
    answered = await hospital.ask(text, people[role], given)
    patient = answered.partial["patient"]
    names = {field.split()[0] for field in GUARDED}
    assert {name for name in names if patient[name] is not None} == FIELDS[role]
    assert answered.refused == {("patient", name) for name in names - FIELDS[role]}
    assert len(answered.errors) == len(answered.refused)
    requires = {tuple(e["path"])[-1]: e["extensions"]["requires"] for e in answered.errors}
    assert requires == {
        field.split()[0]: scope.value
        for field, scope in GUARDED.items()
        if field.split()[0] not in FIELDS[role]
    }
    [row] = answered.audit
    assert set(row["refused"]) == {f"Patient.{name}" for name in names - FIELDS[role]}


@pytest.mark.parametrize("role", FIELDS)
def test_what_is_refused_is_not_in_the_sql(people: dict[Role, Actor], role: Role) -> None:
    whole = (
        '{ patient(mrn: "x") { mrn '
        + " ".join(field.replace("totalCount", "totalCount nodes { id }") for field in GUARDED)
        + " } }"
    )
    reads = planned(whole, people[role]).statement.sql.partition("audited AS")[0]
    for field, words in IN_SQL.items():
        assert (words in reads) is (field in FIELDS[role]), words


def planned(text: str, actor: Actor) -> Plan:
    prepared = Documents(CORE).prepare(GraphQLRequest(text))
    assert CORE.query_type is not None
    roots = Collector(CORE, prepared).collect(CORE.query_type, [prepared.operation.selection_set])
    return plan_roots(CATALOGUE, prepared, actor.rights, roots)


async def test_a_refusal_has_one_error_without_list_positions(
    hospital: Hospital, people: dict[Role, Actor]
) -> None:
    answered = await hospital.ask(
        "{ w: wards { beds { admission { status p: patient { mrn v: vitals { nodes { heartRate } }"
        "  two: vitals(first: 1) { totalCount } allergies { substance } } } } }"
        "  patients { edges { node { labResults { totalCount } } }"
        "  nodes { latestVitals { id } } } }",
        people[Role.CLERK],
    )
    below = ("w", "beds", "admission", "p")
    paths = [tuple(error["path"]) for error in answered.errors]
    assert sorted(paths) == sorted(
        [
            (*below, "v"),
            (*below, "two"),
            (*below, "allergies"),
            ("patients", "edges", "node", "labResults"),
            ("patients", "nodes", "latestVitals"),
        ]
    )
    people_in_beds = [
        bed["admission"]["p"]
        for ward in answered.partial["w"]
        for bed in ward["beds"]
        if bed["admission"]
    ]
    assert {person["mrn"] for person in people_in_beds} == {
        MRNS[name] for name in ("Ada", "Ben", "Cleo", "Gus")
    }
    for person in people_in_beds:
        assert (person["v"], person["two"], person["allergies"]) == (None, None, None)
    assert answered.partial["patients"]["nodes"] == [{"latestVitals": None}] * len(ALL)


async def test_a_payload_is_refused_in_the_same_way(
    hospital: Hospital, people: dict[Role, Actor]
) -> None:
    answered = await hospital.ask(
        "mutation ($i: ReserveBedInput!) { r: reserveBed(input: $i) { bed { reservedFor { mrn"
        " nationalId latestVitals { id } } } } }",
        people[Role.CLERK],
        {
            "i": {
                "bedId": hospital.public(models.Bed, hospital.beds["SURG1-2"]),
                "patientId": hospital.patient("Dora"),
            }
        },
    )
    assert answered.refused == {("r", "bed", "reservedFor", "latestVitals")}
    assert answered.partial["r"]["bed"]["reservedFor"] == {
        "mrn": MRNS["Dora"],
        "nationalId": f"NAT-{MRNS['Dora']}",
        "latestVitals": None,
    }


@ROLES
async def test_mutations_need_their_scope(
    hospital: Hospital, people: dict[Role, Actor], role: Role
) -> None:
    """Whoever holds the scope comes as far as the input, which names nothing."""
    calls = {
        Scope.ALLERGY_RECORD: 'recordAllergy(input: { patientId: "x", substance: "x",'
        " criticality: LOW })",
        Scope.VITALS_RECORD: 'recordVitals(input: { patientId: "x", heartRate: 60,'
        ' recordedAt: "2026-01-01T00:00:00Z" })',
        Scope.VITALS_CORRECT: 'markVitalsEnteredInError(input: { vitalsId: "x", reason: "x" })',
        Scope.SPO2_SCALE_SET: "setSpo2Scale(input: {"
        ' patientId: "x", scale: SCALE_2, reason: "x" })',
        Scope.PREGNANCY_RECORD: 'recordPregnancy(input: { patientId: "x" })',
        Scope.CRITICAL_RESULT_ACKNOWLEDGE: "acknowledgeCriticalResult(input: {"
        ' criticalResultId: "x", readBack: 1 })',
        Scope.PATIENT_ADMIT: 'admitPatient(input: { patientId: "x", bedId: "x" })',
        Scope.PATIENT_TRANSFER: 'transferPatient(input: { admissionId: "x", bedId: "x" })',
        Scope.PATIENT_DISCHARGE: 'dischargePatient(input: { admissionId: "x" })',
        Scope.BED_RESERVE: 'reserveBed(input: { patientId: "x", bedId: "x" })',
        Scope.BED_STATUS_SET: 'setBedStatus(input: { bedId: "x", status: CLOSED })',
        Scope.MEDICATION_ORDER: 'orderMedication(input: { patientId: "x", drug: "x" })',
        Scope.MEDICATION_DISCONTINUE: "discontinueMedication(input: {"
        ' medicationId: "x", reason: "x" })',
        Scope.ADMINISTRATION_RECORD: "recordAdministration(input: {"
        ' medicationId: "x", status: GIVEN })',
        Scope.PATIENT_REGISTER: 'registerPatient(input: { mrn: "", givenName: "x",'
        ' familyName: "x", sex: OTHER })',
        Scope.LAB_RECORD: 'recordLabResults(input: { results: [], idempotencyKey: "" })',
    }
    for scope, call in calls.items():
        answered = await hospital.ask(f"mutation {{ {call} {{ __typename }} }}", people[role])
        if scope.value in people[role].rights.scopes:
            assert answered.codes in (["NOT_FOUND"], ["BAD_USER_INPUT"]), (scope, answered.body)
        else:
            assert answered.codes == ["FORBIDDEN"], scope
            assert answered.errors[0]["extensions"]["requires"] == scope.value
        assert answered.body["data"] is None
        stranger = await hospital.ask(f"mutation {{ {call} {{ __typename }} }}", None)
        assert stranger.codes == ["UNAUTHENTICATED"]


async def test_a_user_without_roles_sees_nothing(hospital: Hospital) -> None:
    nobody = await hospital.user()
    answered = await hospital.ask(
        "query ($id: ID!) { viewer { roles scopes } wards { code } node(id: $id) { id }"
        ' ward(code: "MED1") { id } patients { totalCount } criticalResults { totalCount } }',
        nobody,
        {"id": hospital.patient("Ada")},
    )
    assert answered.partial == {
        "viewer": {"roles": [], "scopes": []},
        "wards": [],
        "node": None,
        "ward": None,
        "patients": None,
        "criticalResults": None,
    }
    assert answered.refused == {("ward",), ("patients",), ("criticalResults",)}
