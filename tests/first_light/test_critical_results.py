"""A critical result on its way: from the laboratory to a nurse's socket and back, by hand."""

from __future__ import annotations

from typing import Any

from tests.first_light.api import ACKNOWLEDGE, RECORD, Api, potassium
from tests.first_light.process import Server
from tests.first_light.station import CRITICAL, station

FIRST_LIGHT = """subscription {
  criticalResults(ward: "MED1") { cursor live events { kind criticalResult { id } } }
}"""


async def test_first_light(server: Server, api: Api) -> None:
    """The issue's own words, one after the other."""
    nurse = await api.sign_in("nurse")
    async with station(server.sockets, nurse.token) as board:
        feed = await board.subscribe(FIRST_LIGHT)
        first = await feed.message()
        assert first["live"] is True
        assert first["events"] == []
        assert first["cursor"]

        integrator = await api.sign_in("integrator")
        patient = (await nurse.patients("MED1"))[0]["id"]
        alarm = await integrator.raise_alarm(patient, "6.9")
        assert await feed.kinds_of(alarm, "RAISED") == ["RAISED"]

        wrong = {"criticalResultId": alarm, "readBack": "6.8"}
        refusal = await nurse.refused(ACKNOWLEDGE, input=wrong)
        assert refusal["code"] == "READ_BACK_DIFFERS"
        assert await feed.kinds_of(alarm, "READ_BACK_REFUSED") == ["RAISED", "READ_BACK_REFUSED"]

        right = {"criticalResultId": alarm, "readBack": "6.9"}
        closed = (await nurse.run(ACKNOWLEDGE, input=right))["acknowledgeCriticalResult"]
        assert closed["criticalResult"]["status"] == "ACKNOWLEDGED"
        assert closed["criticalResult"]["readBack"] == "6.9"
        assert await feed.kinds_of(alarm, "ACKNOWLEDGED") == [
            "RAISED",
            "READ_BACK_REFUSED",
            "ACKNOWLEDGED",
        ]


async def test_an_earlier_cursor_brings_the_same_events_again(server: Server, api: Api) -> None:
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    patients = [patient["id"] for patient in (await nurse.patients("MED1"))[:3]]
    async with station(server.sockets, nurse.token) as board:
        feed = await board.feed(CRITICAL, ward="MED1")
        cursors, alarms = [feed.cursor], set()
        for patient in patients:
            alarm = await integrator.raise_alarm(patient)
            alarms.add(alarm)
            await nurse.refused(ACKNOWLEDGE, input={"criticalResultId": alarm, "readBack": "6.8"})
            await nurse.run(ACKNOWLEDGE, input={"criticalResultId": alarm, "readBack": "6.9"})
            await feed.kinds_of(alarm, "ACKNOWLEDGED")
            cursors.append(feed.cursor)
        heard = about(alarms, feed.heard)
        await board.drop()
    assert len({event["cursor"] for event in heard}) == len(heard) == 9

    # Each message's cursor, and each event's own, say the same: go on after this one.
    for cursor in [*cursors, *(event["cursor"] for event in heard)]:
        seen = [event["cursor"] for event in heard]
        rest = heard[seen.index(cursor) + 1 if cursor in seen else 0 :]
        async with station(server.sockets, nurse.token) as again:
            feed = await again.subscribe(CRITICAL, ward="MED1", after=cursor)
            live = await feed.live()
            assert live["resync"] is False
            assert about(alarms, feed.heard) == rest


async def test_what_was_missed_comes_before_what_is_new(server: Server, api: Api) -> None:
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    patients = [patient["id"] for patient in await nurse.patients("SURG1")]
    async with station(server.sockets, nurse.token) as board:
        cursor = (await board.feed(CRITICAL, ward="SURG1")).cursor
        await board.drop()
    results = [potassium(patient, "7.1") for patient in patients]
    recorded = (await integrator.run(RECORD, input={"results": results}))["recordLabResults"]
    missed = {one["labResult"]["criticalResult"]["id"] for one in recorded["outcomes"]}
    assert len(missed) == len(patients)
    async with station(server.sockets, nurse.token) as again:
        feed = await again.subscribe(CRITICAL, ward="SURG1", after=cursor)
        new = await integrator.raise_alarm(patients[0])
        await feed.kinds_of(new, "RAISED")
    ids = [event["criticalResult"]["id"] for event in about(missed | {new}, feed.heard)]
    assert {*ids[:-1]} == missed
    assert ids[-1] == new
    assert len(ids) == len({*ids})


async def test_a_cursor_that_nobody_gave_asks_to_read_afresh(server: Server, api: Api) -> None:
    nurse = await api.sign_in("nurse")
    async with station(server.sockets, nurse.token) as board:
        feed = await board.subscribe(CRITICAL, ward="MED1", after="bm9ib2R5cw")
        first = await feed.message()
        assert first["resync"] is True
        assert first["events"] == []
        integrator = await api.sign_in("integrator")
        alarm = await integrator.raise_alarm((await nurse.patients("MED1"))[0]["id"])
        assert await feed.kinds_of(alarm, "RAISED") == ["RAISED"]


async def test_two_sockets_hear_the_same(server: Server, api: Api) -> None:
    nurse, doctor = await api.sign_in("nurse"), await api.sign_in("doctor")
    integrator = await api.sign_in("integrator")
    patient = (await nurse.patients("MED1"))[1]["id"]
    async with (
        station(server.sockets, nurse.token) as one,
        station(server.sockets, doctor.token) as other,
    ):
        feeds = [await board.feed(CRITICAL, ward="MED1") for board in (one, other, one)]
        alarm = await integrator.raise_alarm(patient)
        for feed in feeds:
            await feed.kinds_of(alarm, "RAISED")
        await nurse.run(ACKNOWLEDGE, input={"criticalResultId": alarm, "readBack": "6.90"})
        for feed in feeds:
            assert await feed.kinds_of(alarm, "ACKNOWLEDGED") == ["RAISED", "ACKNOWLEDGED"]
        one_way, *others = (about({alarm}, feed.heard) for feed in feeds)
        assert others == [one_way, one_way]


def about(alarms: set[str], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What happened to some critical results; the demo's own may escalate meanwhile."""
    return [event for event in events if event["criticalResult"]["id"] in alarms]
