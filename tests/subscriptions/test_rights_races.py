"""Rights that change while something else is on its way: whose rights count for what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import websockets

from resolvers.policy import DEFAULT_POLICY
from subscriptions.counters import Counters
from subscriptions.limits import Limits
from subscriptions.standing import Standing
from tests.owner import as_owner
from tests.patience import PATIENCE, until

SignIn = Callable[[], Awaitable[str]]
NOBODY_RINGS = "redis://127.0.0.1:1/0"


@contextmanager
def held(served: Any) -> Iterator[None]:
    """No frame that was made is used, for as long as this lasts."""
    pause = served.engine.pause = asyncio.Event()
    try:
        yield
    finally:
        served.engine.pause = None
        pause.set()


async def told(station: Any) -> list[tuple[str, Any]]:
    """The operation and the payload of all that still comes before the close."""
    found = []
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                message = await station.receive()
                if message["type"] == "next":
                    found.append((message["id"], station.opened(message)))
        except websockets.ConnectionClosed:
            assert station.connection.close_code == 4403
            return found


async def test_a_frame_is_made_with_the_rights_of_the_group_and_not_of_who_has_left_it(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Its turn comes after another group's, and meanwhile the first of its members goes to another
    ward: the others see what is theirs, and nothing of that ward's."""
    first, second = await nurse(), await nurse()
    moving = (await hospital.actor(first)).user_id
    async with (
        serve(limits=replace(quiet, statements=1)) as served,
        served.station(second) as before,
        served.station(first) as moves,
        served.station(second) as stays,
    ):
        await before.subscribe(heavy=True)  # a group of its own, served before the other
        await before.feed()
        for station in (moves, stays):
            await station.subscribe()
            await station.feed()
        with held(served):
            await hospital.write("MED1")
            await until(lambda: bool(served.engine.statements))
            await hospital.pool.execute(
                "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2",
                *(hospital.wards["SURG1"], moving),
            )
            await served.live.sockets.standing.at_most(0)
        assert [event["mrn"] for event in await stays.events(1)] == ["MRN-MED1"]


async def test_nothing_is_begun_for_a_session_that_is_found_to_have_ended(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """The look that a new operation waits for finds it, while last words are still to be said."""
    token = await nurse()
    slow = replace(quiet, poll=30.0, standing=30.0, standing_at_most=0.0, last_words=1.0)
    async with (
        serve(limits=slow, redis=NOBODY_RINGS) as served,
        served.station(token) as station,
    ):
        await station.subscribe("1")
        await station.feed("1")
        await hospital.write()
        with held(served):
            await hospital.sign_out(token)
            await station.subscribe("2")
            assert [key for key, _ in await told(station)] == []


async def test_a_log_that_begins_anew_brings_back_nobody_whose_session_has_ended(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    slow = replace(quiet, poll=30.0, standing=30.0, last_words=1.0)
    async with (
        serve(limits=slow, redis=NOBODY_RINGS) as served,
        served.station(token) as station,
    ):
        await station.subscribe()
        await station.feed()
        await hospital.write()
        with held(served):
            await hospital.sign_out(token)
            await served.live.sockets.standing.at_most(0)
            await until(lambda: bool(served.engine.statements))  # its last words
            async with as_owner(hospital.pool) as connection:
                await connection.execute(
                    "UPDATE event_counters SET epoch = gen_random_uuid() WHERE hospital_id = $1",
                    hospital.id,
                )
            served.live.hub.ring(hospital.id)
            await until(lambda: served.live.counters.restarts == 1)
            assert [frame for _, frame in await told(station) if frame["live"]] == []


async def test_who_comes_with_older_rights_than_are_known_gets_the_newer_ones(
    hospital: Any, nurse: SignIn
) -> None:
    """Read before a change, and watched only after the look that found it."""
    token = await nurse()
    old = await hospital.actor(token)
    standing = Standing(hospital.pool, DEFAULT_POLICY, Limits(), Counters())
    standing.watch(old, lambda _: None)
    await hospital.pool.execute("DELETE FROM ward_memberships WHERE user_id = $1", old.user_id)
    await standing.at_most(0)
    late = standing.watch(replace(old, address="192.0.2.9"), lambda _: None)
    await standing.at_most(0)
    assert late.actor.ward_ids == ()
    assert late.actor.address == "192.0.2.9"
