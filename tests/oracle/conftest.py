"""What the oracle's tests share: an engine with a whole hospital, and hospitals by seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest_asyncio

import models
from models.rules.roles import Role
from resolvers import hearings
from resolvers.hearings import Hearing
from resolvers.reading.documents import GraphQLRequest
from schema.feeds import FeedEvent
from tests.oracle.answers import departures
from tests.oracle.execution import Question, expected
from tests.oracle.hospitals import House, build
from tests.oracle.rows import spoken
from tests.oracle.sight import viewer_of
from tests.resolvers.reading.hospital import Hospital, furnish, ids_of

FEED = "subscription { vitalSigns { events { patient { mrn } } } }"
LISTS = """{
  criticalResults { edges { cursor } }
  bedHistory { edges { cursor } }
  emergencyAccesses { edges { cursor } }
  auditEntries(to: "%s") { edges { cursor } }
  criticalRules { edges { cursor } }
  labResults { edges { cursor } }
  patients { edges { cursor node {
    admissions { edges { cursor } }
    vitals { edges { cursor } }
    labResults { edges { cursor } }
    medications { edges { cursor node { administrations { edges { cursor } } } } }
  } } }
}"""


def listen(house: House) -> None:
    """Some listen at a ward, one at all of them, and one is nobody of this hospital."""
    wards = [str(ward) for ward in house.hospital.wards.values()]
    users = [str(actor.user_id) for actor in house.actors[::2]] + [str(models.new_id())]
    places = [None, *(wards[number % len(wards)] for number in range(len(users) - 1))]
    began = datetime.now(UTC).isoformat()
    house.stations = [
        {"index": index, "ward_id": ward, "user_id": user, "since": began}
        for index, (ward, user) in enumerate(zip(places, users, strict=True))
    ]
    house.hospital.listening.rows[house.hospital.id] = house.stations


async def leave_traces(house: House) -> None:
    """Have some of the people listen and look at patients, so that the audit has entries."""
    listen(house)
    for actor in house.actors[::3]:
        request = GraphQLRequest("query Look { patients(first: 2) { nodes { mrn nationalId } } }")
        await house.hospital.engine.execute(request, actor)
    await house.look()
    await leave_pushes(house)
    await house.look()


async def leave_pushes(house: House) -> None:
    """Some hear a feed, some of them for a while only; one is caught up alone."""
    pool, engine = house.hospital.pool, house.hospital.engine
    admin = next(actor for actor in house.actors if Role.ADMIN in actor.roles)
    plan = engine.subscription(GraphQLRequest(FEED), admin)
    audience, now = models.new_id(), datetime.now(UTC)
    stays = [
        Hearing(audience, actor, plan.audited, at % 3) for at, actor in enumerate(house.actors)
    ]
    stays.append(Hearing(audience, house.actors[0], plan.audited, 0))  # in two tabs
    await hearings.begin(pool, stays, now)
    await hearings.end(pool, [(stay, stay.after + 1) for stay in stays[::2]], now)
    patients = house.held.all("Patient")
    for position, patient in enumerate(patients, 1):
        event = FeedEvent("", position, now, "RECORDED", models.new_id(), patient["id"])
        async with pool.acquire() as connection:
            await plan.frame(
                connection,
                admin,
                cursor="",
                live=True,
                resync=False,
                events=[event],
                audience=audience if position > 1 else None,
            )


async def learn(house: House) -> None:
    """Have the engine tell the cursor of every row of every list."""
    question = Question(LISTS % spoken(house.held.at))
    admin = next(actor for actor in house.actors if Role.ADMIN in actor.roles)
    wanted = expected(question, house.held, viewer_of(admin, house.held), house.cursors)
    raw = await house.hospital.engine.execute(GraphQLRequest(question.text), admin)
    assert departures(raw, wanted, house.cursors) == []


HouseOf = Callable[[int], Awaitable[House]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole(pool: asyncpg.Pool[Any]) -> Hospital:
    """A hospital in which nothing is null for want of data."""
    return await furnish(pool)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house_of(whole: Hospital) -> HouseOf:
    """The hospital of a seed, made when it is first asked for."""
    made: dict[int, House] = {}
    others = [public for name in whole.charts for public in ids_of(whole, name)]

    async def house(seed: int) -> House:
        if seed not in made:
            made[seed] = await build(whole.engine, whole.pool, seed)
            made[seed].others = others
            made[seed].hospital.listening = whole.listening
            await leave_traces(made[seed])
            await learn(made[seed])
        return made[seed]

    return house
