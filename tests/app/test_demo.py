"""Loading the demo hospital: whole, by the rules, and only once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, TypeAlias

import asyncpg
import pytest
import pytest_asyncio

from app import demo
from app.demo.story import ALARMS, CARE_TEAMS, EMERGENCY
from app.demo.users import USERS
from app.demo.wards import PLANS
from resolvers import sessions
from resolvers.database import open_pool
from resolvers.errors import BadInput, Unauthenticated
from resolvers.policy import DEFAULT_POLICY
from tests.resolvers.bed_laws import broken

PASSWORD = "wardline"
TABLES = (
    "hospitals", "wards", "rooms", "beds", "users", "patients", "allergies", "admissions",
    "bed_stays", "reservations", "vital_signs", "lab_results", "critical_rules",
    "critical_results", "critical_result_steps", "medication_orders",
    "medication_administrations", "events",
)  # fmt: skip

Pool: TypeAlias = "asyncpg.Pool[Any]"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loaded(pool: Pool) -> demo.Loaded:
    return await demo.load(pool, password=PASSWORD, now=datetime.now(UTC))


async def counts(pool: Pool) -> dict[str, int]:
    return {table: await pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def test_the_wards_are_as_planned(pool: Pool, loaded: demo.Loaded) -> None:
    rows = await pool.fetch(
        """SELECT w.code, count(*) AS beds, count(*) FILTER (WHERE b.status = 'OCCUPIED') AS taken
             FROM beds b JOIN wards w ON w.id = b.ward_id WHERE b.hospital_id = $1 GROUP BY 1""",
        loaded.hospital_id,
    )
    assert {row["code"]: (row["beds"], row["taken"]) for row in rows} == {
        plan.code: (plan.beds, plan.occupied) for plan in PLANS
    }
    statuses = {row["status"] for row in await pool.fetch("SELECT DISTINCT status FROM beds")}
    assert {"HOUSEKEEPING", "CLOSED", "UNOCCUPIED"} <= statuses
    assert await pool.fetchval("SELECT count(*) FROM reservations WHERE ended_at IS NULL") == 2


async def test_a_bed_is_occupied_exactly_while_somebody_lies_in_it(
    pool: Pool, loaded: demo.Loaded
) -> None:
    wrong = await pool.fetch(
        """SELECT b.id FROM beds b
             LEFT JOIN bed_stays s ON s.bed_id = b.id AND s.ended_at IS NULL
            WHERE (b.status = 'OCCUPIED') <> (s.id IS NOT NULL)"""
    )
    assert wrong == []


async def test_every_row_was_taken_and_nothing_lies_in_the_future(
    pool: Pool, loaded: demo.Loaded
) -> None:
    written = loaded.written
    assert written is not None
    found = await counts(pool)
    assert found["patients"] == written.patients == sum(plan.occupied for plan in PLANS)
    assert found["vital_signs"] == written.vitals > 1_000
    assert found["lab_results"] == written.results > 3_000
    assert found["medication_orders"] == written.orders > 100
    assert found["medication_administrations"] == written.doses > 100
    for table, column in (
        ("vital_signs", "recorded_at"),
        ("lab_results", "issued_at"),
        ("admissions", "admitted_at"),
        ("medication_administrations", "given_at"),
    ):
        assert await pool.fetchval(f"SELECT max({column}) <= now() FROM {table}"), table


async def test_only_the_story_is_critical(pool: Pool, loaded: demo.Loaded) -> None:
    rows = await pool.fetch(
        """SELECT w.code AS ward, l.code, l.value, c.status
             FROM critical_results c
             JOIN lab_results l ON l.id = c.lab_result_id JOIN wards w ON w.id = c.ward_id"""
    )
    assert sorted(map(tuple, rows)) == sorted(
        (alarm.ward, alarm.code, alarm.value, "ACKNOWLEDGED" if alarm.replies else "OPEN")
        for alarm in ALARMS
    )
    critical = await pool.fetchval(
        "SELECT count(*) FROM lab_results WHERE interpretation LIKE 'CRITICAL%'"
    )
    assert critical == len(ALARMS) + sum(alarm.again is not None for alarm in ALARMS)
    assert await pool.fetchval("SELECT count(*) FROM lab_results WHERE arrived_late") == 0


async def test_a_repeat_has_joined_what_was_read_back(pool: Pool, loaded: demo.Loaded) -> None:
    kinds = await pool.fetchval(
        """SELECT array_agg(s.kind ORDER BY s.number) FROM critical_result_steps s
             JOIN critical_results c ON c.id = s.critical_result_id
             JOIN wards w ON w.id = c.ward_id WHERE w.code = 'ICU'"""
    )
    assert kinds == ["RAISED", "ACKNOWLEDGED", "REPEATED"]


async def test_the_doctor_treats_somebody_beyond_the_own_wards(
    pool: Pool, loaded: demo.Loaded
) -> None:
    rows = await pool.fetch(
        """SELECT w.code AS ward, u.username, m.role
             FROM care_team_members m JOIN users u ON u.id = m.user_id
             JOIN bed_stays s ON s.patient_id = m.patient_id AND s.ended_at IS NULL
             JOIN wards w ON w.id = s.ward_id
            WHERE m.ended_at IS NULL"""
    )
    assert sorted(tuple(row) for row in rows) == sorted(
        (responsible.ward, "doctor", responsible.role.value) for responsible in CARE_TEAMS
    )
    [doctor] = [user for user in USERS if user.username == "doctor"]
    assert not {row["ward"] for row in rows} <= set(doctor.wards)


async def test_a_broken_glass_waits_for_its_review(pool: Pool, loaded: demo.Loaded) -> None:
    [row] = await pool.fetch(
        """SELECT u.username, w.code AS ward, e.opened_at, e.ended_at, e.reviewed_at
             FROM emergency_accesses e JOIN users u ON u.id = e.user_id
             JOIN bed_stays s ON s.patient_id = e.patient_id AND s.ended_at IS NULL
             JOIN wards w ON w.id = s.ward_id"""
    )
    assert (row["username"], row["ward"]) == ("nurse", EMERGENCY.ward)
    assert row["opened_at"] < row["ended_at"] <= datetime.now(UTC)
    assert row["reviewed_at"] is None


async def test_a_misheard_value_is_in_the_loop_of_the_acknowledged(
    pool: Pool, loaded: demo.Loaded
) -> None:
    steps = await pool.fetch(
        """SELECT s.kind, u.username, s.read_back = l.value AS right
             FROM critical_result_steps s JOIN critical_results c ON c.id = s.critical_result_id
             JOIN lab_results l ON l.id = c.lab_result_id LEFT JOIN users u ON u.id = s.user_id
             JOIN wards w ON w.id = c.ward_id
            WHERE w.code = 'MED1' AND l.code = '2823-3' ORDER BY s.number"""
    )
    assert [step["kind"] for step in steps] == ["RAISED", "READ_BACK_REFUSED", "ACKNOWLEDGED"]
    assert [(step["username"], step["right"]) for step in steps[1:]] == [
        ("nurse", False),
        ("nurse", True),
    ]


async def test_newborns_are_days_old_and_not_scored(pool: Pool, loaded: demo.Loaded) -> None:
    oldest, scored = await pool.fetchrow(
        """SELECT max(current_date - p.birth_date), count(*) FILTER (WHERE v.news2_applies)
             FROM vital_signs v JOIN patients p ON p.id = v.patient_id
             JOIN bed_stays s ON s.patient_id = p.id AND s.ended_at IS NULL
             JOIN wards w ON w.id = s.ward_id AND w.code = 'NICU'"""
    )
    assert oldest <= 28
    assert scored == 0


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.username)
async def test_each_user_signs_in_with_role_and_wards(
    pool: Pool, loaded: demo.Loaded, user: Any
) -> None:
    signed = await sessions.sign_in(
        pool,
        username=user.username,
        password=PASSWORD,
        address="127.0.0.1",
        now=datetime.now(UTC),
        policy=DEFAULT_POLICY,
    )
    assert signed.actor.hospital_id == loaded.hospital_id
    assert signed.actor.roles == {user.role}
    codes = await pool.fetch(
        "SELECT code FROM wards WHERE id = ANY($1)", list(signed.actor.ward_ids)
    )
    assert {row["code"] for row in codes} == set(user.wards)


async def test_a_second_start_changes_nothing(pool: Pool, loaded: demo.Loaded) -> None:
    await pool.execute("UPDATE wards SET name = 'Newborns' WHERE code = 'NICU'")
    before = await counts(pool)
    again = await demo.load(pool, password="another password", now=datetime.now(UTC))
    assert again == demo.Loaded(loaded.hospital_id, 0, None)
    assert await counts(pool) == before
    assert await pool.fetchval("SELECT name FROM wards WHERE code = 'NICU'") == "Newborns"
    with pytest.raises(Unauthenticated):
        await sessions.sign_in(
            pool,
            username="nurse",
            password="another password",
            address="127.0.0.2",
            now=datetime.now(UTC),
            policy=DEFAULT_POLICY,
        )


async def test_two_starts_at_once_load_it_once(fresh_database: Any) -> None:
    pool = await open_pool(await fresh_database(), max_size=2)
    try:
        now = datetime.now(UTC)
        both = await asyncio.gather(
            demo.load(pool, password=PASSWORD, now=now), demo.load(pool, password=PASSWORD, now=now)
        )
        assert sorted(one.written is None for one in both) == [False, True]
        assert sorted(one.users for one in both) == [0, len(USERS)]
        found = await counts(pool)
        assert (found["hospitals"], found["patients"]) == (1, sum(p.occupied for p in PLANS))
    finally:
        await pool.close()


async def test_a_password_that_is_too_short_leaves_a_demo_that_can_be_loaded(
    fresh_database: Any,
) -> None:
    pool = await open_pool(await fresh_database(), max_size=2)
    try:
        with pytest.raises(BadInput):
            await demo.load(pool, password="short", now=datetime.now(UTC))
        assert (await counts(pool))["patients"] == 0
        loaded = await demo.load(pool, password=PASSWORD, now=datetime.now(UTC))
        assert loaded.written is not None
    finally:
        await pool.close()


async def test_progress_is_told(fresh_database: Any) -> None:
    pool = await open_pool(await fresh_database(), max_size=1)
    told: list[str] = []
    try:
        await demo.load(pool, password=PASSWORD, now=datetime.now(UTC), progress=told.append)
    finally:
        await pool.close()
    assert told == ["wards and beds", "users", "patients and their past"]


async def test_beds_have_their_histories_and_somebody_is_isolated(
    pool: Pool, loaded: demo.Loaded
) -> None:
    assert await broken(pool, loaded.hospital_id) == []
    assert not await pool.fetch(
        "SELECT 1 FROM beds WHERE status = 'CLOSED' AND closed_reason IS NULL AND hospital_id = $1"
        " AND id IN (SELECT bed_id FROM bed_transitions WHERE to_status = 'CLOSED')",
        loaded.hospital_id,
    )
    rows = await pool.fetch(
        """SELECT w.code, i.kind, b.isolation_for @> ARRAY[i.kind] AS fit
             FROM isolations i
             JOIN bed_stays s ON s.patient_id = i.patient_id AND s.ended_at IS NULL
             JOIN beds b ON b.id = s.bed_id JOIN wards w ON w.id = s.ward_id
            WHERE i.hospital_id = $1""",
        loaded.hospital_id,
    )
    assert {tuple(row) for row in rows} == {("ICU", "CONTACT", True), ("MED1", "DROPLET", False)}
