"""The clock: what is due happens by itself, once, whatever the database does in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

import models
from app import jobs
from models.rules import escalation
from models.rules.roles import Role
from resolvers import faults
from resolvers.policy import DEFAULT_POLICY
from resolvers.transaction import Transaction
from tests.owner import as_owner
from tests.resolvers.reading.hospital import Hospital, furnish


@pytest_asyncio.fixture
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


@asynccontextmanager
async def clock(pool: asyncpg.Pool[Any], rung: list[UUID], times: int = 1) -> AsyncIterator[None]:
    """So many processes' clocks."""
    tasks = [
        asyncio.create_task(jobs.run(pool, DEFAULT_POLICY, rung.append, nobody))
        for _ in range(times)
    ]
    try:
        yield
        assert not any(task.done() for task in tasks), "a clock never ends by itself"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    """What it finds, once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)
    return found


async def nobody(_: UUID) -> tuple[()]:
    """It is known that no station listens."""
    return ()


FIRST = escalation.DEFAULT_CHAIN[1]


async def overdue(hospital: Hospital, name: str) -> UUID:
    """The patient's open critical result, a second past its first step."""
    critical = hospital.charts[name].newest(models.CriticalResult)
    due = datetime.now(UTC) - timedelta(seconds=1)
    await hospital.pool.execute(
        "UPDATE critical_results SET escalation_level = 0, raised_at = $1, next_escalation_at = $2,"
        " chain_id = NULL, urgency = 'CRITICAL'"
        " WHERE id = $3",
        due - FIRST.after,
        due,
        critical,
    )
    return critical


async def kinds(hospital: Hospital, subject: UUID) -> list[str]:
    rows = await hospital.pool.fetch(
        "SELECT kind FROM events WHERE subject_id = $1 ORDER BY position", subject
    )
    return [row["kind"] for row in rows]


