"""What is refused is in the audit as well: who tried what, though nothing was read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

import models
from models.rules.roles import Role
from resolvers import faults
from resolvers.actors import Actor
from resolvers.database import open_pool
from resolvers.passwords import hash_password
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError
from tests.conftest import FreshDatabase
from tests.resolvers.reading.hospital import Answered, Hospital, furnish

VITALS = "mutation Try($i: RecordVitalsInput!) { recordVitals(input: $i) { vitals { id } } }"
DISCHARGE = (
    "mutation D($i: DischargePatientInput!) { dischargePatient(input: $i) { admission { id } } }"
)
READ_BACK = (
    "mutation R($i: AcknowledgeCriticalResultInput!) { acknowledgeCriticalResult(input: $i)"
    " { criticalResult { id } } }"
)
SIGN_IN = (
    'mutation In($n: String!) { signIn(input: { username: $n, password: "wrong horse" })'
    " { token } }"
)


def vitals(hospital: Hospital, name: str) -> dict[str, Any]:
    moment = datetime.now(UTC).isoformat()
    return {"i": {"patientId": hospital.patient(name), "recordedAt": moment, "heartRate": 61}}


def one(answered: Answered) -> asyncpg.Record:
    """The only row it left: nobody's data was read."""
    [row] = answered.audit
    assert row["patient_ids"] == []
    assert row["fields"] == []
    assert row["operation"] == "MUTATION"
    return row


async def test_a_mutation_without_its_scope(hospital: Hospital) -> None:
    clerk = await hospital.user(Role.CLERK)
    answered = await hospital.ask(VITALS, clerk, vitals(hospital, "Ada"))
    assert answered.codes == ["FORBIDDEN"]
    row = one(answered)
    assert row["outcome"] == "FORBIDDEN"
    assert row["operation_name"] == "Try"
    assert row["roots"] == row["refused"] == ["Mutation.recordVitals"]
    assert row["session_id"] == clerk.session_id
    assert row["address"] == clerk.address


async def test_a_target_out_of_scope(hospital: Hospital, nurse: Actor) -> None:
    """The same for whom there is and for whom there is not."""
    for name in ("Ben", "nobody"):
        asked = vitals(hospital, "Ben")
        if name == "nobody":
            asked["i"]["patientId"] = f"pat_{models.new_id()}"
        answered = await hospital.ask(VITALS, nurse, asked)
        assert answered.codes == ["NOT_FOUND"]
        row = one(answered)
        assert row["outcome"] == "NOT_FOUND"
        assert row["refused"] == ["Mutation.recordVitals(patientId:)"]


async def test_a_conflict(hospital: Hospital) -> None:
    admin = await hospital.user(Role.ADMIN)
    [admission] = hospital.charts["Gus"].rows[models.Admission][:1]
    asked = {"i": {"admissionId": hospital.public(models.Admission, admission)}}
    first = await hospital.ask(DISCHARGE, admin, asked)
    again = await hospital.ask(DISCHARGE, admin, asked)
    assert (first.codes, again.codes) == ([], ["CONFLICT"])
    assert one(again)["outcome"] == "CONFLICT"


async def test_a_wrong_read_back_is_kept_with_its_entry(hospital: Hospital, nurse: Actor) -> None:
    critical = hospital.charts["Ada"].newest(models.CriticalResult)
    named = hospital.public(models.CriticalResult, critical)
    asked = {"i": {"criticalResultId": named, "readBack": "1.2345"}}
    answered = await hospital.ask(READ_BACK, nurse, asked)
    assert answered.codes == ["READ_BACK_DIFFERS"]
    assert one(answered)["outcome"] == "READ_BACK_DIFFERS"


async def test_what_is_no_input_leaves_none(hospital: Hospital, nurse: Actor) -> None:
    asked = vitals(hospital, "Ada")
    asked["i"]["heartRate"] = 9_000
    answered = await hospital.ask(VITALS, nurse, asked)
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.audit == []


async def test_a_feed_that_is_refused(hospital: Hospital) -> None:
    clerk = await hospital.user(Role.CLERK)
    request = GraphQLRequest("subscription { criticalResults { cursor } }")
    with pytest.raises(RequestError):
        hospital.engine.subscription(request, clerk)
    for _ in range(500):
        if rows := await hospital.audit(clerk):
            break
    [row] = rows
    assert (row["operation"], row["outcome"]) == ("SUBSCRIPTION", "FORBIDDEN")
    assert row["refused"] == ["Subscription.criticalResults"]


