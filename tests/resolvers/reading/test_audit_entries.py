"""Reading the audit: auditors all of it, patients who has seen the own record, others nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

import models
from models.rules.roles import Role
from resolvers.actors import Actor
from tests.owner import as_owner
from tests.resolvers.reading.hospital import Answered, Hospital

DETAIL = (
    "patientIds rows operationName documentHash session address requestId sealedAt seal"
    " actor { id username }"
)
ENTRIES = """
query Who($patient: ID, $user: ID, $from: DateTime, $to: DateTime, $first: Int = 50, $after: String)
{ auditEntries(patient: $patient, user: $user, from: $from, to: $to, first: $first, after: $after) {
    totalCount
    pageInfo { endCursor hasNextPage }
    nodes { id occurredAt operation outcome roots scopes types fields refused patients { mrn }
        actor { displayName roles } %s }
} }
"""
ALL = ENTRIES % DETAIL
OWN = ENTRIES % ""

HEARERS = """
SELECT DISTINCT user_id FROM audit_stays
WHERE audience_id = $1 AND first_position <= 7 AND last_position >= 7
"""
HEARD = """
SELECT push.id FROM audit_stays AS stay JOIN audit_entries AS push
  ON push.audience_id = stay.audience_id AND push.user_id IS NULL
     AND push.first_position BETWEEN stay.first_position AND stay.last_position
WHERE stay.user_id = $1
"""
"""What audit_recipients and audit_entries_of ask (migration 0012)."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def auditor(hospital: Hospital) -> Actor:
    return await hospital.user(Role.AUDITOR)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ben(hospital: Hospital) -> Actor:
    return await hospital.user(Role.PATIENT, own="Ben")


def public(hospital: Hospital, user: Actor) -> str:
    """The public id of a user."""
    assert user.user_id is not None
    return hospital.public(models.User, user.user_id)


async def seal(hospital: Hospital) -> None:
    while await hospital.pool.fetchval("SELECT seal_audit(1000)"):
        pass


def entries(answered: Answered) -> list[dict[str, Any]]:
    assert answered.errors == []
    found: list[dict[str, Any]] = answered.data["auditEntries"]["nodes"]
    return found


@pytest.mark.parametrize("sealed", [True, False])
async def test_an_auditor_finds_who_saw_a_patient(
    hospital: Hospital, auditor: Actor, sealed: bool
) -> None:
    """Whether the entry is sealed already, or was written a moment ago."""
    doctor = await hospital.user(Role.DOCTOR, wards=["ICU"])
    await hospital.ask(
        "query Look { patients { nodes { mrn labResults { nodes { code } } } } }", doctor
    )
    if sealed:
        await seal(hospital)
    asked = {"patient": hospital.patient("Ben"), "first": 1}
    answered = await hospital.ask(ALL, auditor, asked)
    [entry] = entries(answered)
    assert entry["operation"] == "QUERY"
    assert entry["outcome"] == "DONE"
    assert entry["operationName"] == "Look"
    assert entry["roots"] == ["Query.patients"]
    assert entry["scopes"] == ["lab:read", "patient:read"]
    assert entry["types"] == ["LabResult", "Patient"]
    assert entry["fields"] == ["LabResult.code", "Patient.labResults", "Patient.mrn"]
    assert entry["refused"] == []
    assert entry["patientIds"] == [hospital.patient("Ben")]
    assert entry["rows"] == 1
    assert entry["patients"] == [{"mrn": "MRN-2"}]
    assert entry["address"] == "192.0.2.7"
    assert entry["session"] == str(doctor.session_id)
    assert entry["actor"] == {
        "displayName": "Some Body",
        "roles": ["DOCTOR"],
        "id": public(hospital, doctor),
        "username": doctor.username,
    }
    assert (entry["seal"] is not None) is sealed
    assert (entry["sealedAt"] is not None) is sealed


async def test_reading_the_audit_is_in_the_audit(hospital: Hospital, auditor: Actor) -> None:
    answered = await hospital.ask(ALL, auditor, {"patient": hospital.patient("Cleo")})
    [row] = answered.audit
    assert row["roots"] == ["Query.auditEntries"]
    assert "audit:read" in row["scopes"]
    assert "AuditEntry.patientIds" in row["fields"]
    again = await hospital.ask(ALL, auditor, {"user": public(hospital, auditor)})
    assert entries(again)[0]["roots"] == ["Query.auditEntries"]


async def test_who_is_asked_about_is_told_of_it(hospital: Hospital, auditor: Actor) -> None:
    """Whose accesses an auditor reads, has been looked at as well."""
    await hospital.ask("{ patients { nodes { id } } }", await hospital.user(Role.ADMIN))
    answered = await hospital.ask(
        "query ($p: ID!) { auditEntries(patient: $p) { nodes { id } } }",
        auditor,
        {"p": hospital.patient("Cleo")},
    )
    assert len(entries(answered)) > 0
    assert set(answered.audit[0]["patient_ids"]) == {hospital.charts["Cleo"].patient}


