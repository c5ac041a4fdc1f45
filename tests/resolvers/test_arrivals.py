"""Who is to arrive: found by MRN and birth date, by whom, and how often somebody may be wrong."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

import models
from models.rules.patients import Sex
from models.rules.roles import Role
from resolvers import admissions, arrivals, beds, database, ids, patients
from resolvers.actors import Actor
from resolvers.errors import BadInput, Forbidden, NotFound, Throttled
from tests.resolvers.conftest import House, founded

BORN = date(1950, 5, 1)
NOBODY = {"mrn": "M-nobody", "birth_date": BORN}


async def found(house: House, actor: Actor, **named: Any) -> str:
    """The public id of whom the MRN and birth date name."""
    async with house.begin() as tx:
        produced = await arrivals.find_arriving_patient(tx, actor, **named)
    return ids.encode(models.Patient, produced["patient"])


async def pair(house: House, patient: str) -> dict[str, Any]:
    row = await house.row(models.Patient, patient)
    return {"mrn": row["mrn"], "birth_date": row["birth_date"]}


async def counted(house: House) -> int:
    sql = "SELECT count(*) FROM arrival_attempts WHERE hospital_id = $1"
    return int(await house.pool.fetchval(sql, house.id))


@pytest.mark.parametrize("role", [Role.CHARGE_NURSE, Role.DOCTOR, Role.CLERK, Role.ADMIN])
async def test_who_admits_finds_who_is_to_arrive_and_admits_them(house: House, role: Role) -> None:
    patient, actor = await house.patient(), house.actor(role)
    named = await pair(house, patient)
    assert await found(house, actor, **(named | {"mrn": f" {named['mrn']} "})) == patient
    bed = await house.bed("med")
    async with house.begin() as tx:
        if role is Role.CHARGE_NURSE:
            await beds.reserve_bed(tx, actor, bed_id=bed, patient_id=patient)
        await admissions.admit_patient(tx, actor, patient_id=patient, bed_id=bed)
    # In a bed of the own ward they are in sight anyway.
    assert await found(house, actor, **named) == patient
    assert await counted(house) == 0


@pytest.mark.parametrize("role", [Role.NURSE, Role.LAB, Role.PHARMACIST, Role.AUDITOR])
async def test_who_admits_nobody_finds_nobody(house: House, role: Role) -> None:
    with pytest.raises(Forbidden):
        await found(house, house.actor(role), **await pair(house, await house.patient()))


async def test_who_admits_and_reads_nobody_finds_their_own_alone(house: House) -> None:
    integrator = house.actor(Role.INTEGRATOR)
    with pytest.raises(NotFound):
        await found(house, integrator, **await pair(house, await house.patient()))
    async with house.begin() as tx:
        await patients.register_patient(
            tx,
            integrator,
            mrn="I-1",
            given_name="Ida",
            family_name="Own",
            sex=Sex.FEMALE,
            birth_date=BORN,
        )
    await found(house, integrator, mrn="I-1", birth_date=BORN)


async def misses(house: House) -> dict[str, dict[str, Any]]:
    """Each way to name nobody, for the charge nurse of the ward med."""
    here, other = await house.patient(), await founded(house.pool)
    other.made = 1_000
    unknown = await house.patient(born=None)
    return {
        "no such MRN": NOBODY,
        "another day": await pair(house, here) | {"birth_date": BORN + timedelta(days=1)},
        "no day known": await pair(house, unknown) | {"birth_date": BORN},
        "lower case": {**await pair(house, here), "mrn": (await pair(house, here))["mrn"].lower()},
        "a pattern": {"mrn": "M%", "birth_date": BORN},
        "another hospital": await pair(other, await other.patient()),
        "another ward": await pair(house, await house.inpatient("icu")),
    }


async def test_nobody_is_told_why_nobody_was_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words, the same statements, and no wait for somebody else's lock."""
    told: dict[str, Any] = {}
    asked: list[str] = []
    run = database.Statement.bind

    def noted(statement: database.Statement, values: dict[str, Any]) -> Any:
        asked.append(statement.sql)
        return run(statement, values)

    named = await misses(house)
    charge = house.actor(Role.CHARGE_NURSE)
    monkeypatch.setattr(database.Statement, "bind", noted)
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM patients WHERE hospital_id = $1 FOR UPDATE", house.id)
        for why, one in named.items():
            asked.clear()
            with pytest.raises(NotFound) as nobody:
                await asyncio.wait_for(found(house, charge, **one), 5)
            told[why] = (nobody.value.message, nobody.value.extensions, list(asked))
    assert len(told) == 7
    assert all(one == told["no such MRN"] for one in told.values()), told
    assert any("patients" in sql for sql in told["no such MRN"][2])
    assert told["no such MRN"][1] == {"code": "NOT_FOUND", "field": "mrn"}
    assert await counted(house) == 7


async def test_who_is_wrong_too_often_waits_right_or_wrong(house: House) -> None:
    named = await pair(house, await house.patient())
    charge, most = house.actor(Role.CHARGE_NURSE), house.policy.arrival_attempts
    for _ in range(most - 1):
        with pytest.raises(NotFound):
            await found(house, charge, **NOBODY)
        house.later(minutes=1)
    # Who is right is not guessing.
    await found(house, charge, **named)
    with pytest.raises(NotFound):
        await found(house, charge, **NOBODY)
    for one in (named, NOBODY):
        with pytest.raises(Throttled) as throttled:
            await found(house, charge, **one)
        assert throttled.value.extensions == {"code": "THROTTLED", "retryAfter": (61 - most) * 60}
    assert await counted(house) == most
    await found(house, house.actor(Role.DOCTOR), **named)
    house.later(minutes=61 - most)
    await found(house, charge, **named)


async def test_of_many_at_once_no_more_are_looked_at(house: House) -> None:
    charge, most = house.actor(Role.CHARGE_NURSE), house.policy.arrival_attempts
    ended = await asyncio.gather(
        *(found(house, charge, **NOBODY) for _ in range(most + 3)), return_exceptions=True
    )
    kinds = sorted(type(one).__name__ for one in ended)
    assert kinds == ["NobodyArrives"] * most + ["Throttled"] * 3


async def test_what_is_no_mrn_is_no_attempt_and_attempts_are_forgotten(house: House) -> None:
    charge = house.actor(Role.CHARGE_NURSE)
    with pytest.raises(BadInput):
        await found(house, charge, mrn=" ", birth_date=BORN)
    assert await counted(house) == 0
    with pytest.raises(NotFound):
        await found(house, charge, **NOBODY)
    async with house.pool.acquire() as connection:
        for later, left in ((0, 1), (2, 0)):
            at = house.later(hours=later)
            await arrivals.forget_attempts(connection, now=at, policy=house.policy)
            assert await counted(house) == left