async def test_a_refused_root_of_a_query(hospital: Hospital) -> None:
    lab = await hospital.user(Role.LAB)
    answered = await hospital.ask("{ auditEntries { totalCount } wards { code } }", lab)
    [row] = answered.audit
    assert row["refused"] == ["Query.auditEntries"]
    assert row["roots"] == ["Query.auditEntries", "Query.wards"]
    assert row["outcome"] == "DONE"


async def attempts(pool: asyncpg.Pool[Any], address: str) -> list[asyncpg.Record]:
    return await pool.fetch(
        "SELECT entry.*, operation, outcome FROM audit_entries AS entry"
        " JOIN audit_selections AS shared ON shared.id = selection_id"
        " WHERE address = $1 ORDER BY entry.id",
        address,
    )


async def test_a_failed_sign_in(hospital: Hospital, pool: asyncpg.Pool[Any]) -> None:
    """Under the account that was tried; of a name that is nobody's, nothing is kept."""
    user = await hospital.user(Role.NURSE)
    for name in (user.username, "my-secret-password"):
        answer = await hospital.engine.answer(
            GraphQLRequest(SIGN_IN, None, {"n": name}), None, "198.51.100.9"
        )
        assert b"UNAUTHENTICATED" in answer.body
    known, unknown = await attempts(pool, "198.51.100.9")
    for row in (known, unknown):
        assert (row["operation"], row["outcome"]) == ("SIGN_IN", "UNAUTHENTICATED")
        assert "secret" not in str(dict(row))
    assert (known["user_id"], known["hospital_id"]) == (user.user_id, hospital.id)
    assert (unknown["user_id"], unknown["hospital_id"]) == (None, None), "there are two hospitals"


async def test_where_there_is_one_hospital_an_attempt_is_its(
    fresh_database: FreshDatabase,
) -> None:
    pool = await open_pool(await fresh_database(), max_size=3)
    try:
        alone = await furnish(pool)
        request = GraphQLRequest(SIGN_IN, None, {"n": "nobody"})
        await alone.engine.answer(request, None, "198.51.100.7")
        [row] = await attempts(pool, "198.51.100.7")
        assert (row["user_id"], row["hospital_id"]) == (None, alone.id)
    finally:
        await pool.close()


async def test_signing_in_and_out(hospital: Hospital, pool: asyncpg.Pool[Any]) -> None:
    user = await hospital.user(Role.NURSE)
    await pool.execute(
        "UPDATE users SET password_hash = $1 WHERE id = $2",
        await hash_password("wrong horse"),
        user.user_id,
    )
    request = GraphQLRequest(SIGN_IN, None, {"n": user.username})
    answer = await hospital.engine.answer(request, None, "198.51.100.8")
    assert answer.session is not None
    await hospital.ask("mutation { signOut { signedOut } }", answer.session.actor)
    rows = await attempts(pool, "198.51.100.8")
    assert [(row["operation"], row["outcome"]) for row in rows] == [
        ("SIGN_IN", "DONE"),
        ("SIGN_OUT", "DONE"),
    ]
    assert {row["session_id"] for row in rows} == {answer.session.actor.session_id}


async def test_an_entry_names_its_request(hospital: Hospital, nurse: Actor) -> None:
    token = faults.CORRELATION.set("req-1")
    try:
        read = await hospital.ask("{ wards { code } }", nurse)
        refused = await hospital.ask(VITALS, nurse, vitals(hospital, "Ben"))
    finally:
        faults.CORRELATION.reset(token)
    assert [row["request_id"] for row in (*read.audit, *refused.audit)] == ["req-1"] * 2


async def test_scopes_are_those_that_were_used(hospital: Hospital, nurse: Actor) -> None:
    selected = "{ patients { nodes { mrn nationalId latestVitals { heartRate } } } }"
    answered = await hospital.ask(selected, nurse)
    [row] = answered.audit
    assert row["scopes"] == ["patient:read", "vitals:read"]
    written = await hospital.ask(VITALS, nurse, vitals(hospital, "Ada"))
    assert written.audit[0]["scopes"] == ["vitals:read", "vitals:record"]
    assert written.audit[0]["roots"] == ["Mutation.recordVitals"]
