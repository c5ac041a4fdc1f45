"""Server-Sent Events as a client meets them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from subscriptions.limits import Limits
from tests.subscriptions.event_source import feed, opened

SignIn = Callable[[], Awaitable[str]]


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
