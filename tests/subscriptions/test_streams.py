"""Server-Sent Events as a client meets them: what is answered, to whom, and how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.roles import Role
from subscriptions.limits import Limits
from subscriptions.streams import COMPLETE, next_event
from tests.owner import as_owner
from tests.subscriptions.event_source import EventStream, Reader, feed, opened
from tests.subscriptions.station import HEAVY

SignIn = Callable[[], Awaitable[str]]

VIEWER = "{ viewer { username } }"
SIGN_OUT = "mutation { signOut { signedOut } }"


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def live(served: Any, token: str, **given: Any) -> AsyncIterator[EventStream]:
    """A stream of vital signs that has said that it is live."""
    async with opened(served.http, feed(), token=token, **given) as stream:
        assert (await stream.feed())["live"]
        yield stream


# -- what is answered ------------------------------------------------------------------------------


async def test_a_feed_as_events(serve: Any, hospital: Any, nurse: SignIn, quiet: Limits) -> None:
    async with (
        serve(limits=quiet) as served,
        opened(served.http, feed(ward="MED1"), token=await nurse()) as stream,
    ):
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in stream.headers
        first = await stream.feed()
        assert (first["live"], first["events"]) == (True, [])
        assert 500 <= (stream.known.retry or 0) <= 4_000
        await hospital.write(times=3)
        served.live.bell.ring(hospital.id)
        assert [event["position"] for event in await stream.events(3)] == [1, 2, 3]


async def test_a_post_is_answered_as_well(serve: Any, hospital: Any, nurse: SignIn) -> None:
    post = {"query": feed(), "extensions": {}}
    async with serve() as served, opened(served.http, token=await nurse(), post=post) as stream:
        assert (await stream.feed())["live"]
        await hospital.write()
        assert len(await stream.events(1)) == 1


async def test_queries_and_mutations(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served:
        for given in ({"query": VIEWER}, {"post": {"query": VIEWER}}):
            async with opened(served.http, token=token, **given) as stream:
                assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
                answer, complete = await stream.end()
                assert answer.type == "next"
                assert answer.result["data"]["viewer"]["username"]
                assert (complete.type, complete.data) == ("complete", "")
        async with opened(served.http, SIGN_OUT, token=token) as stream:
            assert (stream.status, stream.headers["allow"]) == (405, "POST")
        assert served.engine.mutated == 0
        async with opened(served.http, token=token, post={"query": SIGN_OUT}) as stream:
            answer, complete = await stream.end()
            assert answer.result == {"data": {"signOut": {"signedOut": True}}}
            assert "wardline_session=" in stream.headers["set-cookie"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { vitalSigns(ward: 1) { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { emergencyAccesses { cursor } }", "FORBIDDEN"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_bad_operation_is_told_by_an_event(
    serve: Any, nurse: SignIn, query: str, code: str
) -> None:
    """Of an answer with another status a browser's EventSource tells its page nothing."""
    token = await nurse()
    async with serve() as served:
        for given in ({"query": query}, {"post": {"query": query}}):
            async with opened(served.http, token=token, **given) as stream:
                assert stream.status == 200
                answer, complete = await stream.end()
                assert answer.result["errors"][0]["extensions"]["code"] == code
                assert "data" not in answer.result
                assert complete.type == "complete"
        assert len(served.live.streams) == 0


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/json"}, b"{", 400),
        ({"content-type": "application/json"}, b"[]", 400),
        ({"content-type": "application/json"}, b'{"query":1}', 400),
    ],
)
async def test_what_is_no_request_is_an_error_of_http(
    serve: Any, nurse: SignIn, headers: dict[str, str], body: bytes, status: int
) -> None:
    token = await nurse()
    async with serve() as served:
        place = urlsplit(served.http)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(
            f"POST /graphql HTTP/1.1\r\nhost: {place.netloc}\r\naccept: text/event-stream\r\n"
            f"authorization: Bearer {token}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        stream = EventStream(reader, writer, Reader())
        await stream.head()
        assert stream.status == status
        assert stream.headers["content-type"].startswith("application/json")
        (error,) = json.loads(await stream.body())["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        writer.close()


async def test_a_connection_serves_other_requests_after_a_stream(
    serve: Any, nurse: SignIn, hospital: Any
) -> None:
    """What is asked for while it runs waits, and is not written into it."""
    token = await nurse()
    async with serve() as served, live(served, token) as stream:
        stream._writer.write(
            f"GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: x\r\n"
            f"authorization: Bearer {token}\r\n\r\n".encode()
        )
        await hospital.write()
        assert len(await stream.events(1)) == 1
        await hospital.sign_out(token)
        await stream.end()
        await stream.head()
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("application/json")
        assert b"__typename" in await stream.body()


# -- who is let in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "wrong"])
@pytest.mark.parametrize("query", [feed(), VIEWER])
async def test_who_is_nobody_is_told_by_the_status(
    serve: Any, token: str | None, query: str
) -> None:
    """An EventSource comes back after everything else."""
    async with serve() as served:
        for given in ({"query": query}, {"post": {"query": query}}):
            async with opened(served.http, token=token, **given) as stream:
                assert stream.status == 401
                assert stream.headers["content-type"].startswith("application/graphql-response")
                (error,) = json.loads(await stream.body())["errors"]
                assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"x_wardline_client": "board"}, 200),
        ({"origin": "http://{host}"}, 200),
        ({}, 401),
        ({"sec_fetch_site": "same-site"}, 401),
        ({"sec_fetch_site": "cross-site"}, 401),
        ({"sec_fetch_site": "none"}, 401),
        ({"sec_fetch_site": "same-origin", "origin": "https://board.example"}, 401),
    ],
)
async def test_a_cookie_counts_for_our_own_pages_alone(
    serve: Any, nurse: SignIn, headers: dict[str, str], status: int
) -> None:
    """A browser's EventSource can send no header of its own, and names no origin to its own."""
    cookie = f"other=1; wardline_session={await nurse()}"
    async with serve() as served:
        place = urlsplit(served.http).netloc
        sent = {name: value.replace("{host}", place) for name, value in headers.items()}
        async with opened(served.http, feed(), cookie=cookie, **sent) as stream:
            assert stream.status == status


