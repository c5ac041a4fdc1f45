"""The feeds of beds and vital signs, and who hears nothing of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.first_light.api import Api
from tests.first_light.process import Server
from tests.first_light.station import BEDS, CRITICAL, VITALS, Feed, station
from tests.first_light.stays import ADMIT, DISCHARGE, RESERVE, SET_STATUS, TRANSFER, a_bed


async def test_a_stay_is_heard_from_the_cleaning_of_its_bed_to_its_end(
    server: Server, api: Api
) -> None:
    nurse, clerk = await api.sign_in("nurse"), await api.sign_in("clerk")
    patient = await clerk.register("Stay")
    bed, next_bed = await a_bed(clerk, "MED1"), await a_bed(clerk, "SURG1")
    async with station(server.sockets, nurse.token) as board:
        medicine = await board.feed(BEDS, ward="MED1")
        surgery = await board.feed(BEDS, ward="SURG1")
        both = await board.feed(BEDS)

        await clerk.run(SET_STATUS, input={"bedId": bed, "status": "HOUSEKEEPING"})
        await clerk.run(SET_STATUS, input={"bedId": bed, "status": "UNOCCUPIED"})
        await clerk.run(RESERVE, input={"bedId": bed, "patientId": patient})
        await clerk.run(SET_STATUS, input={"bedId": next_bed, "status": "ISOLATED"})
        await clerk.run(SET_STATUS, input={"bedId": next_bed, "status": "UNOCCUPIED"})
        admission = (await clerk.run(ADMIT, input={"patientId": patient, "bedId": bed}))[
            "admitPatient"
        ]["admission"]["id"]
        move = {"admissionId": admission, "bedId": next_bed}
        moved = (await clerk.run(TRANSFER, input=move))["transferPatient"]["admission"]
        assert moved["id"] == admission
        ended = await clerk.run(DISCHARGE, input={"admissionId": admission})
        assert ended["dischargePatient"]["admission"]["status"] == "FINISHED"

        of_bed = ["STATUS_CHANGED", "STATUS_CHANGED", "RESERVED", "ADMITTED", "TRANSFERRED_OUT"]
        assert await heard(medicine, {bed}, "TRANSFERRED_OUT") == of_bed
        of_next_bed = ["STATUS_CHANGED", "STATUS_CHANGED", "TRANSFERRED_IN", "DISCHARGED"]
        assert await heard(surgery, {next_bed}, "DISCHARGED") == of_next_bed
        assert await heard(both, {bed, next_bed}, "DISCHARGED") == [
            *of_bed[:3],
            *of_next_bed[:2],
            "ADMITTED",
            "TRANSFERRED_OUT",
            "TRANSFERRED_IN",
            "DISCHARGED",
        ]
        assert {event["bed"]["id"] for event in medicine.heard}.isdisjoint({next_bed})
        assert {event["bed"]["id"] for event in surgery.heard}.isdisjoint({bed})


async def test_a_reservation_out_of_time_is_released_by_the_clock(server: Server, api: Api) -> None:
    charge, clerk = await api.sign_in("charge"), await api.sign_in("clerk")
    patient, bed = await clerk.register("Expected"), await a_bed(clerk, "MED1")
    async with station(server.sockets, charge.token) as board:
        feed = await board.feed(BEDS, ward="MED1")
        until = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        await clerk.run(RESERVE, input={"bedId": bed, "patientId": patient, "until": until})
        assert await heard(feed, {bed}, "RELEASED") == ["RESERVED", "RELEASED"]
        (found,) = (one for one in await charge.beds("MED1") if one["id"] == bed)
        assert found["reservedFor"] is None


async def test_vital_signs_are_heard_by_ward_and_by_patient(server: Server, api: Api) -> None:
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    one, other, *_ = [patient["id"] for patient in await nurse.patients("MED1")]
    (elsewhere, *_) = [patient["id"] for patient in await nurse.patients("SURG1")]
    async with station(server.sockets, nurse.token) as board:
        of_ward = await board.feed(VITALS, ward="MED1")
        of_patient = await board.feed(VITALS, patientId=one)
        sets = [
            await integrator.record_pulse(patient, rate)
            for patient, rate in ((other, 71), (elsewhere, 72), (one, 73), (other, 74), (one, 75))
        ]
        assert readings(await of_ward.until(4)) == [
            (sets[0], other, 71),
            (sets[2], one, 73),
            (sets[3], other, 74),
            (sets[4], one, 75),
        ]
        assert readings(await of_patient.until(2)) == [(sets[2], one, 73), (sets[4], one, 75)]


async def test_a_nurse_hears_nothing_of_another_ward(server: Server, api: Api) -> None:
    """The doctor, who has both wards, hears it: so there was something to hear."""
    nurse, doctor = await api.sign_in("nurse"), await api.sign_in("doctor")
    integrator, clerk = await api.sign_in("integrator"), await api.sign_in("clerk")
    stranger = (await doctor.patients("ICU"))[0]["id"]
    own = (await nurse.patients("MED1"))[2]["id"]
    ours, theirs = await a_bed(clerk, "MED1"), await a_bed(clerk, "ICU")
    async with (
        station(server.sockets, nurse.token) as board,
        station(server.sockets, doctor.token) as rounds,
    ):
        everywhere = [await board.feed(feed) for feed in (CRITICAL, VITALS, BEDS)]
        there = [await board.feed(feed, ward="ICU") for feed in (CRITICAL, VITALS, BEDS)]
        there.append(await board.feed(VITALS, patientId=stranger))
        heard_by_doctor = [await rounds.feed(feed, ward="ICU") for feed in (CRITICAL, VITALS, BEDS)]

        async def happen(patient: str, bed: str, status: str) -> str:
            alarm = await integrator.raise_alarm(patient)
            await integrator.record_pulse(patient, 80)
            await clerk.run(SET_STATUS, input={"bedId": bed, "status": status})
            return alarm

        await happen(stranger, theirs, "ISOLATED")
        for feed in heard_by_doctor:
            await feed.until(1)
        # Whatever was wrongly sent of the other ward would have come before the second of these.
        for status in ("ISOLATED", "UNOCCUPIED"):
            alarm = await happen(own, ours, status)
            await everywhere[0].kinds_of(alarm, "RAISED")
        await everywhere[1].until(2)
        await everywhere[2].until(2)
    assert [feed.drain() for feed in there] == [[], [], [], []]
    criticals, vitals, beds = (feed.drain() for feed in everywhere)
    theirs_too = {event["criticalResult"]["id"] for event in heard_by_doctor[0].heard}
    assert theirs_too.isdisjoint(event["criticalResult"]["id"] for event in criticals)
    assert {event["patient"]["id"] for event in vitals} == {own}
    assert {event["bed"]["id"] for event in beds} == {ours}


async def heard(feed: Feed, beds: set[str], last: str) -> list[str]:
    """Read until `last` happened to one of the beds; what happened to them."""
    while True:
        kinds = [event["kind"] for event in feed.heard if event["bed"]["id"] in beds]
        if last in kinds:
            return kinds
        await feed.message()


def readings(events: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [
        (event["vitals"]["id"], event["patient"]["id"], event["vitals"]["heartRate"])
        for event in events
    ]