async def test_an_unanswered_result_is_escalated_once(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever of several processes comes first, and by no later round."""
    critical, rung, rounds = await overdue(hospital, "Ada"), list[UUID](), list[datetime]()
    whole = jobs.tick

    async def counted(*given: Any) -> None:
        await whole(*given)
        rounds.append(given[-1])

    async def enough() -> bool:
        return len(rounds) >= 9

    monkeypatch.setattr(jobs, "tick", counted)
    monkeypatch.setattr(jobs, "EVERY", 0.02)
    async with clock(hospital.pool, rung, times=3):
        await until(lambda: kinds(hospital, critical))
        rounds.clear()
        await until(enough)
    row = await hospital.pool.fetchrow("SELECT * FROM critical_results WHERE id = $1", critical)
    assert row is not None
    assert (row["status"], row["escalation_level"]) == ("OPEN", 1)
    assert row["next_escalation_at"] > datetime.now(UTC)
    assert await kinds(hospital, critical) == ["CriticalResultEscalated"]
    assert rung == [hospital.id]


async def test_a_clock_that_is_put_back_is_one_of_the_chart(hospital: Hospital) -> None:
    """It is due by its row and not by its chain: then nobody is called, and whoever holds an answer
    with the time of before is told."""
    critical, now = await overdue(hospital, "Ada"), datetime.now(UTC)
    await hospital.pool.execute(
        "UPDATE critical_results SET raised_at = $1, told_at = $1 WHERE id = $2", now, critical
    )
    patient = hospital.charts["Ada"].patient
    before = await kinds(hospital, patient)
    await jobs.tick(hospital.pool, DEFAULT_POLICY, list[UUID]().append, nobody, now)
    row = await hospital.pool.fetchrow("SELECT * FROM critical_results WHERE id = $1", critical)
    assert row is not None
    assert row["next_escalation_at"] == now + FIRST.after
    assert await kinds(hospital, patient) == [*before, "PatientCharted"]


async def test_a_reservation_ends_when_its_time_is_over(hospital: Hospital) -> None:
    bed, rung = hospital.beds["MED1-2"], list[UUID]()
    await hospital.pool.execute(
        "UPDATE reservations SET reserved_until = $1 WHERE bed_id = $2",
        datetime.now(UTC) - timedelta(seconds=1),
        bed,
    )

    async def ended() -> str | None:
        found: str | None = await hospital.pool.fetchval(
            "SELECT ended_as FROM reservations WHERE bed_id = $1", bed
        )
        return found

    async with clock(hospital.pool, rung):
        assert await until(ended) == "EXPIRED"
        assert await until(lambda: kinds(hospital, bed)) == ["BedReleased"]
        await until(lambda: told(rung))
    assert set(rung) == {hospital.id}


async def test_what_is_not_due_is_left_alone(hospital: Hospital) -> None:
    now, rung = datetime.now(UTC), list[UUID]()
    await hospital.pool.execute("UPDATE critical_results SET told_at = raised_at")
    events = "SELECT count(*) FROM events WHERE hospital_id = $1 AND kind <> 'PatientCharted'"
    await jobs.tick(hospital.pool, DEFAULT_POLICY, rung.append, nobody, now)
    assert hospital.id not in rung
    assert await hospital.pool.fetchval(events, hospital.id) == 0
    await jobs.tick(hospital.pool, DEFAULT_POLICY, rung.append, nobody, now + timedelta(days=2))
    assert hospital.id in rung
    assert await hospital.pool.fetchval(events, hospital.id) > 1


async def insisting(work: Callable[[], Awaitable[Any]]) -> Any:
    """Do it, by another connection where the pool lends one that was cut a moment ago."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await work()
            except faults.TRANSIENT:
                await asyncio.sleep(0.02)


async def cut(pool: asyncpg.Pool[Any]) -> None:
    """Cut every connection to the database but one's own."""
    async with as_owner(pool) as owner:
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_the_clock_outlives_the_database(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    """Its connections are cut again and again; what became due meanwhile happens after it."""
    rung: list[UUID] = []
    async with clock(hospital.pool, rung):
        for _ in range(3):
            await insisting(lambda: cut(hospital.pool))
        critical = await insisting(lambda: overdue(hospital, "Ben"))
        assert await until(lambda: kinds(hospital, critical)) == ["CriticalResultEscalated"]
    assert "Traceback" not in caplog.text


async def test_one_faulty_step_stops_nothing_else(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The first round meets an error nobody foresaw; the next does the work."""
    critical, rung = await overdue(hospital, "Cleo"), list[UUID]()
    whole, failed = jobs.tick, list[bool]()

    async def once(*given: Any) -> None:
        if not failed:
            failed.append(True)
            raise LookupError("Eleanor Rigby")
        await whole(*given)

    monkeypatch.setattr(jobs, "tick", once)
    monkeypatch.setattr(jobs, "EVERY", 0.05)
    async with clock(hospital.pool, rung):
        assert await until(lambda: kinds(hospital, critical)) == ["CriticalResultEscalated"]
    assert failed
    assert "LookupError" in caplog.text
    assert "Eleanor" not in caplog.text


async def test_a_fault_in_one_hospital_keeps_nobody_waiting(
    pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the other hospitals nor the critical results of its own."""
    one, other = await furnish(pool), await furnish(pool)
    overdue_ = [(each, await overdue(each, "Ada")) for each in (one, other)]
    whole, broken, rung = jobs.beds.expire_reservations, {one.id, other.id}, list[UUID]()

    async def expire(tx: Transaction) -> int:
        if tx.hospital_id in broken:
            raise LookupError("Eleanor Rigby")
        return await whole(tx)

    monkeypatch.setattr(jobs.beds, "expire_reservations", expire)
    await jobs.tick(pool, DEFAULT_POLICY, rung.append, nobody, datetime.now(UTC))
    for hospital, critical in overdue_:
        assert await kinds(hospital, critical) == ["CriticalResultEscalated"]
        assert hospital.id in rung
    assert caplog.text.count("LookupError") == 2
    assert "Eleanor" not in caplog.text


@asynccontextmanager
async def unworkable(pool: asyncpg.Pool[Any], critical: UUID) -> AsyncIterator[None]:
    """The database takes no step of this critical result."""
    function = f"no_step_of_{critical.hex}"
    async with as_owner(pool) as owner:
        await owner.execute(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF NEW.critical_result_id = '{critical}' THEN"
            " RAISE 'Eleanor Rigby'; END IF; RETURN NEW; END $$;"
            f"CREATE TRIGGER {function} BEFORE INSERT ON critical_result_steps"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    try:
        yield
    finally:
        async with as_owner(pool) as owner:
            await owner.execute(f"DROP FUNCTION {function}() CASCADE")


async def test_one_that_cannot_be_worked_on_keeps_no_other_of_its_ward_waiting(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what is to be told nor what is to be escalated; what is not done leaves no event, and
    is done once it can be."""
    names = ("Ada", "Ben", "Cleo")
    critical = {name: await overdue(hospital, name) for name in names}
    await hospital.pool.execute(
        "UPDATE critical_results SET told_at = NULL WHERE id = ANY($1)", [*critical.values()]
    )

    async def tick() -> dict[str, list[str]]:
        rung: list[UUID] = []
        await jobs.tick(hospital.pool, DEFAULT_POLICY, rung.append, nobody, datetime.now(UTC))
        assert hospital.id in rung
        return {name: await kinds(hospital, one) for name, one in critical.items()}

    async with unworkable(hospital.pool, critical["Ben"]):
        heard = await tick()
        assert heard.pop("Ben") == []
        assert all(one and set(one) == {"CriticalResultEscalated"} for one in heard.values())
        assert caplog.text.count("RaiseError") == 2
        assert "Eleanor" not in caplog.text
        untold = "SELECT id FROM critical_results WHERE id = ANY($1) AND told_at IS NULL"
        rows = await hospital.pool.fetch(untold, [*critical.values()])
        assert [row["id"] for row in rows] == [critical["Ben"]]
    assert set((await tick())["Ben"]) == {"CriticalResultEscalated"}


async def test_a_hospital_that_the_database_stops_keeps_no_other_waiting(
    pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is told at the end of the round, as of a database that is away."""
    hospitals = [await furnish(pool) for _ in range(3)]
    overdue_ = [(each, await overdue(each, "Ada")) for each in hospitals]
    # Whichever comes first in the round, and one in its midst.
    whole, stopped = jobs.beds.expire_reservations, list[UUID]()

    async def expire(tx: Transaction) -> int:
        if len(stopped) < 2 and tx.hospital_id in {each.id for each in hospitals}:
            stopped.append(tx.hospital_id)
            raise asyncpg.QueryCanceledError
        return await whole(tx)

    monkeypatch.setattr(jobs.beds, "expire_reservations", expire)
    with pytest.raises(asyncpg.QueryCanceledError):
        await jobs.tick(pool, DEFAULT_POLICY, list[UUID]().append, nobody, datetime.now(UTC))
    made = {each.id: await kinds(each, critical) for each, critical in overdue_}
    assert [made[one] for one in stopped] == [[], []]
    assert [found for one, found in made.items() if one not in stopped] == [
        ["CriticalResultEscalated"]
    ]


async def test_old_keys_are_forgotten(hospital: Hospital) -> None:
    user = hospital.charts["Ada"].author.user_id
    insert = (
        "INSERT INTO idempotency_keys (user_id, mutation, key, request_hash, produced, created_at)"
        " VALUES ($1, 'recordVitals', $2, $3, '{}'::jsonb, $4)"
    )
    now = datetime.now(UTC)
    for key, age in (("old", jobs.KEYS_KEPT + timedelta(minutes=1)), ("new", timedelta(hours=47))):
        await hospital.pool.execute(insert, user, key, b"x" * 32, now - age)

    async def kept() -> list[str]:
        rows = await hospital.pool.fetch(
            "SELECT key FROM idempotency_keys WHERE user_id = $1", user
        )
        return [row["key"] for row in rows]

    async def forgotten() -> bool:
        return "old" not in await kept()

    async with clock(hospital.pool, []):
        await until(forgotten)
    assert await kept() == ["new"]


async def told(rung: list[UUID]) -> bool:
    return bool(rung)


async def test_the_end_of_an_emergency_access_is_told(
    pool: asyncpg.Pool[Any], hospital: Hospital
) -> None:
    """It has opened nothing since its time came; now the log says so, once."""
    access, now = models.new_id(), datetime.now(UTC)
    nurse = await hospital.user(Role.NURSE)
    await pool.execute(
        "INSERT INTO emergency_accesses (id, hospital_id, user_id, patient_id, reason, opened_at,"
        " expires_at) VALUES ($1, $2, $3, $4, 'found unconscious', $5, $6)",
        access,
        hospital.id,
        nurse.user_id,
        hospital.charts["Ben"].patient,
        now - timedelta(hours=4),
        now - timedelta(seconds=1),
    )

    async def told() -> list[str]:
        rows = await pool.fetch("SELECT kind FROM events WHERE subject_id = $1", access)
        return [row["kind"] for row in rows]

    rung: list[UUID] = []
    async with clock(pool, rung, times=2):
        assert await until(told) == ["EmergencyAccessEnded"]
        await until(lambda: asyncio.sleep(0, hospital.id in rung))
    assert await told() == ["EmergencyAccessEnded"]


async def test_who_listens_is_asked_where_something_is_new_alone(hospital: Hospital) -> None:
    """And what cannot be known of it is taken for nobody."""
    asked, now = list[UUID](), datetime.now(UTC)

    async def unknown(hospital_id: UUID) -> None:
        asked.append(hospital_id)

    await jobs.tick(hospital.pool, DEFAULT_POLICY, [].append, unknown, now)
    assert asked == []
    rows = await hospital.pool.fetch(
        "UPDATE critical_results SET told_at = NULL, escalation_level = 0 WHERE hospital_id = $1"
        " AND status = 'OPEN' RETURNING id",
        hospital.id,
    )
    await jobs.tick(hospital.pool, DEFAULT_POLICY, [].append, unknown, now)
    assert asked == [hospital.id]
    for row in rows:
        assert (await kinds(hospital, row["id"]))[:1] == ["CriticalResultEscalated"]
    await jobs.tick(hospital.pool, DEFAULT_POLICY, [].append, unknown, now)
    assert asked == [hospital.id]
