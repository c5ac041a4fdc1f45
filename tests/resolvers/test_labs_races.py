"""Recording results while others record, move the patient, sign out or change rights."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio

import models
from models.rules.roles import Role
from resolvers import admissions, ids
from resolvers.actors import Actor
from resolvers.database import open_pool
from resolvers.policy import DEFAULT_POLICY
from schema.execution import Engine
from tests.resolvers.laboratory import alerts, rules, steps, versions, without_repeats
from tests.resolvers.recording import (
    BRIEFLY,
    Recorder,
    answers,
    recorder,
    refusing_transactions,
    row_id,
)
from tests.resolvers.round_trips import counted

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

GATE = 4_711
"""An advisory lock at which a trigger of these tests holds up who writes a result."""


# Round trips


async def test_a_recorded_result_is_one_round_trip(
    house: House, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    await rules(house)
    await without_repeats(house)
    patient, other = await house.inpatient(), await house.inpatient()
    async with counted(database_url) as (url, wire):
        pool = await open_pool(url, min_size=1, max_size=1)
        try:
            who = recorder(replace(house, pool=pool), monkeypatch)
            for _ in range(2):  # statements are prepared, and the patient is remembered
                await who.outcomes(who.potassium(patient, "6.9"))
            wire.trips = 0
            await who.outcomes(who.potassium(patient, "6.9", externalId="1"), key="k")
            await who.outcomes(who.potassium(patient, "6.9", externalId="2"), key="l")
            # With a number and a key it is another statement, which is prepared the first time.
            assert wire.trips <= 6
            wire.trips = 0
            await who.outcomes(who.potassium(patient, "6.9"))
            assert wire.trips == 1
            wire.trips = 0
            [first] = await who.outcomes(who.potassium(other, "6.9"))
            assert first["labResult"]["criticalResult"] is not None
            assert wire.trips <= 3
        finally:
            await pool.close()


# The same number, the same key


async def test_of_many_with_one_number_one_creates(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    for turn in range(6):
        values = ["6.9", "4.1", "6.9", "7.1", "6.9", "4.1"]
        told = await asyncio.gather(
            *(
                who.outcomes(who.potassium(patient, value, externalId=f"E{turn}"))
                for value in values
            )
        )
        outcomes = Counter(one["outcome"] for [one] in told)
        assert outcomes["CREATED"] == 1
        assert outcomes["CREATED"] + outcomes["CORRECTED"] + outcomes["DUPLICATE"] == len(values)
        created = next(one for [one] in told if one["outcome"] == "CREATED")
        held = await versions(house, row_id(created["labResult"]["id"]))
        assert [row["version"] for row in held] == list(range(1, outcomes["CORRECTED"] + 2))
        assert [row["superseded_at"] is None for row in held] == [False] * (len(held) - 1) + [True]
        raised = await alerts(house, patient)
        about = [one for one in raised if one["lab_result_id"] in {row["id"] for row in held}]
        assert len(about) <= 1
        if held[-1]["interpretation"] == "CRITICAL_HIGH":
            assert [one["status"] for one in about] == ["OPEN"]
        for one in about:
            assert (await steps(house, one["id"]))[0] == "RAISED"


async def test_of_twins_with_one_key_one_is_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    for turn in range(5):
        result = who.potassium(patient, "6.9")
        told = await asyncio.gather(*(who.outcomes(result, key=f"k{turn}") for _ in range(6)))
        assert len({one["labResult"]["id"] for [one] in told}) == 1
        assert len(await alerts(house, patient)) == turn + 1


# The patient moves


@pytest_asyncio.fixture(loop_scope="session")
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection as the owner of the database, which sees who waits."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def gate(owner: asyncpg.Connection[Any]) -> AsyncIterator[None]:
    """Hold up everybody who writes a result, until `owner` gives the lock back."""
    await owner.execute(
        "CREATE OR REPLACE FUNCTION at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER gate BEFORE INSERT ON lab_results"
        " FOR EACH ROW EXECUTE FUNCTION at_the_gate()"
    )
    try:
        await owner.execute(f"SELECT pg_advisory_lock({GATE})")
        yield
    finally:
        await owner.execute("SELECT pg_advisory_unlock_all()")
        await owner.execute("DROP TRIGGER gate ON lab_results")


async def waiting(owner: asyncpg.Connection[Any], event: str) -> None:
    """Until somebody waits for such a lock."""
    async with asyncio.timeout(20):
        while not await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND wait_event = $1",
            event,
        ):
            await asyncio.sleep(0.01)


async def moved(house: House, patient: str, bed: str) -> None:
    admission = await house.pool.fetchval(
        "SELECT id FROM admissions WHERE patient_id = $1", row_id(patient)
    )
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=ids.encode(models.Admission, admission),
            bed_id=bed,
        )


async def test_who_moves_the_patient_waits_for_the_alert_and_takes_it_along(
    house: House, monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection[Any]
) -> None:
    await rules(house)
    patient, bed = await house.inpatient(), await house.bed("icu")
    who = recorder(house, monkeypatch)
    refusing_transactions(who.engine, monkeypatch)
    await who.outcomes(who.potassium(patient, "4"))
    async with gate(owner):
        recording = asyncio.create_task(who.outcomes(who.potassium(patient, "6.9")))
        await waiting(owner, "advisory")
        moving = asyncio.create_task(moved(house, patient, bed))
        await waiting(owner, "transactionid")
        await owner.execute("SELECT pg_advisory_unlock_all()")
        await asyncio.gather(recording, moving)
    [alert] = await alerts(house, patient)
    assert alert["ward_id"] == house.wards["icu"]


async def test_an_alert_waits_for_who_moves_the_patient_and_follows(
    house: House, monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection[Any]
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    await who.outcomes(who.potassium(patient, "4"))
    bed = row_id(await house.bed("icu"))
    async with house.begin() as tx:
        # As a transfer holds it: the patient, and the stay that is about to end.
        await tx.connection.execute(
            "SELECT 1 FROM patients WHERE id = $1 FOR NO KEY UPDATE", row_id(patient)
        )
        await tx.connection.execute(
            "UPDATE bed_stays SET ended_at = $2 WHERE patient_id = $1", row_id(patient), house.now
        )
        recording = asyncio.create_task(who.outcomes(who.potassium(patient, "6.9")))
        await waiting(owner, "transactionid")
        await tx.connection.execute(
            "INSERT INTO bed_stays (id, hospital_id, admission_id, patient_id, bed_id, ward_id,"
            " started_at) SELECT $2, hospital_id, admission_id, patient_id, $3, $4, ended_at"
            " FROM bed_stays WHERE patient_id = $1",
            *(row_id(patient), models.new_id(), bed, house.wards["icu"]),
        )
    [told] = await recording
    assert told["labResult"]["criticalResult"]["ward"] == {"code": "ICU"}


async def test_alerts_are_where_the_patients_are_however_often_they_move(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    beds = [await house.bed(ward) for ward in ("icu", "med") * 4]
    who = recorder(house, monkeypatch)
    who.document = BRIEFLY

    async def moving() -> None:
        for bed in beds:
            await moved(house, patient, bed)

    async def recording() -> None:
        for _ in range(12):
            await who.outcomes(who.potassium(patient, "6.9"))

    await asyncio.gather(moving(), *(recording() for _ in range(3)))
    stay = await house.pool.fetchrow(
        "SELECT ward_id FROM bed_stays WHERE patient_id = $1 AND ended_at IS NULL", row_id(patient)
    )
    assert stay is not None
    raised = await alerts(house, patient)
    assert len(raised) == 36
    assert {alert["ward_id"] for alert in raised} == {stay["ward_id"]}


# The session


async def remembered(house: House, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Somebody whose session is asked for by the statement alone."""
    who = recorder(house, monkeypatch)
    who.actor = await house.signed_in(Role.LAB)
    asked: list[Actor] = []

    async def renew(actor: Actor) -> Actor | None:
        asked.append(actor)
        return await house.looked_up(actor.session_id)

    who.engine = Engine(house.pool, house.pool, DEFAULT_POLICY, who.rung.append, renew=renew)
    patient = await house.inpatient()
    assert answers(await who.outcomes(who.potassium(patient, "4"))) == [("CREATED", None)]
    assert not asked
    return who


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE sessions SET revoked_at = now() WHERE user_id = $1", "UNAUTHENTICATED"),
        ("UPDATE users SET disabled_at = now() WHERE id = $1", "UNAUTHENTICATED"),
        ("DELETE FROM role_memberships WHERE user_id = $1", "FORBIDDEN"),
    ],
)
async def test_who_may_not_any_more_writes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, change: str, code: str
) -> None:
    who = await remembered(house, monkeypatch)
    patient = await house.inpatient()
    before = await who.held()
    await house.pool.execute(change, who.actor.user_id)
    answer = await who.record(who.potassium(patient, "6.9"))
    assert answer["errors"][0]["extensions"]["code"] == code
    after = await who.held()
    assert _results(before) == _results(after)


def _results(held: bytes) -> int:
    return held.count(b'"root_id"')
