"""What else a socket does: queries, mutations, refusals, and its end."""

from __future__ import annotations

import time

import pytest
import websockets

from tests.first_light.api import ACKNOWLEDGE, RECORD, Api, potassium
from tests.first_light.process import Server
from tests.first_light.station import CRITICAL, VITALS, station

SIGN_OUT = "mutation { signOut { signedOut } }"


async def test_a_query_and_a_mutation_run_beside_a_feed(server: Server, api: Api) -> None:
    nurse, lab = await api.sign_in("nurse"), await api.sign_in("lab")
    patient = (await nurse.patients("MED1"))[0]["id"]
    async with (
        station(server.sockets, nurse.token) as board,
        station(server.sockets, lab.token) as laboratory,
    ):
        feed = await board.feed(CRITICAL, ward="MED1")
        who = await board.ask("{ viewer { username wards { code } } }")
        assert who == {
            "data": {
                "viewer": {"username": "nurse", "wards": [{"code": "MED1"}, {"code": "SURG1"}]}
            }
        }
        recorded = await laboratory.ask(RECORD, input={"results": [potassium(patient, "6.9")]})
        (outcome,) = recorded["data"]["recordLabResults"]["outcomes"]
        alarm = outcome["labResult"]["criticalResult"]["id"]
        await feed.kinds_of(alarm, "RAISED")
        closing = {"criticalResultId": alarm, "readBack": "6.9"}
        closed = await board.ask(ACKNOWLEDGE, input=closing)
        critical = closed["data"]["acknowledgeCriticalResult"]["criticalResult"]
        assert critical["status"] == "ACKNOWLEDGED"
        assert await feed.kinds_of(alarm, "ACKNOWLEDGED") == ["RAISED", "ACKNOWLEDGED"]


async def test_sign_out_ends_every_socket_of_the_session_within_a_second(
    server: Server, api: Api
) -> None:
    other = await api.sign_in("nurse")
    patient = (await other.patients("MED1"))[0]["id"]
    took = []
    async with station(server.sockets, other.token) as stays:
        feed = await stays.feed(CRITICAL, ward="MED1")
        for _ in range(5):
            nurse = await api.sign_in("nurse")
            async with (
                station(server.sockets, nurse.token) as first,
                station(server.sockets, nurse.token) as second,
            ):
                await first.feed(CRITICAL, ward="MED1")
                assert (await nurse.run(SIGN_OUT))["signOut"]["signedOut"] is True
                began = time.monotonic()
                assert [await first.closed(), await second.closed()] == [4403, 4403]
                took.append(time.monotonic() - began)
        integrator = await api.sign_in("integrator")
        alarm = await integrator.raise_alarm(patient)
        assert await feed.kinds_of(alarm, "RAISED") == ["RAISED"]
    # All but one: a machine that stands still for a moment is not what is tested.
    assert sorted(took)[3] < 1.0, took


async def test_a_token_that_is_over_opens_no_socket(server: Server, api: Api) -> None:
    nurse = await api.sign_in("nurse")
    await nurse.run(SIGN_OUT)
    for token in (nurse.token, "nobody's"):
        with pytest.raises(websockets.ConnectionClosed) as refused:
            async with station(server.sockets, token):
                pass
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == 4403


async def test_a_feed_that_is_refused_leaves_the_others_alone(server: Server, api: Api) -> None:
    clerk = await api.sign_in("clerk")
    async with station(server.sockets, clerk.token) as desk:
        for query in (CRITICAL, VITALS):
            (error,) = (await desk.ask(query))["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"
        (error,) = (await desk.ask("subscription { nothing }"))["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        who = await desk.ask("{ viewer { username } }")
        assert who["data"]["viewer"]["username"] == "clerk"
