"""The simulator: what happens in it, that it is alone, and that it outlives its database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from app import demo
from app.demo import bedside, flow, laboratory, simulator
from app.demo.charts import new_result
from app.demo.labs import finding
from app.demo.people import seeded
from app.demo.scene import Scene
from app.demo.staff import on_duty
from app.embedded import Servers
from models.rules.patients import Sex
from resolvers import labs, vitals
from resolvers.database import open_pool
from resolvers.transaction import transaction
from tests.owner import as_owner

Pool: TypeAlias = "asyncpg.Pool[Any]"
DEADLINE = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: Pool) -> UUID:
    return (await demo.load(pool, password="wardline", now=datetime.now(UTC))).hospital_id


async def happen(
    pool: Pool,
    hospital: UUID,
    work: Callable[[Scene], Awaitable[None]],
    *,
    later: timedelta = timedelta(0),
    seed: str = "test",
) -> Counter[str]:
    """Let it happen once, so long from now; the events it left."""
    now = datetime.now(UTC) + later
    async with pool.acquire() as connection:
        staff = await on_duty(connection, hospital)
    async with transaction(pool, hospital, now) as tx:
        await work(Scene(tx, seeded(seed), staff, {}))
        return Counter(type(event).__name__ for event in tx.events)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*simulators: demo.Simulator) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(each.run()) for each in simulators]
    try:
        yield tasks
        # One that fell over did not run: say why.
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def lock_holders(pool: Pool) -> list[int]:
    rows = await pool.fetch(
        """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (classid::bigint << 32 | objid::bigint) = $1""",
        simulator.LOCK,
    )
    return [row["pid"] for row in rows]


async def test_vitals_go_on_from_the_last(pool: Pool, hospital: UUID) -> None:
    for number in range(10):
        left = await happen(pool, hospital, bedside.take_vitals, seed=str(number))
        assert left.pop("VitalsRecorded") == 1
        # One who is ill enough deteriorates.
        assert left.keys() <= {"CriticalResultRaised"}
    rows = await pool.fetch(
        """SELECT n.heart_rate AS now, (SELECT o.heart_rate FROM vital_signs o
                   WHERE o.patient_id = n.patient_id AND o.recorded_at < n.recorded_at
                   ORDER BY o.recorded_at DESC LIMIT 1) AS before
             FROM vital_signs n WHERE n.sender = 'simulator'"""
    )
    assert len(rows) == 10
    assert all(abs(row["now"] - row["before"]) < 60 for row in rows)


async def test_everyday_panels_raise_nothing(pool: Pool, hospital: UUID) -> None:
    before = await pool.fetchval("SELECT count(*) FROM lab_results")
    for number in range(8):
        assert not await happen(pool, hospital, laboratory.report_panel, seed=str(number))
    assert await pool.fetchval("SELECT count(*) FROM lab_results") >= before + 8 * 10


async def test_findings_are_raised_in_varied_tests_for_people_without_one(
    pool: Pool, hospital: UUID
) -> None:
    for number in range(12):
        left = await happen(pool, hospital, laboratory.report_finding, seed=str(number))
        assert left == {"CriticalResultRaised": 1}
    rows = await pool.fetch(
        """SELECT l.code, c.patient_id FROM critical_results c
             JOIN lab_results l ON l.id = c.lab_result_id WHERE l.sender = 'simulator'"""
    )
    assert len({row["code"] for row in rows}) >= 4
    assert len({row["patient_id"] for row in rows}) == 12


async def test_what_people_leave_open_is_answered_after_half_an_hour_and_no_sooner(
    pool: Pool, hospital: UUID
) -> None:
    async with pool.acquire() as connection:
        staff = await on_duty(connection, hospital)
    # Somebody else's result stays theirs to acknowledge, however old.
    async with transaction(pool, hospital, datetime.now(UTC)) as tx:
        patient = await tx.connection.fetchrow(
            """SELECT p.id FROM patients p JOIN bed_stays s ON s.patient_id = p.id
                 JOIN wards w ON w.id = s.ward_id
                WHERE s.ended_at IS NULL AND w.code = 'MED1' LIMIT 1"""
        )
        assert patient is not None
        drawn = finding("2823-3", Decimal("6.9"), 500_000, Sex.FEMALE)
        (theirs,) = await labs.ingest(
            tx, staff.system, [new_result(0, patient["id"], drawn, tx.now)], sender="a laboratory"
        )
        ill = vitals.Measurements(heart_rate=140)
        taken = vitals.NewVitals(patient_id=patient["id"], recorded_at=tx.now, measured=ill)
        await vitals.ingest(tx, staff.system, [taken], sender="simulator")
    await happen(pool, hospital, laboratory.report_finding, seed="late")
    assert not await happen(pool, hospital, laboratory.answer_old, later=timedelta(minutes=20))
    answered = Counter[str]()
    while left := await happen(pool, hospital, laboratory.answer_old, later=timedelta(minutes=31)):
        answered += left
    assert answered["CriticalResultAcknowledged"] == sum(answered.values()) > 0
    open_now = await pool.fetch("SELECT id FROM critical_results WHERE status = 'OPEN'")
    assert [row["id"] for row in open_now] == [theirs.critical_result_id]
    steps = await pool.fetch(
        """SELECT DISTINCT u.username, s.note FROM critical_result_steps s
             JOIN users u ON u.id = s.user_id WHERE s.note LIKE 'Simulated%'"""
    )
    assert {row["username"] for row in steps} <= {"doctor", "admin"}
    assert {row["note"] for row in steps} == {laboratory.NOTE}
    read_back = await pool.fetchval(
        "SELECT read_back FROM critical_results WHERE kind = 'DETERIORATION' AND patient_id = $1",
        patient["id"],
    )
    assert read_back == 3


async def test_people_come_move_and_go_and_their_beds_are_cleaned(
    pool: Pool, hospital: UUID
) -> None:
    left = Counter[str]()
    for number in range(6):
        for hours, work in enumerate(
            (flow.admit, flow.reserve, flow.transfer, flow.discharge, flow.clean, flow.clean)
        ):
            left += await happen(
                pool,
                hospital,
                work,
                seed=f"{number} {hours}",
                later=timedelta(hours=1 + number, minutes=5 * hours),
            )
    for kind in (
        "PatientAdmitted",
        "BedReserved",
        "PatientTransferredOut",
        "PatientTransferredIn",
        "PatientDischarged",
        "BedStatusSet",
    ):
        assert left[kind] > 0, left
    wrong = await pool.fetch(
        """SELECT b.id FROM beds b
             LEFT JOIN bed_stays s ON s.bed_id = b.id AND s.ended_at IS NULL
            WHERE (b.status = 'OCCUPIED') <> (s.id IS NOT NULL)"""
    )
    assert wrong == []
    orders = await pool.fetchval(
        """SELECT count(*) FROM medication_orders o JOIN patients p ON p.id = o.patient_id
            WHERE p.mrn LIKE 'S%'"""
    )
    assert orders > 0


async def test_doses_are_given_by_who_works_there(pool: Pool, hospital: UUID) -> None:
    before = await pool.fetchval("SELECT count(*) FROM medication_administrations")
    for number in range(6):
        await happen(pool, hospital, bedside.give_dose, seed=str(number), later=timedelta(hours=9))
    assert await pool.fetchval("SELECT count(*) FROM medication_administrations") == before + 6


async def test_it_rings_after_its_commits(pool: Pool, hospital: UUID) -> None:
    rung: list[UUID] = []
    before = await pool.fetchval("SELECT count(*) FROM events")

    async def enough() -> bool:
        return len(rung) >= 10

    async with running(demo.Simulator(pool, rung.append, pace=200)):
        await until(enough)
    assert set(rung) == {hospital}
    assert await pool.fetchval("SELECT count(*) FROM events") >= before + 10
    assert await lock_holders(pool) == []


async def test_one_of_two_works_and_the_other_takes_over(pool: Pool, hospital: UUID) -> None:
    rung: list[list[UUID]] = [[], []]
    pair = [demo.Simulator(pool, each.append, pace=200) for each in rung]

    async def one_works() -> bool:
        return sum(map(len, rung)) >= 40

    async def other_works() -> bool:
        return len(rung[1 - holder]) >= 5

    async with running(*pair) as tasks:
        # 40 happenings last longer than the other's pauses between two tries for the lock.
        await until(one_works)
        assert [] in rung
        assert len(await lock_holders(pool)) == 1
        holder = 0 if rung[0] else 1
        tasks[holder].cancel()
        await until(other_works)


async def test_it_goes_on_each_time_its_connection_is_cut(pool: Pool, hospital: UUID) -> None:
    rung: list[UUID] = []
    cut: set[int] = set()

    async def holds_again() -> bool:
        return len(rung) > seen and bool(set(await lock_holders(pool)) - cut)

    async with running(demo.Simulator(pool, rung.append, pace=200)):
        for _ in range(4):
            seen = len(rung)
            await until(holds_again)
            (pid,) = await lock_holders(pool)
            cut.add(pid)
            async with as_owner(pool) as owner:
                assert await owner.fetchval("SELECT pg_terminate_backend($1)", pid)
        seen = len(rung)
        await until(holds_again)


async def test_it_goes_on_after_postgresql_is_started_again(
    pool: Pool, hospital: UUID, servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    rung: list[UUID] = []

    async def works() -> bool:
        return len(rung) > seen

    async def noticed() -> bool:
        return "the simulator lost the database" in caplog.text

    seen = 0
    async with running(demo.Simulator(pool, rung.append, pace=200)):
        await until(works)
        await servers.postgres.restart()
        await until(noticed)
        seen = len(rung)
        await until(works)


async def test_it_waits_for_a_demo_that_is_not_loaded(
    fresh_database: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger=simulator.__name__)
    pool = await open_pool(await fresh_database(), max_size=3)
    rung: list[UUID] = []

    async def waits() -> bool:
        return "the simulator waits" in caplog.text

    async def works() -> bool:
        return bool(rung)

    try:
        async with running(demo.Simulator(pool, rung.append, pace=200)):
            await until(waits)
            await demo.load(pool, password="wardline", now=datetime.now(UTC))
            await until(works)
    finally:
        await pool.close()


async def test_a_mistake_of_ours_is_raised_and_not_slept_over(
    pool: Pool, hospital: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(scene: Scene) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(simulator, "HAPPENINGS", (simulator.Happening("broken", 1, broken),))
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(DEADLINE):
            await demo.Simulator(pool, lambda _: None, pace=200).run()
    assert await lock_holders(pool) == []
