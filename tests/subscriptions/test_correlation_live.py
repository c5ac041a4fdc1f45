"""A fault in the live channel has a number that the client is told, and that is in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets

from subscriptions.limits import Limits
from subscriptions.protocol import SUBPROTOCOL
from tests.patience import PATIENCE

SignIn = Callable[[], Awaitable[str]]
MINE, OTHERS = "station-7/upgrade.1", "station-8/upgrade.1"


def numbered(request_id: str) -> dict[str, Any]:
    return {"additional_headers": {"X-Request-Id": request_id}}


async def test_the_answer_to_an_upgrade_has_its_requests_id(serve: Any) -> None:
    async with serve() as served:
        async with served.connect(**numbered(MINE)) as connection:
            assert connection.response.headers["x-request-id"] == MINE
        async with served.connect(**numbered("not safe")) as connection:
            assert connection.response.headers["x-request-id"] not in {"", "not safe"}
        with pytest.raises(websockets.InvalidStatus) as refused:
            await served.connect(origin="https://board.example", **numbered(MINE))
        assert refused.value.response.headers["x-request-id"] == MINE
        async with served.connect(subprotocols=["graphql-ws"], **numbered(MINE)) as connection:
            assert connection.response.headers["x-request-id"] == MINE
            assert SUBPROTOCOL not in connection.response.headers


async def test_a_fault_in_an_operation_has_the_id_of_the_upgrade(
    serve: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture, quiet: Limits
) -> None:
    token = await nurse()
    async with (
        serve(limits=quiet) as served,
        served.station(token, **numbered(MINE)) as mine,
        served.station(token, **numbered(OTHERS)) as others,
    ):
        served.engine.fault = KeyError("Eleanor Rigby")
        for station, request_id in ((mine, MINE), (others, OTHERS), (mine, MINE)):
            caplog.clear()
            await station.run("query { viewer { username } }")
            (error,) = (await station.receive())["payload"]
            assert error["extensions"]["correlationId"] == request_id
            assert f"(correlation {request_id})" in caplog.text
        assert "Rigby" not in caplog.text


async def test_a_fault_in_a_frame_has_one_id_for_all_who_would_have_got_it(
    serve: Any, hospital: Any, nurse: SignIn, caplog: pytest.LogCaptureFixture, quiet: Limits
) -> None:
    """It is of nobody's request: not of the socket that was there first, either."""
    async with (
        serve(limits=quiet) as served,
        served.station(await nurse(), **numbered(MINE)) as mine,
        served.station(await nurse(), **numbered(OTHERS)) as others,
    ):
        for station in (mine, others):
            await station.subscribe()
            await station.feed()
        served.engine.faults = [KeyError("Eleanor Rigby")]
        await hospital.write()
        told = []
        for station in (mine, others):
            message = await station.receive()
            assert message["type"] == "error"
            told.append(message["payload"][0]["extensions"]["correlationId"])
        assert told[0] == told[1]
        assert told[0] not in {MINE, OTHERS}
        assert caplog.text.count(f"(correlation {told[0]})") == 1
        assert "Rigby" not in caplog.text
        for station in (mine, others):  # the socket lives
            await station.subscribe("again")
            await station.feed("again")


async def test_what_is_heard_is_in_the_audit_with_the_id_of_the_upgrade(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Also after the rights have changed, when it goes on in another audience."""
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    async with (
        serve(limits=quiet) as served,
        served.station(await nurse(), **numbered(OTHERS)) as first,
        served.station(token, **numbered(MINE)) as station,
    ):
        for one in (first, station):
            await one.subscribe()
            await one.feed()
        await hospital.pool.execute(
            "UPDATE ward_memberships SET ward_id = $1 WHERE user_id = $2",
            hospital.wards["SURG1"],
            user,
        )
        await served.live.sockets.standing.at_most(0)
        await hospital.write("SURG1")
        assert len(await station.events(1)) == 1
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await hospital.pool.fetch(
                    "SELECT request_id FROM audit_entries "
                    "WHERE user_id = $1 AND audience_id IS NOT NULL",
                    user,
                )
                if len(rows) == 3:
                    break
                await asyncio.sleep(0.02)
        assert {row["request_id"] for row in rows} == {MINE}
