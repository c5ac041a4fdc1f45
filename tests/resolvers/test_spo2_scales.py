"""Decisions on the SpO2 scale: who makes them, how long they hold, and what they do to a score."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.news2 import Spo2Scale
from models.rules.roles import Role
from resolvers import ids, spo2_scales
from resolvers.errors import BadInput, Forbidden, NotFound
from tests.resolvers.watched import WELL, watched

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from tests.resolvers.conftest import House

FIRST, SECOND = Spo2Scale
TICK = timedelta(microseconds=1)
ON_OXYGEN = WELL | {"on_oxygen": True, "oxygen_saturation": 97}
"""On the first scale 2 for the oxygen, on the second 3 more for the saturation."""


async def decide(
    house: House, patient: str, scale: Spo2Scale, role: Role = Role.DOCTOR, **more: Any
) -> asyncpg.Record:
    async with house.begin() as tx:
        produced = await spo2_scales.set_spo2_scale(
            tx,
            house.actor(role),
            patient_id=patient,
            scale=scale,
            reason=more.get("reason", "hypercapnic respiratory failure"),
        )
    return await house.row(models.Spo2ScaleDecision, produced["decision"])


async def scored(house: House, vitals_id: UUID) -> tuple[str, int]:
    row = await house.row(models.VitalSigns, vitals_id)
    return row["news2_scale"], row["news2_total"]


async def test_the_first_scale_holds_until_somebody_decides(house: House) -> None:
    patient = await watched(house)
    before = await patient.record(**ON_OXYGEN)
    house.later(minutes=1)
    decision = await decide(house, patient.patient, SECOND)
    after = await patient.record(**ON_OXYGEN)
    assert await scored(house, before) == ("SCALE_1", 2)
    assert await scored(house, after) == ("SCALE_2", 5)
    assert (await patient.alert())["vital_signs_id"] == after
    assert (decision["created_by"], decision["decided_at"]) == (
        house.users[Role.DOCTOR],
        house.now,
    )
    charted = await house.pool.fetchval(
        "SELECT count(*) FROM events WHERE patient_id = $1 AND kind = 'PatientCharted'",
        ids.decode(models.Patient, patient.patient),
    )
    assert charted >= 2  # that of the registration, and that of the decision


async def test_the_decision_at_the_time_of_recording_counts(house: House) -> None:
    patient = await watched(house)
    began = house.now
    await decide(house, patient.patient, SECOND)
    ended = house.later(hours=2)
    await decide(house, patient.patient, FIRST, reason="normal gases")
    house.later(hours=1)

    async def at(moment: datetime) -> str:
        return (await scored(house, await patient.record(**ON_OXYGEN, recorded_at=moment)))[0]

    assert await at(began - TICK) == "SCALE_1"
    assert await at(began) == "SCALE_2"
    assert await at(ended - TICK) == "SCALE_2"
    assert await at(ended) == "SCALE_1"


async def test_each_decision_ends_the_one_before_and_all_are_kept(house: House) -> None:
    patient = await watched(house)
    first = await decide(house, patient.patient, SECOND)
    house.later(minutes=5)
    second = await decide(house, patient.patient, FIRST, reason="normal gases")
    rows = await house.pool.fetch(
        "SELECT id, ended_at, reason FROM spo2_scale_decisions WHERE patient_id = $1"
        " ORDER BY decided_at",
        ids.decode(models.Patient, patient.patient),
    )
    assert [(row["id"], row["ended_at"]) for row in rows] == [
        (first["id"], house.now),
        (second["id"], None),
    ]
    assert rows[1]["reason"] == "normal gases"


async def test_a_decision_by_a_clock_that_runs_behind_follows_the_last(house: House) -> None:
    patient = await watched(house)
    first = await decide(house, patient.patient, SECOND)
    house.later(seconds=-1)
    second = await decide(house, patient.patient, FIRST)
    assert second["decided_at"] == first["decided_at"]


async def test_deciding_at_once_leaves_one_in_force(house: House) -> None:
    patient = await watched(house)
    await asyncio.gather(*(decide(house, patient.patient, scale) for scale in [*Spo2Scale] * 3))
    in_force = await house.pool.fetchval(
        "SELECT count(*) FROM spo2_scale_decisions WHERE ended_at IS NULL AND patient_id = $1",
        ids.decode(models.Patient, patient.patient),
    )
    assert in_force == 1


async def test_who_decides_and_that_a_reason_is_given(house: House) -> None:
    here, elsewhere = await watched(house), await watched(house, "icu")
    for role in (Role.NURSE, Role.CHARGE_NURSE, Role.CLERK, Role.INTEGRATOR, Role.PHARMACIST):
        with pytest.raises(Forbidden):
            await decide(house, here.patient, SECOND, role)
    with pytest.raises(NotFound):
        await decide(house, elsewhere.patient, SECOND)
    with pytest.raises(BadInput) as refused:
        await decide(house, here.patient, SECOND, reason=" ")
    assert refused.value.extensions["field"] == "reason"
    assert (await decide(house, here.patient, SECOND, Role.ADMIN))["scale"] == "SCALE_2"
