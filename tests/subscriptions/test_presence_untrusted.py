"""What others say of who listens is not believed: neither the arguments of a feed nor Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

import models
from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from subscriptions.limits import Limits
from subscriptions.presence import Presence
from subscriptions.redis_address import RedisAddress
from tests.patience import until

FEED = """subscription { vitalSigns { cursor events { cursor patient { admission { ward {
  stations { username }
} } } } } }"""
SignIn = Callable[[], Awaitable[str]]


async def asked(served: Any, hospital: Any, token: str) -> Any:
    """The stations that somebody is told of, by ward."""
    request = GraphQLRequest("{ wards { code stations { username } } }")
    answer = orjson.loads(await served.engine.execute(request, await hospital.actor(token)))
    assert "errors" not in answer, answer
    return {ward["code"]: ward["stations"] for ward in answer["data"]["wards"]}


@pytest.fixture
def swift(quiet: Limits) -> Limits:
    return replace(quiet, presence=0.1, presence_expires=5.0, presence_known=4.0)


@pytest.fixture
def told_in(hospital: Any, redis_url: str, database_url: str) -> tuple[str, str]:
    """Where processes tell who listens: the URL, and what the keys of the hospital begin with."""
    return redis_url, f"test:{database_url.rpartition('/')[2]}:{{{hospital.id}}}"


async def test_who_names_a_ward_and_hears_nothing_of_it_is_no_station_there(
    serve: Any, hospital: Any, nurse: SignIn, swift: Limits
) -> None:
    """A ward would take somebody for a listener who is none; a patient would be on the list."""
    of_surgery = await hospital.sign_in(Role.NURSE, wards=["SURG1"])
    patient = await hospital.sign_in(Role.PATIENT)
    admin, listens = await hospital.sign_in(Role.ADMIN), await nurse()
    own = (await hospital.actor(listens)).username
    async with (
        serve(limits=swift) as served,
        served.station(of_surgery) as elsewhere,
        served.station(patient) as lying,
        served.station(listens) as there,
    ):
        for station in (elsewhere, lying, there):  # the one who does hear it comes last
            await station.subscribe(ward="MED1")
            await station.feed()

        async def told() -> Any:
            return (await asked(served, hospital, admin))["MED1"]

        await until(told)
        assert await asked(served, hospital, admin) == {"MED1": [{"username": own}], "SURG1": []}


@pytest.mark.parametrize(
    "rows",
    [
        b"no json",
        b"7",
        b'[{"ward_id": null}]',
        b'[{"ward_id": null, "user_id": "x", "since": "2026-01-01T00:00:00+00:00"}]',
        b'[{"ward_id": null, "user_id": "%b", "since": "x"}]' % str(UUID(int=7)).encode(),
        b'[{"ward_id": 7, "user_id": [], "since": 7}]',
    ],
)
async def test_what_redis_holds_ends_no_feed(
    serve: Any, hospital: Any, swift: Limits, told_in: tuple[str, str], rows: bytes
) -> None:
    """Another release may tell it in other words, and whoever gets at Redis in any."""
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    url, name = told_in
    client = RedisAddress.parse(url).client(timeout=1.0)
    async with serve(limits=swift) as served, served.station(token) as station:
        await client.set(f"{name}:other", rows)
        await client.sadd(f"{name}:processes", b"other", b"\xff")
        user = (await hospital.actor(token)).username

        async def known() -> bool:
            return bool(await asked(served, hospital, token) == {"MED1": [{"username": user}]})

        await station.run(FEED)
        await station.feed()
        await until(known)
        await hospital.write()
        (event,) = (await station.feed())["events"]
        assert event["patient"]["admission"]["ward"]["stations"] == [{"username": user}]

    await client.delete(f"{name}:other", f"{name}:processes")
    await client.aclose()


@asynccontextmanager
async def silent() -> AsyncIterator[tuple[str, list[Any]]]:
    """The URL of a server that takes connections and says nothing, and those it took."""
    taken: list[Any] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", taken
    finally:
        for writer in taken:
            writer.close()
        server.close()


async def test_redis_that_does_not_answer_is_waited_for_once() -> None:
    """A frame asks this before it is sent; each would come later by as long as Redis is given."""
    async with silent() as (url, taken):
        presence = Presence(RedisAddress.parse(url), Limits(presence_deadline=0.2))
        hospital_id = models.new_id()
        for _ in range(5):
            assert await presence.stations(hospital_id) is None
        assert len(taken) == 1
        await presence.close()
