"""The limits of sockets, filled over real sockets: what is refused, in which words, and for how
long."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import websockets

from app.budget import RedisBudget
from models.rules.roles import Role
from subscriptions.limits import Limits
from tests.patience import until
from tests.subscriptions.station import Station

SignIn = Callable[[], Awaitable[str]]


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("sockets", 503),
        ("stranger_sockets", 503),
        ("sockets_of_address", 429),
        ("stranger_sockets_of_address", 429),
    ],
)
async def test_no_place_is_told_before_there_is_a_socket(
    serve: Any, nurse: SignIn, quiet: Limits, limit: str, status: int
) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, **{limit: 2})) as served, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(served.connect()) for _ in range(2)]
        with pytest.raises(websockets.InvalidStatus) as refused:
            await served.connect()
        answer = refused.value.response
        assert answer.status_code == status
        assert int(answer.headers["retry-after"]) > 0
        (error,) = json.loads(answer.body)["errors"]
        assert error["extensions"] == {
            "code": "THROTTLED",
            "limit": "2",
            "exceeded": limit,
            "retryAfter": int(answer.headers["retry-after"]),
        }
        assert served.live.counters.refused == {limit: 1}
        if "stranger" in limit:  # who signs in is none any more
            await Station(held[0]).init(token)
        else:
            await held[0].close()
            await until(lambda: len(served.live.sockets) == 1)
        async with served.station(token) as station:
            await station.send(type="ping")
            assert await station.receive() == {"type": "pong"}


async def test_one_socket_too_many_of_a_user_is_sent_to_try_again(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    token, other = await nurse(), await nurse()
    async with serve(limits=replace(quiet, sockets_of_user=1)) as served:
        async with served.station(token):
            async with served.connect() as second:
                await greet(second, token)
                assert await Station(second).closed() == 1013
                assert "at most 1 (sockets_of_user)" in second.close_reason
            async with served.station(other):
                pass
        await until(lambda: not len(served.live.sockets))
        async with served.station(token):
            pass
        assert served.live.counters.refused == {"sockets_of_user": 1}


async def test_a_stranger_says_little(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    token = await nurse()
    limits = replace(quiet, stranger_socket_messages=1, socket_messages=3)
    async with serve(limits=limits) as served:
        async with served.connect() as stranger:
            for _ in range(11):
                await stranger.send('{"type":"ping"}')
            assert await Station(stranger).closed() == 1013
            assert "(stranger_socket_messages)" in stranger.close_reason
        async with served.station(token) as station:
            for _ in range(30):
                await station.send(type="ping")
            for _ in range(30):
                assert await station.receive() == {"type": "pong"}
            for _ in range(30):
                await station.send(type="ping")
            assert await station.closed() == 1013
        assert served.live.counters.refused == {"stranger_socket_messages": 1, "socket_messages": 1}


async def test_wrong_tokens_are_slowed_down_and_good_ones_let_in(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, wrong_tokens=2)) as served:
        for _ in range(3):
            async with served.connect() as guess:
                await greet(guess, "nobody's")
                assert await Station(guess).closed() == 4403
        assert served.live.counters.refused == {"wrong_tokens": 1}
        async with served.station(token):
            pass
        assert served.live.counters.refused == {"wrong_tokens": 2}
        # Whose session is still looked at comes back without waiting: nothing is looked up.
        async with served.station(token):
            pass
        assert served.live.counters.refused == {"wrong_tokens": 2}
        # And no token is no guess.
        looked_up = served.live.counters.other_statements
        async with served.connect() as nobody:
            await nobody.send('{"type":"connection_init"}')
            assert await Station(nobody).closed() == 4403
        assert served.live.counters.refused == {"wrong_tokens": 2}
        assert served.live.counters.other_statements == looked_up


async def test_who_goes_while_its_token_waits_leaves_nothing_behind(
    serve: Any, nurse: SignIn, quiet: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.gate.TURNS_PER_SECOND", 1 / 3600)
    async with serve(limits=replace(quiet, wrong_tokens=1)) as served:
        gate = served.live.sockets.gate
        gate.wrong("127.0.0.1")
        async with AsyncExitStack() as stack:
            for _ in range(20):
                connection = await stack.enter_async_context(served.connect())
                await greet(connection, "nobody's")
            await until(lambda: served.live.counters.refused["wrong_tokens"] >= 10)
        await until(lambda: not (gate.sockets or len(served.live.sockets)))
        assert (gate.strangers, gate.of_address, gate.of_user) == (0, {}, {})


async def test_subscribing_is_paid_for_once_and_other_rights_are_not(
    serve: Any, hospital: Any, redis_url: str, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    user = (await hospital.actor(token)).user_id
    async with (
        RedisBudget(redis_url, per_minute=10_000, strangers_per_minute=0) as budget,
        serve(limits=quiet) as served,
        served.station(token) as station,
    ):
        served.engine._budget = budget
        await station.subscribe("1")
        await station.feed("1")
        before = budget.spend(user, 1)
        assert before is not None
        assert before.remaining < 9_999, "it costs something"
        budget.spend(user, before.remaining)
        await hospital.pool.execute(
            "INSERT INTO role_memberships (user_id, role) VALUES ($1, 'DOCTOR')", user
        )
        await served.live.sockets.standing.at_most(0)
        await hospital.write()
        assert len(await station.events(1, "1")) == 1
        await station.subscribe("2")
        message = await station.receive()
        assert (message["id"], message["type"]) == ("2", "error")
        assert message["payload"][0]["extensions"]["code"] == "BUDGET_EXHAUSTED"
        await hospital.write()
        assert len(await station.events(1, "1")) == 1


async def greet(connection: Any, token: str) -> None:
    payload = {"authorization": f"Bearer {token}"}
    await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
