"""Setting escalation chains: versions, whose they are, and the clocks that run by them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import models
from models.rules.escalation import Audience, Urgency
from models.rules.roles import Role
from resolvers import escalation_chains
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from tests.resolvers.test_critical_results import acknowledge, kinds, raised, row, steps, take, tick

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

NURSE, DOCTOR = Audience.WARD_NURSE_AND_ORDERING_CLINICIAN, Audience.ON_CALL_DOCTOR
REPORT = Audience.REPORT
QUICK = ((0, NURSE), (2, DOCTOR), (20, REPORT))
SLOW = ((0, NURSE), (7, DOCTOR), (60, REPORT))


@dataclass(frozen=True)
class Given:
    after_minutes: int
    audience: Audience


async def put(
    house: House,
    chain: Sequence[tuple[int, Audience]] = QUICK,
    *,
    ward: str | None = "MED",
    urgency: Urgency = Urgency.CRITICAL,
    role: Role = Role.ADMIN,
    version: int | None = None,
) -> UUID:
    async with house.begin() as tx:
        made = await escalation_chains.set_escalation_chain(
            tx,
            house.actor(role),
            urgency=urgency,
            steps=[Given(*step) for step in chain],
            ward=ward,
            version=version,
        )
    found: UUID = made["escalation_chain"]
    return found


async def reset(house: House, ward: str | None = "MED") -> UUID:
    async with house.begin() as tx:
        made = await escalation_chains.reset_escalation_chain(
            tx, house.actor(Role.ADMIN), urgency=Urgency.CRITICAL, ward=ward
        )
    found: UUID = made["escalation_chain"]
    return found


async def chain(house: House, made: UUID) -> Any:
    return await house.row(models.EscalationChain, made)


async def minutes_of_steps(house: House, alert: UUID) -> list[int]:
    """At which minutes a step is made, a minute each tick."""
    start, seen = house.now, []
    for minute in range(1, 62):
        house.now = start + timedelta(minutes=minute)
        seen += [minute] * await tick(house)
    return seen


async def test_a_wards_own_is_before_the_hospitals_and_that_before_what_ships(house: House) -> None:
    assert await minutes_of_steps(house, await raised(house)) == [5, 15, 30, 60]
    await put(house, SLOW, ward=None)
    assert await minutes_of_steps(house, await raised(house)) == [7, 60]
    own = await put(house, QUICK)
    alert = await raised(house)
    assert (await row(house, alert))["chain_id"] == own
    assert await minutes_of_steps(house, alert) == [2, 20]
    found = await steps(house, alert)
    assert [(step["kind"], step["level"], step["audience"]) for step in found] == [
        ("RAISED", 0, NURSE),
        ("ESCALATED", 1, DOCTOR),
        ("BREACHED", 2, REPORT),
    ]
    await reset(house)
    assert await minutes_of_steps(house, await raised(house)) == [7, 60]
    await reset(house, ward=None)
    assert await minutes_of_steps(house, await raised(house)) == [5, 15, 30, 60]


async def test_a_clock_that_runs_goes_on_by_its_version(house: House) -> None:
    first = await put(house, QUICK)
    alert = await raised(house)
    second = await put(house, SLOW)
    assert (await chain(house, first))["retired_at"] == house.now
    assert [(await chain(house, one))["version"] for one in (first, second)] == [1, 2]
    assert await minutes_of_steps(house, alert) == [2, 20]
    assert (await row(house, alert))["chain_id"] == first
    later = await raised(house)
    assert (await row(house, later))["chain_id"] == second


async def test_the_version_one_has_seen_must_be_the_last(house: House) -> None:
    await put(house, version=0)
    with pytest.raises(Conflict, match="changed since"):
        await put(house, version=0)
    await put(house, SLOW, version=1)
    with pytest.raises(Conflict) as moved_on:
        await put(house, version=1)
    assert moved_on.value.extensions["version"] == 2
    await reset(house)
    with pytest.raises(Conflict) as taken_back:
        await put(house, version=2)
    assert taken_back.value.extensions["version"] == 0
    with pytest.raises(Conflict, match="no chain of its own"):
        await reset(house)
    # Numbers are not given twice.
    assert (await chain(house, await put(house, version=0)))["version"] == 3


async def test_of_many_at_once_each_is_a_version(house: House) -> None:
    made = await asyncio.gather(*(put(house) for _ in range(6)))
    found = [await chain(house, one) for one in made]
    assert sorted(one["version"] for one in found) == [1, 2, 3, 4, 5, 6]
    assert [one["version"] for one in found if one["retired_at"] is None] == [6]


@pytest.mark.parametrize(
    ("given", "urgency"),
    [
        (((0, NURSE), (60, REPORT)), Urgency.CRITICAL),
        (((0, NURSE), (5, DOCTOR), (61, REPORT)), Urgency.CRITICAL),
        (((0, NURSE), (5, DOCTOR), (31, REPORT)), Urgency.EMERGENCY),
        (((1, NURSE), (5, DOCTOR), (30, REPORT)), Urgency.CRITICAL),
        (((0, NURSE), (5, DOCTOR), (5, DOCTOR), (30, REPORT)), Urgency.CRITICAL),
        (((0, NURSE), (5, DOCTOR), (30, DOCTOR)), Urgency.CRITICAL),
        (((0, NURSE), (5, REPORT), (30, REPORT)), Urgency.CRITICAL),
        ((), Urgency.CRITICAL),
        (((-1, NURSE), (5, DOCTOR), (30, REPORT)), Urgency.CRITICAL),
        (((0, NURSE), (5, DOCTOR), (2**31, REPORT)), Urgency.CRITICAL),
    ],
)
async def test_a_chain_that_cannot_be_run_is_refused_and_said_why(
    house: House, given: Sequence[tuple[int, Audience]], urgency: Urgency
) -> None:
    with pytest.raises(BadInput) as refused:
        await put(house, given, urgency=urgency)
    assert refused.value.extensions["field"].startswith("steps")
    assert refused.value.extensions["limit"]
    held = "SELECT count(*) FROM escalation_chains WHERE hospital_id = $1"
    assert await house.pool.fetchval(held, house.id) == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_an_administrator_alone_sets_chains(house: House, role: Role) -> None:
    for ward in ("MED", None):
        with pytest.raises(Forbidden):
            await put(house, ward=ward, role=role)


async def test_a_ward_that_is_not_there(house: House) -> None:
    with pytest.raises(NotFound) as refused:
        await put(house, ward="NOPE")
    assert refused.value.extensions["field"] == "ward"


async def test_each_urgency_has_its_own(house: House) -> None:
    await put(house, ((0, NURSE), (1, DOCTOR), (10, REPORT)), urgency=Urgency.EMERGENCY)
    assert await minutes_of_steps(house, await raised(house)) == [5, 15, 30, 60]


async def test_one_that_is_reopened_takes_the_chain_of_then(house: House) -> None:
    patient = await house.inpatient()
    alert = (await take(house, patient, "6.9", external_id="a")).critical_result_id
    assert alert is not None
    await acknowledge(house, alert, "6.9")
    made = await put(house, QUICK)
    house.later(minutes=1)
    await take(house, patient, "7.4", external_id="a")
    assert (await row(house, alert))["chain_id"] == made
    assert await minutes_of_steps(house, alert) == [2, 20]
    # While its clock runs it goes on by the version with which it began.
    other = (await take(house, await house.inpatient(), "6.9", external_id="b")).critical_result_id
    assert other is not None
    await put(house, SLOW)
    assert (await row(house, other))["chain_id"] == made
    assert (await kinds(house, alert))[-1] == "BREACHED"
