"""Open streams follow the rights: within a second, in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.rules.roles import Role
from resolvers.policy import DEFAULT_POLICY
from subscriptions.limits import Limits
from tests.patience import until

SignIn = Callable[[], Awaitable[str]]


async def test_sign_out_ends_the_stream_within_a_second(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    token = await nurse()
    async with serve() as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        loop = asyncio.get_running_loop()
        await hospital.sign_out(token)
        signed_out = loop.time()
        assert await station.closed() == 4403
        assert loop.time() - signed_out < 1.0
        await hospital.write()


async def test_signing_out_one_session_leaves_the_others(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    going, staying = await nurse(), await nurse()
    async with (
        serve() as served,
        served.station(going) as gone,
        served.station(staying) as stays,
    ):
        await stays.subscribe()
        await stays.feed()
        await hospital.sign_out(going)
        assert await gone.closed() == 4403
        await hospital.write()
        assert len(await stays.events(1)) == 1


async def test_a_session_that_idles_out_ends_its_stream(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    token = await nurse()
    session = (await hospital.actor(token)).session_id
    async with serve() as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        await hospital.pool.execute(
            "UPDATE sessions SET last_seen_at = now() - $2::interval WHERE id = $1",
            session,
            DEFAULT_POLICY.session_idle,
        )
        assert await station.closed() == 4403


@pytest.mark.parametrize("change", ["expires_at", "disabled_at"])
async def test_expiry_and_a_disabled_user_end_the_stream(
    serve: Any, hospital: Any, nurse: SignIn, change: str
) -> None:
    token = await nurse()
    actor = await hospital.actor(token)
    statement = {
        "expires_at": "UPDATE sessions SET expires_at = now() WHERE user_id = $1",
        "disabled_at": "UPDATE users SET disabled_at = now() WHERE id = $1",
    }[change]
    async with serve() as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        looks = served.live.counters.standing_statements
        await hospital.pool.execute(statement, actor.user_id)
        assert await station.closed() == 4403
        # One that had begun before, and one that finds it, asks who is left, and when it was.
        assert served.live.counters.standing_statements - looks <= 4


async def test_a_ward_lost_and_gained_narrows_and_widens_the_stream(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    actor = await hospital.actor(token)
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        await hospital.write("SURG1")
        await hospital.write("MED1")
        assert [e["mrn"] for e in await station.events(1)] == ["MRN-MED1"]
        await hospital.pool.execute(
            "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2",
            hospital.wards["SURG1"],
            actor.user_id,
        )
        await settled(served)
        await hospital.write("MED1")
        await hospital.write("SURG1")
        # Order says it: had the first been sent, it would have come before.
        assert [(e["position"], e["mrn"]) for e in await station.events(1)] == [(4, "MRN-SURG1")]


async def test_a_lost_role_ends_the_feed_with_forbidden_and_leaves_the_socket(
    serve: Any, hospital: Any
) -> None:
    token = await hospital.sign_in(Role.NURSE, Role.CLERK, wards=["MED1"])
    actor = await hospital.actor(token)
    async with serve() as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        await hospital.pool.execute(
            "DELETE FROM role_memberships WHERE user_id = $1 AND role = 'NURSE'", actor.user_id
        )
        message = await station.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        await station.run("query { viewer { username } }", "2")
        assert (await station.receive())["type"] == "next"


async def test_rights_that_change_while_a_frame_is_made_are_those_that_count(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """The statement has run with the old rights; the frame it gave must not go out."""
    token = await nurse()
    actor = await hospital.actor(token)
    async with serve(limits=quiet) as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        served.engine.pause = asyncio.Event()
        await hospital.write("MED1")
        await until(lambda: served.engine.statements)
        await hospital.pool.execute(
            "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2",
            hospital.wards["SURG1"],
            actor.user_id,
        )
        await settled(served)
        served.engine.pause.set()
        await hospital.write("SURG1")
        assert [(e["position"], e["mrn"]) for e in await station.events(1)] == [(2, "MRN-SURG1")]


async def test_who_leaves_a_group_and_comes_back_hears_the_page_once(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """It is promised the page from the past, while the group's frame with it is still made."""
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    async with (
        serve(limits=quiet) as served,
        served.station(token) as moves,
        served.station(await nurse()) as stays,
    ):
        for station in (moves, stays):
            await station.subscribe()
            await station.feed()
        served.engine.pause = asyncio.Event()
        await hospital.write()
        await statements(served, 1)
        # Another actor with the same rights and rows: it comes back to the same group.
        await hospital.pool.execute(
            "UPDATE users SET patient_id = $1 WHERE id = $2", hospital.patients["SURG1"], user
        )
        await settled(served)
        await statements(served, 2)
        served.engine.pause.set()
        await hospital.write()
        for station in (moves, stays):
            assert [e["position"] for e in await station.events(2)] == [1, 2]


async def test_rights_that_change_while_the_past_is_read_are_those_that_count(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    async with serve(limits=quiet) as served:
        async with served.station(token) as station:
            await station.subscribe()
            cursor = (await station.feed())["cursor"]
            await hospital.write("MED1")
            await hospital.write("SURG1")
            await station.events(1)
        served.engine.pause = asyncio.Event()
        before = len(served.engine.statements)
        async with served.station(token) as station:
            await station.subscribe(after=cursor)
            await statements(served, before + 1)
            await move(hospital, user, "SURG1")
            await settled(served)
            served.engine.pause.set()
            assert [(e["position"], e["mrn"]) for e in await station.events(1)] == [
                (2, "MRN-SURG1")
            ]


async def test_an_operation_after_sign_out_does_not_run(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Not even before the session is next looked at."""
    token = await nurse()
    async with (
        serve(limits=replace(quiet, standing=30.0)) as served,
        served.station(token) as station,
    ):
        await hospital.sign_out(token)
        await station.run("mutation { signOut { signedOut } }")
        assert await station.closed() == 4403
        assert served.engine.mutated == 0


async def statements(served: Any, count: int) -> None:
    await until(lambda: len(served.engine.statements) >= count)


async def move(hospital: Any, user: UUID, ward: str) -> None:
    await hospital.pool.execute(
        "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2", hospital.wards[ward], user
    )


async def settled(served: Any) -> None:
    """Until the sessions have been looked at again."""
    await served.live.sockets.standing.at_most(0)