async def test_streams_and_sockets_count_together(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, sockets_of_user=2)) as served:
        async with served.station(token), live(served, token):
            for given in ({"query": feed()}, {"post": {"query": feed()}}):
                async with opened(served.http, token=token, **given) as third:
                    assert third.status == 429
                    assert int(third.headers["retry-after"]) > 0
                    (error,) = json.loads(await third.body())["errors"]
                    assert error["extensions"]["code"] == "THROTTLED"
                    assert error["extensions"]["exceeded"] == "sockets_of_user"
                    assert error["extensions"]["limit"] == "2"
        await until(lambda: not served.live.streams.gate.sockets)
        async with live(served, token):
            pass


# -- with others -----------------------------------------------------------------------------------


async def test_a_socket_and_streams_share_one_statement_an_event(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with (
        serve(limits=quiet) as served,
        served.station(await nurse()) as station,
        live(served, await nurse()) as first,
        live(served, await nurse()) as second,
    ):
        await station.run(feed())
        await station.feed()
        assert served.live.hub.groups() == 1
        for count in (1, 2, 3):
            await hospital.write()
            served.live.bell.ring(hospital.id)
            (heard,) = await station.events(1)
            for stream in (first, second):
                assert [event["cursor"] for event in await stream.events(1)] == [heard["cursor"]]
            assert len(served.engine.statements) == count


async def test_who_stops_reading_is_cut_and_costs_the_others_nothing(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.setblocking(False)
    known = Reader()
    async with serve(limits=replace(quiet, queue_messages=20)) as served:
        async with live(served, token) as reads:
            async with opened(
                served.http, feed(more=HEAVY), token=token, connection=small, known=known
            ) as stops:
                await stops.feed()
                stops._writer.transport.pause_reading()  # type: ignore[attr-defined]
                async with asyncio.timeout(20):
                    while len(served.live.streams) == 2:
                        await hospital.write(times=3)
                        served.live.bell.ring(hospital.id)
                        await reads.events(3)
                await until(lambda: len(served.server.server_state.connections) == 1)
                counters = served.live.counters
                assert counters.queue_overflows + counters.send_timeouts == 1
            await hospital.write()
            (last,) = await reads.events(1)
        # What it had not read is lost to it; its cursor gives it the rest.
        async with opened(served.http, feed(more=HEAVY), token=token, known=known) as back:
            heard = await back.events(last["position"])
            assert [event["position"] for event in heard] == list(range(1, last["position"] + 1))


# -- how it ends -----------------------------------------------------------------------------------


async def test_a_client_that_goes_leaves_nothing(serve: Any, nurse: SignIn, hospital: Any) -> None:
    async with serve() as served:
        async with live(served, await nurse()):
            assert len(served.live.streams) == 1
            assert served.live.streams.gate.sockets == 1
        await until(lambda: not len(served.live.streams))
        assert served.live.streams.gate.sockets == 0
        assert list(served.live.hub.subscribers()) == []
        assert dict(served.live.counters.closed) == {1000: 1}


async def test_who_signs_out_hears_what_was_before_and_is_nobody_when_it_comes_back(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, live(served, token) as stream:
        await hospital.write()
        served.live.bell.ring(hospital.id)
        assert len(await stream.events(1)) == 1
        await hospital.sign_out(token)
        assert await stream.end() == []  # and not a word that it is complete
        async with opened(served.http, feed(), token=token, known=stream.known) as back:
            assert back.status == 401


async def test_who_may_not_hear_it_any_more_is_told_so(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    actor = await hospital.actor(token)
    async with serve(limits=quiet) as served, live(served, token) as stream:
        async with as_owner(hospital.pool) as connection:
            await connection.execute(
                "DELETE FROM role_memberships WHERE user_id = $1", actor.user_id
            )
        answer, complete = await stream.end()
        assert answer.result["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert complete.type == "complete"


async def test_a_server_that_goes_down_gives_what_there_is_and_sends_its_clients_away(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, poll=30.0)) as served, live(served, token) as stream:
        await hospital.write()  # and nobody rings for it
        served.server.should_exit = True
        (event,) = await stream.end()
        assert len(event.feed["events"]) == 1


async def test_who_comes_when_it_goes_down_is_sent_away_as_well(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served:
        await served.live.streams.stop()
        async with opened(served.http, feed(), token=token) as stream:
            assert (stream.status, await stream.end()) == (200, [])
            assert stream.known.retry
        async with opened(served.http, token=token, post={"query": feed()}) as stream:
            assert (stream.status, stream.headers["retry-after"]) == (503, "1")
            (error,) = json.loads(await stream.body())["errors"]
            assert error["extensions"]["code"] == "UNAVAILABLE"
        assert len(served.live.streams) == 0


async def test_the_database_away_makes_the_client_come_back(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    limits = replace(quiet, subscribe_deadline=0.5, drain_deadline=0.2)
    async with serve(limits=limits) as served:
        token = await nurse()
        async with as_owner(hospital.pool) as connection, connection.transaction():
            # Somebody holds the table that a look at the log needs.
            await connection.execute("LOCK TABLE event_counters IN ACCESS EXCLUSIVE MODE")
            async with opened(served.http, feed(), token=token) as stream:
                assert await stream.end() == []
                assert stream.known.retry
        served.engine._pool.terminate()
        token = await nurse()
        async with opened(served.http, feed(), token=token) as stream:
            assert (stream.status, await stream.end()) == (200, [])
        async with opened(served.http, token=token, post={"query": feed()}) as stream:
            assert stream.status == 503


async def test_silence_is_broken_by_comments(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    """So a proxy does not cut it, and what goes without a word is noticed by the kernel."""
    async with (
        serve(limits=replace(quiet, ping=0.1, pong=3.0)) as served,
        opened(served.http, feed(), token=await nurse()) as stream,
    ):
        await stream.feed()
        waiting = asyncio.create_task(stream.event(20))
        await until(lambda: stream.known.comments >= 2)
        waiting.cancel()
        (connection,) = served.server.server_state.connections
        kernel = connection.below.get_extra_info("socket")
        assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 3_000


# -- the bytes -------------------------------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(JSON, st.none() | st.text("Az09-_", min_size=1))), st.booleans())
def test_what_is_read_is_what_was_sent(results: list[tuple[Any, str | None]], pretty: bool) -> None:
    """Whatever stands in it, and however its JSON is laid out."""
    option = orjson.OPT_INDENT_2 if pretty else None
    sent = b"".join(
        next_event(orjson.dumps(result, option=option), cursor) for result, cursor in results
    )
    reader = Reader()
    lines = (sent + COMPLETE).decode().split("\n")
    *read, complete = [event for line in lines if (event := reader.line(line)) is not None]
    assert [event.result for event in read] == [result for result, _ in results]
    last = ""
    for event, (_, cursor) in zip(read, results, strict=True):
        last = cursor or last
        assert event.last_id == last
    assert (complete.type, complete.data) == ("complete", "")
