"""graphql-transport-ws as a client meets it: close codes, malformed frames, slow readers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets

from subscriptions.limits import Limits
from tests.owner import as_owner
from tests.patience import PATIENCE, until

SignIn = Callable[[], Awaitable[str]]


async def test_another_subprotocol_is_not_acceptable(serve: Any) -> None:
    async with serve() as served:
        for offered in (None, ["graphql-ws"]):
            async with asyncio.timeout(PATIENCE):
                connection = await websockets.connect(
                    served.url, subprotocols=offered, close_timeout=1
                )
                with pytest.raises(websockets.ConnectionClosed):
                    await connection.recv()
            assert connection.close_code == 4406


async def test_who_says_nothing_is_closed(serve: Any, quiet: Limits) -> None:
    limits = replace(quiet, init_timeout=0.5)
    async with serve(limits=limits) as served, served.connect() as connection:
        await connection.send('{"type":"ping"}')  # does not count
        async with asyncio.timeout(PATIENCE):
            assert json.loads(await connection.recv()) == {"type": "pong"}
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
        assert connection.close_code == 4408


NO_MESSAGES: list[str | bytes] = [
    "",
    "nonsense",
    "[]",
    "null",
    '"x"',
    "{}",
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"connection_init","payload":[]}',
    '{"type":"connection_init","payload":"x"}',
    '{"type":"ping","payload":[]}',
    '{"type":"subscribe","id":["1"],"payload":{"query":"{ viewer { id } }"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ viewer { id } }"}}',
    '{"type":"subscribe","payload":{"query":"{ viewer { id } }"}}',
    '{"type":"complete","id":7}',
    '{"type":["subscribe"]}',
    "[" * 60_000,
    b'{"type":"ping"}',
]


async def test_what_is_no_message_closes_with_4400(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    token = await nurse()
    async with serve() as served:
        for frame in NO_MESSAGES:
            async with served.station(token) as station:
                await station.connection.send(frame)
                assert await station.closed() == 4400, frame[:80]
    assert not caplog.records


async def test_the_order_of_the_handshake_is_kept(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served:
        async with served.connect() as connection:
            await connection.send(
                '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { id } }"}}'
            )
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
            assert connection.close_code == 4401
        async with served.station(token) as station:
            await station.send(type="connection_init")
            assert await station.closed() == 4429
        async with served.station(token) as station:
            await station.subscribe("same")
            await station.subscribe("same")
            assert await station.closed() == 4409


NO_OPERATIONS: list[tuple[Any, str]] = [
    (None, "payload"),
    ([], "payload"),
    ({}, "query"),
    ({"query": ["{ viewer { id } }"]}, "query"),
    ({"query": "{ viewer { id } }", "variables": []}, "variables"),
    ({"query": "{ viewer { id } }", "operationName": 1}, "operationName"),
    ({"query": "{ viewer { id } }", "extensions": "x"}, "extensions"),
]


async def test_a_malformed_operation_fails_alone(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        await station.subscribe("good")
        await station.feed("good")
        for payload, field in NO_OPERATIONS:
            await station.send(type="subscribe", id="bad", payload=payload)
            message = await station.receive()
            assert (message["id"], message["type"]) == ("bad", "error")
            told = message["payload"][0]["extensions"]
            assert told == {"code": "BAD_USER_INPUT", "field": field}
        await hospital.write()
        assert len(await station.events(1, "good")) == 1


async def test_operations_of_every_kind(serve: Any, hospital: Any, nurse: SignIn) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.send(type="ping", payload={"x": 1})
        assert await station.receive() == {"type": "pong", "payload": {"x": 1}}
        await station.send(type="pong")
        await station.run("query { viewer { username } }", 'an "id"')
        answer = await station.receive()
        assert (answer["id"], answer["type"]) == ('an "id"', "next")
        assert await station.receive() == {"id": 'an "id"', "type": "complete"}
        for query, code in (
            ("query {", "GRAPHQL_PARSE_FAILED"),
            ("query { nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { vitalSigns(ward: 1) { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
        ):
            await station.run(query, "3")  # the id is free again after each
            message = await station.receive()
            assert (message["id"], message["type"]) == ("3", "error")
            assert message["payload"][0]["extensions"]["code"] == code
        await station.run("mutation { signOut { signedOut } }", "2")
        message = await station.receive()
        assert message["payload"] == {"data": {"signOut": {"signedOut": True}}}
        assert await station.receive() == {"id": "2", "type": "complete"}
        assert served.engine.mutated == 1
        assert await station.closed() == 4403


async def test_a_fault_of_ours_says_a_number_and_no_name(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        served.engine.fault = KeyError("Eleanor Rigby")
        await station.run("query { viewer { username } }")
        message = await station.receive()
        extensions = message["payload"][0]["extensions"]
        assert extensions["code"] == "INTERNAL_SERVER_ERROR"
        assert extensions["correlationId"] in caplog.text
        assert "Rigby" not in caplog.text + json.dumps(message)


async def test_completed_means_nothing_more(serve: Any, hospital: Any, nurse: SignIn) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        for key in ("gone", "stays"):
            await station.subscribe(key)
            await station.feed(key)
        await station.send(type="complete", id="gone")
        await station.send(type="complete", id="never there")
        await station.run("query { viewer { username } }", "behind it")
        await station.receive()
        await station.receive()
        await hospital.write()
        assert len(await station.events(1, "stays")) == 1
        await station.subscribe("gone")
        await station.feed("gone")


async def test_a_mutation_outlives_its_socket(serve: Any, nurse: SignIn) -> None:
    async with serve() as served:
        served.engine.pause = asyncio.Event()
        async with served.station(await nurse()) as station:
            await station.run("mutation { signOut { signedOut } }")
            await until(lambda: served.live.sockets.mutations)
        await until(lambda: not len(served.live.sockets))
        assert served.engine.mutated == 0
        served.engine.pause.set()
        await until(lambda: not served.live.sockets.mutations)
        assert served.engine.mutated == 1


async def test_too_many_operations_fail_alone(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    async with (
        serve(limits=replace(quiet, operations=2)) as served,
        served.station(await nurse()) as station,
    ):
        for key in ("1", "2"):
            await station.subscribe(key)
            await station.feed(key)
        await station.subscribe("3")
        message = await station.receive()
        assert (message["id"], message["type"]) == ("3", "error")
        extensions = message["payload"][0]["extensions"]
        assert (extensions["code"], extensions["exceeded"]) == ("THROTTLED", "socket_operations")
        assert served.live.counters.refused == {"socket_operations": 1}


# -- who is let in ---------------------------------------------------------------------------------


NO_TOKENS: list[Any] = [
    None,
    {},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Bearer wrong"},
    {"authorization": "Bearer é"},
    {"authorization": "Basic {token}"},
    {"authorization": ["Bearer {token}"]},
    {"token": "Bearer {token}"},
]


async def test_without_a_token_nobody_is_let_in(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served:
        for payload in NO_TOKENS:
            async with served.connect() as connection:
                text = json.dumps(payload).replace("{token}", token)
                await connection.send(f'{{"type":"connection_init","payload":{text}}}')
                with pytest.raises(websockets.ConnectionClosed):
                    await connection.recv()
                assert connection.close_code == 4403, payload


async def test_the_tokens_name_may_be_written_any_way(serve: Any, nurse: SignIn) -> None:
    async with serve() as served:
        for name in ("authorization", "Authorization", "AUTHORIZATION"):
            async with served.connect() as connection:
                payload = {"something": None, name: f"bearer {await nurse()}"}
                await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
                assert json.loads(await connection.recv()) == {"type": "connection_ack"}


async def test_a_cookie_counts_from_our_own_pages_alone(serve: Any, nurse: SignIn) -> None:
    async with serve() as served:
        headers = {"Cookie": f"other=1; wardline_session={await nurse()}"}
        own = f"http://{urlsplit(served.url).netloc}"
        async with served.connect(additional_headers=headers, origin=own) as connection:
            await connection.send('{"type":"connection_init"}')
            assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        async with served.connect(additional_headers=headers) as connection:  # no browser
            await connection.send('{"type":"connection_init"}')
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
            assert connection.close_code == 4403


async def test_a_page_of_another_origin_opens_no_socket(serve: Any) -> None:
    """Whatever it has to show: it would use the address and the network of who looks at it."""
    async with serve() as served:
        origins = ["https://board.example", "http://127.0.0.1:1", "null", ""]
        for origin in origins:
            headers = {"Origin": origin, "Cookie": "wardline_session=x"}
            with pytest.raises(websockets.InvalidStatus) as refused:
                await served.connect(additional_headers=headers)
            assert refused.value.response.status_code == 403
            (error,) = json.loads(refused.value.response.body)["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"
        assert served.live.counters.refused["origin"] == len(origins)


# -- closing ---------------------------------------------------------------------------------------


async def test_a_server_that_goes_down_says_so(serve: Any, nurse: SignIn) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe()
        await station.feed()
        await served.live.sockets.stop()
        assert await station.closed() == 1012
        with pytest.raises(websockets.InvalidStatus) as refused:
            await served.connect()
        assert refused.value.response.status_code == 503


async def test_who_waits_for_an_answer_gets_it_before_the_server_has_gone(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    """And holds nobody else up."""
    limits = replace(quiet, drain_deadline=0.1)
    async with (
        serve(limits=limits) as served,
        served.station(await nurse()) as asks,
        served.station(await nurse()) as listens,
    ):
        await listens.subscribe()
        await listens.feed()
        served.engine.pause = asyncio.Event()
        await asks.run("mutation { signOut { signedOut } }")
        await until(lambda: served.live.sockets.mutations)
        served.live.sockets.go_down()
        assert await listens.closed() == 1012
        await asks.run("mutation { signOut { signedOut } }", "2")  # not begun any more
        await asks.send(type="ping")
        assert await asks.receive() == {"type": "pong"}
        served.engine.pause.set()
        message = await asks.receive()
        assert message["payload"] == {"data": {"signOut": {"signedOut": True}}}
        assert await asks.receive() == {"id": "1", "type": "complete"}
        assert await asks.closed() in {1012, 4403}
        assert served.engine.mutated == 1


async def test_uvicorns_own_shutdown_is_retryable(serve: Any, nurse: SignIn) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe()
        await station.feed()
        served.server.should_exit = True
        assert await station.closed() == 1012


async def test_who_stops_reading_is_closed_and_costs_the_others_nothing(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    limits = replace(quiet, queue_messages=20)
    async with serve(limits=limits) as served:
        place = urlsplit(served.url)
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        small.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(small, (place.hostname, place.port))
        async with served.station(token) as reads:
            await reads.subscribe()
            await reads.feed()
            async with served.station(token, sock=small, max_queue=1) as stops:
                await stops.subscribe(heavy=True)
                await stops.feed()
                assert len(served.live.sockets) == 2
                sent = 0
                async with asyncio.timeout(20):
                    while len(served.live.sockets) == 2:
                        await hospital.write(times=3)
                        served.live.bell.ring(hospital.id)
                        sent += 3
                        await reads.events(3)
                assert sent >= 3
                # Its connection is cut, though it has not read what stands before the close.
                await until(lambda: len(served.server.server_state.connections) <= 1)
                # What it had not read is lost to it; its cursor gives it the rest.
                assert await stops.closed(10) in {1006, 1013}
            await hospital.write()
            assert len(await reads.events(1)) == 1


async def test_the_database_away_sends_a_new_subscriber_to_try_again(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with (
        serve(limits=replace(quiet, subscribe_deadline=0.5)) as served,
        served.station(await nurse()) as station,
        as_owner(hospital.pool) as connection,
        connection.transaction(),
    ):
        # Somebody holds the table that a look at the log needs.
        await connection.execute("LOCK TABLE event_counters IN ACCESS EXCLUSIVE MODE")
        await station.subscribe()
        assert await station.closed() == 1013