async def test_pages_and_times(hospital: Hospital, auditor: Actor) -> None:
    user = await hospital.user(Role.ADMIN)
    for number in range(5):
        await hospital.ask(f"query Q{number} {{ wards {{ code }} }}", user)
    asked: dict[str, Any] = {"user": public(hospital, user), "first": 2}
    names, more = [], True
    while more:
        answered = await hospital.ask(ALL, auditor, asked)
        names += [entry["operationName"] for entry in entries(answered)]
        page = answered.data["auditEntries"]
        assert page["totalCount"] == 5
        asked["after"], more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert names == ["Q4", "Q3", "Q2", "Q1", "Q0"]
    now = datetime.now(UTC)
    for start, end, count in ((-60, 60, 5), (60, 120, 0), (-120, -60, 0)):
        span = {
            "user": asked["user"],
            "from": (now + timedelta(seconds=start)).isoformat(),
            "to": (now + timedelta(seconds=end)).isoformat(),
        }
        assert len(entries(await hospital.ask(ALL, auditor, span))) == count


async def test_a_patient_sees_who_saw_the_own_record_and_nothing_of_others(
    hospital: Hospital, ben: Actor
) -> None:
    doctor = await hospital.user(Role.DOCTOR, wards=["ICU", "MED1"])
    await hospital.ask("query Both { patients { nodes { mrn } } }", doctor)
    await hospital.ask('query Ada { patients(search: "ada") { nodes { mrn } } }', doctor)
    answered = await hospital.ask(OWN, ben)
    newest = entries(answered)[0]
    assert newest["actor"] == {"displayName": "Some Body", "roles": ["DOCTOR"]}
    assert newest["fields"] == ["Patient.mrn"]
    assert newest["patients"] == [{"mrn": "MRN-2"}]
    for other in ("Ada", "Cleo", "Gus"):
        assert str(hospital.charts[other].patient) not in answered.raw.decode()
    rows = await hospital.pool.fetch(
        "SELECT id FROM audit_entries WHERE $1 = ANY(patient_ids) AND hospital_id = $2",
        ben.patient_id,
        hospital.id,
    )
    seen = {int(entry["id"].removeprefix("aud_")) for entry in entries(answered)}
    assert seen <= {row["id"] for row in rows}


async def test_what_is_not_about_the_patient_is_refused(hospital: Hospital, ben: Actor) -> None:
    answered = await hospital.ask(ALL, ben)
    assert {path[-1] for path in answered.refused} == {
        *DETAIL.split(" actor", maxsplit=1)[0].split(),
        "id",
        "username",
    }
    for entry in answered.partial["auditEntries"]["nodes"]:
        assert entry["patientIds"] is None
        assert entry["actor"] is None or entry["actor"]["username"] is None
    for argument in ("patient", "user"):
        asked = await hospital.ask(OWN, ben, {argument: hospital.patient("Ada")})
        assert asked.partial["auditEntries"] is None
        assert asked.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN, Role.AUDITOR, Role.PATIENT}))
async def test_nobody_else_reads_it(hospital: Hospital, role: Role) -> None:
    user = await hospital.user(role, wards=["MED1", "ICU"])
    answered = await hospital.ask("{ auditEntries { nodes { id } totalCount } }", user)
    assert answered.partial == {"auditEntries": None}
    assert answered.codes == ["FORBIDDEN"]
    assert answered.audit[0]["refused"] == ["Query.auditEntries"]


async def test_an_auditor_of_another_hospital_sees_none_of_it(
    hospital: Hospital, auditor: Actor
) -> None:
    count = await hospital.pool.fetchval(
        "SELECT count(*) FROM audit_entries WHERE hospital_id = $1", hospital.id
    )
    answered = await hospital.ask("{ auditEntries { totalCount } }", auditor)
    assert answered.data["auditEntries"]["totalCount"] == count


async def test_a_patient_is_found_by_an_index(hospital: Hospital, auditor: Actor) -> None:
    """Not by a look at every entry, sealed ones or the newest."""
    async with as_owner(hospital.pool) as owner:
        await owner.execute(
            "INSERT INTO audit_entries (hospital_id, occurred_at, selection_id, patient_ids)"
            " SELECT $1, now(), sha256('x'), ARRAY[gen_random_uuid()]"
            " FROM generate_series(1, 5000)",
            models.new_id(),
        )
        await seal(hospital)
        await owner.execute("ANALYZE audit_entries, audit_mentions, audit_seals")
        patient = hospital.charts["Ben"].patient
        found = "CAST((SELECT audit_entries_of($1)) AS bigint[])"
        for query in (
            f"SELECT id FROM audit_entries WHERE id = ANY ({found}) ORDER BY id DESC LIMIT 51",
            "SELECT entry_ids FROM audit_mentions WHERE subject_id = $1",
        ):
            told = await owner.fetch(f"EXPLAIN {query}", patient)
            plan = "\n".join(row[0] for row in told)
            assert "Seq Scan" not in plan, plan


async def test_stays_and_pushes_are_found_by_their_indexes(hospital: Hospital) -> None:
    """Not by a look at every entry, nor at every push to an audience."""
    audience, user, other = (models.new_id() for _ in range(3))
    async with as_owner(hospital.pool) as owner:
        for whose, of, count in ((user, audience, 1), (None, audience, 3000), (None, other, 3000)):
            await owner.execute(
                "INSERT INTO audit_entries (hospital_id, occurred_at, user_id, selection_id,"
                " patient_ids, audience_id, first_position)"
                " SELECT $1, now(), $2, sha256('x'), '{}', $3, n FROM generate_series(1, $4) AS n",
                models.new_id(),
                whose,
                of,
                count,
            )
        await owner.execute("ANALYZE audit_entries")
        for query, subject in ((HEARERS, audience), (HEARD, user)):
            told = await owner.fetch(f"EXPLAIN {query}", subject)
            plan = "\n".join(row[0] for row in told)
            assert "Seq Scan" not in plan, plan
            assert "ix_audit_entries_" in plan, plan
