"""The audit: one row an operation, with whose data the answer held and no value of it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from tests.owner import as_owner
from tests.resolvers.reading.hospital import MRNS, Answered, Hospital

PATIENT_ID = re.compile(r'"pat_([-0-9a-f]{36})"')


def told(answered: Answered) -> set[UUID]:
    """The patients whose id stands anywhere in the answer."""
    return {UUID(found) for found in PATIENT_ID.findall(answered.raw.decode())}


def audited(answered: Answered) -> set[UUID]:
    """The patients in the one audit row."""
    [row] = answered.audit
    return set(row["patient_ids"])


def charts(hospital: Hospital, *names: str) -> set[UUID]:
    return {hospital.charts[name].patient for name in names}


async def test_the_row_says_who_what_and_when(hospital: Hospital, nurse: Actor) -> None:
    text = (
        "query Round($s: String) { patients(search: $s) { nodes { givenName phone nationalId"
        " latestVitals { heartRate news2 { total } } } } viewer { username } }"
    )
    before = datetime.now(UTC)
    answered = await hospital.ask(text, nurse, {"s": "ada"})
    [row] = answered.audit
    assert before <= row["occurred_at"] <= datetime.now(UTC)
    assert row["hospital_id"] == hospital.id
    assert row["user_id"] == nurse.user_id
    assert row["session_id"] == nurse.session_id
    assert row["address"] == "192.0.2.7"
    assert (row["operation"], row["operation_name"]) == ("QUERY", "Round")
    assert row["document_hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert row["fields"] == [
        "News2.total",
        "Patient.givenName",
        "Patient.latestVitals",
        "Patient.phone",
        "VitalSigns.heartRate",
        "VitalSigns.news2",
    ]
    assert row["refused"] == ["Patient.nationalId"]
    assert row["roots"] == ["Query.patients", "Query.viewer"]
    assert audited(answered) == charts(hospital, "Ada")


async def test_a_flat_page_says_the_same_as_a_nested_one(hospital: Hospital, nurse: Actor) -> None:
    """A page alone is planned as rows (resolvers/reading/listings.py)."""
    page = "patients { nodes { mrn nationalId } }"
    flat = (await hospital.ask(f"{{ {page} }}", nurse)).audit[0]
    nested = (await hospital.ask(f"{{ {page} __typename }}", nurse)).audit[0]
    said = ("roots", "scopes", "fields", "refused")
    assert [flat[name] for name in said] == [nested[name] for name in said]
    assert flat["roots"] == ["Query.patients"]
    assert flat["fields"] == ["Patient.mrn"]
    assert flat["refused"] == ["Patient.nationalId"]


IN_BEDS = ["Ada", "Ben", "Cleo", "Gus"]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("patients { nodes { id } }", MRNS),
        ("patients(first: 2) { nodes { id } }", ["Ada", "Ben"]),
        ("patients(first: 1) { edges { node { id } } }", ["Ada"]),
        ('patients(search: "nobody") { nodes { id } }', []),
        ("wards { beds { admission { patient { id } } } }", IN_BEDS),
        ("wards { beds { reservedFor { id } } }", ["Ben"]),
        (
            ("wards { beds { reservedFor { id } admission { patient { id } } } }"),
            IN_BEDS,
        ),
        (
            (
                'ward(code: "MED1") { beds { admission { patient { id vitals(first: 1)'
                " { nodes { id } } labResults { nodes { patient { id } } } } } } }"
            ),
            ["Ada"],
        ),
        ("criticalResults(first: 500) { nodes { patient { id } } }", MRNS),
        (
            ('criticalResults(ward: "ICU") { edges { node { labResult { patient { id } } } } }'),
            ["Ben"],
        ),
        ("viewer { id wards { code occupancy { occupied } } }", []),
        ("wards { beds { code status } }", []),
        (
            ('a: patients(first: 1) { nodes { id } } b: patients(search: "ben") { nodes { id } }'),
            ["Ada", "Ben"],
        ),
        ("patients { totalCount }", []),
        ("x: __typename", []),
    ],
)
async def test_the_patients_are_those_of_the_answer(
    hospital: Hospital, admin: Actor, selection: str, names: Any
) -> None:
    answered = await hospital.ask(f"{{ {selection} }}", admin)
    assert answered.errors == []
    assert audited(answered) == told(answered) == charts(hospital, *names)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("wards { beds { admission { status } } }", IN_BEDS),
        ("wards { beds { admission { reason stays { startedAt } } } }", IN_BEDS),
        ("criticalResults { nodes { rule } }", MRNS),
        ('criticalResults(ward: "SURG1", first: 1) { edges { cursor } }', ["Gus"]),
        ("patients(first: 1) { pageInfo { endCursor } }", ["Ada"]),
        ("wards { beds { admission { bed { admission { status } } } } }", IN_BEDS),
    ],
)
async def test_a_row_of_a_patient_counts_without_the_patient(
    hospital: Hospital, admin: Actor, selection: str, names: Any
) -> None:
    assert audited(await hospital.ask(f"{{ {selection} }}", admin)) == charts(hospital, *names)


async def test_node_names_the_patient_of_any_row(hospital: Hospital, admin: Actor) -> None:
    chart = hospital.charts["Cleo"]
    for model, rows in chart.rows.items():
        if model is models.BedStay:
            continue
        answered = await hospital.ask(
            "query ($id: ID!) { node(id: $id) { id } }",
            admin,
            {"id": hospital.public(model, rows[0])},
        )
        assert audited(answered) == {chart.patient}, model
    ward = hospital.public(models.Ward, hospital.wards["ICU"])
    answered = await hospital.ask("query ($id: ID!) { node(id: $id) { id } }", admin, {"id": ward})
    assert audited(answered) == set()


async def test_whom_one_may_not_see_is_not_in_the_audit(hospital: Hospital, nurse: Actor) -> None:
    answered = await hospital.ask(
        "{ wards { beds { admission { patient { id } } reservedFor { id } } }"
        " patients { nodes { id admissions { nodes { stays { bed { admission { id } } } } } } } }",
        nurse,
    )
    assert audited(answered) == charts(hospital, "Ada")


async def test_the_row_holds_no_value(hospital: Hospital, admin: Actor) -> None:
    answered = await hospital.ask(
        'query Q($m: String) { patient(mrn: $m) { givenName phone } patients(search: "person2")'
        " { nodes { familyName } } }",
        admin,
        {"m": MRNS["Ada"]},
    )
    assert "Person2" in answered.raw.decode()
    [row] = answered.audit
    # Ids and the hash are hexadecimal, in which "ada" comes about by chance.
    hexadecimal = {"user_id", "session_id", "hospital_id", "patient_ids", "document_hash"}
    hexadecimal |= {"selection_id"}
    assert all(isinstance(one, UUID) for one in row["patient_ids"])
    text = str({name: value for name, value in row.items() if name not in hexadecimal}).lower()
    for value in ("ada", "person", MRNS["Ada"].lower(), "+49", MRNS["Ben"].lower()):
        assert value not in text


async def test_every_operation_leaves_one_row(hospital: Hospital, admin: Actor) -> None:
    """However many roots, and again for the same plan."""
    for _ in range(3):
        answered = await hospital.ask(
            "{ a: wards { code } b: wards { code } viewer { id } }", admin
        )
        assert len(answered.audit) == 1
    mixed = await hospital.ask("{ __schema { queryType { name } } viewer { id } }", admin)
    assert len(mixed.audit) == 1


async def test_what_was_not_executed_leaves_none(hospital: Hospital, admin: Actor) -> None:
    for text in (
        "{",
        "{ nothing }",
        "{ patients(first: 501) { totalCount } }",
        "{ patient { id } }",
    ):
        answered = await hospital.ask(text, admin)
        assert answered.errors
        assert answered.audit == []


RECORD = (
    "mutation M($i: RecordVitalsInput!) { recordVitals(input: $i) { vitals { id heartRate } } }"
)


def vitals(hospital: Hospital, name: str, **more: Any) -> dict[str, Any]:
    given = {"patientId": hospital.patient(name), "recordedAt": datetime.now(UTC).isoformat()}
    return {"i": given | {"heartRate": 61} | more}


async def test_a_mutation_leaves_one_row(hospital: Hospital, nurse: Actor) -> None:
    answered = await hospital.ask(RECORD, nurse, vitals(hospital, "Ada"))
    assert answered.data["recordVitals"]["vitals"]["heartRate"] == 61
    [row] = answered.audit
    assert (row["operation"], row["operation_name"]) == ("MUTATION", "M")
    assert row["session_id"] == nurse.session_id
    assert row["fields"] == ["VitalSigns.heartRate", "VitalSigns.id"]
    assert audited(answered) == charts(hospital, "Ada")
    assert hospital.rung[-1] == hospital.id


@pytest.mark.parametrize("wrong", [{"heartRate": 900}, {"recordedAt": "2999-01-01T00:00:00Z"}])
async def test_a_mutation_that_fails_leaves_neither_row(
    hospital: Hospital, nurse: Actor, wrong: dict[str, Any]
) -> None:
    count = "SELECT count(*) FROM vital_signs"
    before, rung = await hospital.pool.fetchval(count), len(hospital.rung)
    answered = await hospital.ask(RECORD, nurse, vitals(hospital, "Ada", **wrong))
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.audit == []
    assert await hospital.pool.fetchval(count) == before
    assert len(hospital.rung) == rung


async def test_what_cannot_be_read_is_not_written(hospital: Hospital, nurse: Actor) -> None:
    """The payload is read in the mutation's own transaction: where that fails, all of it does."""
    count = "SELECT count(*) FROM vital_signs"
    before = await hospital.pool.fetchval(count)
    async with as_owner(hospital.pool) as owner:
        await owner.execute("ALTER TABLE audit_entries RENAME TO audit_away")
    try:
        raw = await hospital.engine.execute(
            GraphQLRequest(RECORD, None, vitals(hospital, "Ada")), nurse
        )
    finally:
        async with as_owner(hospital.pool) as owner:
            await owner.execute("ALTER TABLE audit_away RENAME TO audit_entries")
    assert b"INTERNAL_SERVER_ERROR" in raw
    assert await hospital.pool.fetchval(count) == before


