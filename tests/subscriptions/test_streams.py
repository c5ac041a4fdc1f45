"""Server-Sent Events as a client meets them: what is answered, to whom, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscriptions.limits import Limits
from subscriptions.streams import COMPLETE, next_event
from tests.subscriptions.event_source import EventStream, Reader, feed, live, opened

SignIn = Callable[[], Awaitable[str]]

VIEWER = "{ viewer { username } }"
SIGN_OUT = "mutation { signOut { signedOut } }"


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
