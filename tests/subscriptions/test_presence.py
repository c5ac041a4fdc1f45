"""Who listens where: seen by all processes, forgotten with the process, unknown without Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from models.base import new_id
from models.events import BedStatusSet
from models.rules.roles import Role
from resolvers.critical_result_listeners import Listener
from resolvers.reading.documents import GraphQLRequest
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from subscriptions.presence import Presence
from subscriptions.redis_address import RedisAddress
from tests.patience import PATIENCE
from tests.subscriptions.conftest import furnish

QUERY = "{ wards { code stations { username name since } } }"
SignIn = Callable[[], Awaitable[str]]


@pytest.fixture
def swift(quiet: Limits) -> Limits:
    return replace(quiet, presence=0.1, presence_expires=1.0, presence_known=0.8)


@dataclass(frozen=True)
class Where:
    """Where the processes of a test tell who listens."""

    address: RedisAddress
    name: str


@pytest.fixture
def place(redis_url: str, database_url: str) -> Where:
    return Where(RedisAddress.parse(redis_url), f"test:{database_url.rpartition('/')[2]}")


async def asked(served: Any, hospital: Any, token: str) -> dict[str, Any]:
    """The stations that somebody is told of, by ward."""
    request = GraphQLRequest(QUERY)
    answer = orjson.loads(await served.engine.execute(request, await hospital.actor(token)))
    return {ward["code"]: ward["stations"] for ward in answer["data"]["wards"]}


async def until(served: Any, hospital: Any, token: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Ask until each ward has these users."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = await asked(served, hospital, token)
        names = {code: [one["username"] for one in of] for code, of in found.items() if of}
        if names == wanted:
            return found
        assert time.monotonic() < deadline, (names, wanted)
        await asyncio.sleep(0.02)


async def name_of(hospital: Any, token: str) -> str:
    return str((await hospital.actor(token)).username)


async def test_all_processes_tell_of_all_stations(serve: Any, hospital: Any, swift: Limits) -> None:
    nurse = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    both = await hospital.sign_in(Role.NURSE, wards=["MED1", "SURG1"])
    admin = await hospital.sign_in(Role.ADMIN)
    nurses, boths, admins = [await name_of(hospital, one) for one in (nurse, both, admin)]
    began = datetime.now(UTC)
    async with serve(limits=swift) as here, serve(limits=swift) as there, AsyncExitStack() as open_:
        one = await open_.enter_async_context(here.station(nurse))
        await one.subscribe("a", ward="MED1")
        await one.subscribe("b", ward="MED1")  # one station, with two feeds
        found = await until(there, hospital, admin, {"MED1": [nurses]})
        (station,) = found["MED1"]
        assert station["name"] == "Somebody"
        assert began <= datetime.fromisoformat(station["since"]) <= datetime.now(UTC)
        async with there.station(both) as two, there.station(admin) as three:
            await two.subscribe()  # of no ward in particular: at each that it hears
            await two.feed()
            await three.subscribe()
            await three.feed()
            everywhere = {"MED1": [nurses, boths, admins], "SURG1": [boths, admins]}
            for served in (here, there):
                await until(served, hospital, admin, everywhere)
            # Who does not see a ward does not see its stations.
            await until(here, hospital, nurse, {"MED1": everywhere["MED1"]})
        await until(here, hospital, admin, {"MED1": [nurses]})


async def test_a_session_at_several_processes_is_one_station(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    """Two tabs of a browser, or a station that comes back while its last process is not yet
    forgotten: it is there since the first of its feeds."""
    token, later = await nurse(), await nurse()
    user, other = await name_of(hospital, token), await name_of(hospital, later)
    async with (
        serve(limits=swift) as here,
        serve(limits=swift) as there,
        here.station(token) as one,
        there.station(token) as two,
        there.station(later) as three,
    ):
        await one.subscribe(ward="MED1")
        first = await until(there, hospital, token, {"MED1": [user]})
        await two.subscribe(ward="MED1")
        await two.feed()
        await three.subscribe(ward="MED1")  # told of after `two`
        for served in (here, there):
            found = await until(served, hospital, token, {"MED1": [user, other]})
            assert found["MED1"][0] == first["MED1"][0]


async def test_a_feed_of_all_wards_and_one_of_a_ward_are_one_station(
    serve: Any, hospital: Any, swift: Limits
) -> None:
    admin = await hospital.sign_in(Role.ADMIN)
    name = await name_of(hospital, admin)
    async with serve(limits=swift) as served, served.station(admin) as station:
        for key, ward in (("one", "MED1"), ("all", None)):
            await station.subscribe(key, ward=ward)
            await station.feed(key)
        await until(served, hospital, admin, {"MED1": [name], "SURG1": [name]})


async def test_streams_are_stations_and_a_feed_of_nowhere_is_none(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    token = await nurse()
    async with serve(limits=swift) as served, served.station(token) as station:
        await station.subscribe("nowhere", ward="NOPE")
        await station.feed("nowhere")
        await station.subscribe("here", ward="MED1")
        await until(served, hospital, token, {"MED1": [await name_of(hospital, token)]})
        await station.send(type="complete", id="here")
        await until(served, hospital, token, {})


async def test_a_process_that_is_gone_is_forgotten(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits, place: Where
) -> None:
    """Its key expires: nobody takes it back."""
    token = await nurse()
    async with serve(limits=swift) as gone, gone.station(token) as station:
        await station.subscribe(ward="MED1")
        await station.feed()
        dead = Presence(place.address, swift, name=place.name)
        (one,) = gone.live.hub.subscribers()
        listener = copy(one)
        listener.actor = replace(one.actor, session_id=new_id())
        dead._subscribers = lambda: [listener]
        await dead.stations(hospital.id)  # has told, and says nothing any more
        user = await name_of(hospital, token)
        async with serve(limits=swift) as left:
            await until(left, hospital, token, {"MED1": [user, user]})
            await until(left, hospital, token, {"MED1": [user]})
        await dead._client.aclose()


async def test_without_redis_it_is_not_known(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    token = await nurse()
    async with (
        serve(limits=swift, redis="redis://127.0.0.1:1/0") as served,
        served.station(token) as station,
    ):
        await station.subscribe(ward="MED1")
        await station.feed()
        assert await asked(served, hospital, token) == {"MED1": None}


async def test_who_hears_critical_results_is_told_apart_from_who_hears_something_else(
    serve: Any, hospital: Any, swift: Limits
) -> None:
    """In all processes, by feed: for the clock, which calls somebody else where nobody does."""
    nurse = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    admin = await hospital.sign_in(Role.ADMIN)
    nurses, admins = [(await hospital.actor(one)).user_id for one in (nurse, admin)]
    ward = hospital.wards["MED1"]
    async with (
        serve(limits=swift) as here,
        serve(limits=swift) as there,
        here.station(nurse) as one,
        there.station(admin) as two,
    ):

        async def hears(*wanted: Listener) -> None:
            for served in (here, there):
                deadline = time.monotonic() + PATIENCE
                while (found := await served.engine._presence.listeners(hospital.id)) is None or {
                    *found
                } != {*wanted}:
                    assert time.monotonic() < deadline, found
                    await asyncio.sleep(0.02)

        await one.subscribe("vitals", ward="MED1")
        await two.subscribe("beds", field="bedChanges")
        await until(
            here,
            hospital,
            admin,
            {"MED1": [*await names(hospital, nurse, admin)]}
            | {"SURG1": [*await names(hospital, admin)]},
        )
        await hears()
        await one.subscribe("alarms", field="criticalResults", ward="MED1")
        await hears(Listener(ward, nurses))
        # A feed of all wards, and one of a ward that is at another of them by the other feed.
        await two.subscribe("alarms", field="criticalResults", ward="MED1")
        await hears(Listener(ward, nurses), Listener(ward, admins))
        await two.send(type="complete", id="alarms")
        await two.subscribe("all", field="criticalResults")
        await hears(Listener(ward, nurses), Listener(None, admins))
        await one.send(type="complete", id="alarms")
        await hears(Listener(None, admins))
        served = here.engine._presence
        assert await served.listeners(new_id()) == ()


async def test_without_redis_no_listener_is_known(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    token = await nurse()
    async with (
        serve(limits=swift, redis="redis://127.0.0.1:1/0") as served,
        served.station(token) as station,
    ):
        await station.subscribe(field="criticalResults", ward="MED1")
        await station.feed()
        assert await served.engine._presence.listeners(hospital.id) is None


async def names(hospital: Any, *tokens: str) -> list[str]:
    return [await name_of(hospital, token) for token in tokens]


async def test_another_hospital_is_another_matter(
    serve: Any, hospital: Any, pool: Any, nurse: SignIn, swift: Limits
) -> None:
    other = await furnish(pool)
    token, stranger = await nurse(), await other.sign_in(Role.ADMIN)
    async with serve(limits=swift) as served, served.station(token) as station:
        await station.subscribe(ward="MED1")
        await until(served, hospital, token, {"MED1": [await name_of(hospital, token)]})
        assert await asked(served, other, stranger) == {"MED1": [], "SURG1": []}


async def test_redis_holds_ids_and_times_alone(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits, place: Where
) -> None:
    token = await nurse()
    client = place.address.client(timeout=1.0, decode=True)
    name = f"{place.name}:{{{hospital.id}}}"
    async with serve(limits=swift) as served, served.station(token) as station:
        await station.subscribe(ward="MED1")
        await until(served, hospital, token, {"MED1": [await name_of(hospital, token)]})
        (process,) = await client.smembers(f"{name}:processes")
        rows = orjson.loads(await client.get(f"{name}:{process}"))
        actor = await hospital.actor(token)
        ids = {"user_id": str(actor.user_id), "session_id": str(actor.session_id)}
        assert [{**row, "since": ""} for row in rows] == [
            {"ward_id": str(hospital.wards["MED1"]), **ids, "since": "", "critical": False}
        ]
        assert 0 < await client.pttl(f"{name}:{process}") <= 1_000
    # Taken back at the end.
    assert await client.get(f"{name}:{process}") is None
    await client.aclose()


async def test_a_frame_tells_of_them_as_well(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    token = await nurse()
    async with serve(limits=swift) as served, served.station(token) as station:
        await station.run(
            "subscription { bedChanges { events { bed { ward { stations { username } } } } } }"
        )
        user = await name_of(hospital, token)
        await station.feed()
        await until(served, hospital, token, {"MED1": [user]})
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            bed, ward = hospital.beds["MED1"], hospital.wards["MED1"]
            tx.record(BedStatusSet(subject_id=bed, ward_id=ward, patient_id=None))
        message = await station.receive()
        (event,) = message["payload"]["data"]["bedChanges"]["events"]
        assert event["bed"]["ward"]["stations"] == [{"username": user}]