async def test_each_root_of_a_mutation_is_a_transaction_with_its_row(
    hospital: Hospital, nurse: Actor
) -> None:
    """What came before the one that is refused stays, and its audit row with it."""
    text = (
        "mutation ($a: RecordVitalsInput!, $b: RecordVitalsInput!) {"
        " a: recordVitals(input: $a) { vitals { heartRate } }"
        " b: recordVitals(input: $b) { vitals { id } } }"
    )
    good, bad = vitals(hospital, "Ada")["i"], vitals(hospital, "Ben")["i"]
    answered = await hospital.ask(text, nurse, {"a": good, "b": good})
    assert [row["fields"] for row in answered.audit] == [
        ["VitalSigns.heartRate"],
        ["VitalSigns.id"],
    ]
    half = await hospital.ask(text, nurse, {"a": good, "b": bad})
    assert half.body["data"] is None
    assert half.errors[0]["path"] == ["b"]
    assert half.codes == ["NOT_FOUND"]
    assert [row["fields"] for row in half.audit] == [["VitalSigns.heartRate"], []]
    assert [row["outcome"] for row in half.audit] == ["DONE", "NOT_FOUND"]


async def test_a_list_that_a_mutation_answers_names_its_patients(hospital: Hospital) -> None:
    lab = await hospital.user(Role.LAB)
    results = [
        {"mrn": MRNS[name], "code": "2951-2", "value": 140, "unit": "mmol/L"}
        | {"observedAt": datetime.now(UTC).isoformat()}
        for name in ("Ada", "Cleo", "Ada")
    ]
    answered = await hospital.ask(
        "mutation ($r: [LabResultInput!]!) { recordLabResults(input: { results: $r }) {"
        " outcomes { index outcome labResult { code } } } }",
        lab,
        {"r": [*results, {**results[0], "mrn": "none"}]},
    )
    outcomes = answered.data["recordLabResults"]["outcomes"]
    assert [one["index"] for one in outcomes] == [0, 1, 2, 3]
    assert [one["outcome"] for one in outcomes] == ["CREATED"] * 3 + ["REJECTED"]
    assert outcomes[3]["labResult"] is None
    assert audited(answered) == charts(hospital, "Ada", "Cleo")
