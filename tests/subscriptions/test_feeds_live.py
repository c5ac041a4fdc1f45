"""What a station hears: everything it may hear, in order, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import models
from models.events import BedReserved, BedStatusSet
from models.rules.roles import Role
from resolvers import ids
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from subscriptions.log import Cursor, decode
from tests.owner import as_owner
from tests.patience import PATIENCE, until

SignIn = Callable[[], Awaitable[str]]


async def test_the_first_message_comes_at_once_and_events_follow_in_order(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    await hospital.write()  # before anybody listens: nobody's news
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe(ward="MED1")
        first = await station.feed()
        assert (first["live"], first["resync"], first["events"]) == (True, False, [])
        await hospital.write(times=3)
        served.live.bell.ring(hospital.id)
        heard = await station.feed()
        assert [event["position"] for event in heard["events"]] == [2, 3, 4]
        assert [event["mrn"] for event in heard["events"]] == ["MRN-MED1"] * 3
        assert heard["live"]
        assert heard["cursor"] == heard["events"][-1]["cursor"]


async def test_the_ring_brings_an_event_before_the_next_look_at_the_log(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Two processes: one writes and rings, the other one's station hears it through Redis."""
    slow = replace(quiet, poll=30.0)
    async with (
        serve(limits=slow) as there,
        serve() as here,
        there.station(await nurse()) as station,
    ):
        await station.subscribe()
        await station.feed()
        await until(lambda: there.live.bell.state.connected and here.live.bell.state.connected)
        for _ in range(3):
            await hospital.write()
            here.live.bell.ring(hospital.id)
            assert len((await station.feed())["events"]) == 1


async def test_without_redis_events_come_by_reading_the_log(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with serve(redis="redis://127.0.0.1:1/0") as served:
        async with served.station(await nurse()) as station:
            await station.subscribe()
            await station.feed()
            await hospital.write()
            assert len(await station.events(1)) == 1
        assert not served.live.bell.state.connected
        assert served.live.bell.state.down_since is not None


async def test_after_a_drop_the_cursor_brings_the_rest_once(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    token = await nurse()
    async with serve() as served:
        async with served.station(token) as station:
            await station.subscribe(ward="MED1")
            cursor = (await station.feed())["cursor"]
            await hospital.write(times=2)
            before = await station.events(2)
        await hospital.write("SURG1")
        await hospital.write(times=2)
        async with served.station(token) as station:
            await station.subscribe(ward="MED1", after=before[0]["cursor"])
            replayed = await station.feed()
            assert not replayed["live"]
            # As far as the process had read; the rest is heard live.
            heard = [event["position"] for event in replayed["events"]]
            caught_up = await station.feed()
            assert (caught_up["live"], caught_up["events"]) == (True, [])
            while len(heard) < 3:
                rest = await station.feed()
                assert rest["live"]
                heard += [event["position"] for event in rest["events"]]
            assert heard == [2, 4, 5]
        # From before the first event all come again.
        async with served.station(token) as station:
            await station.subscribe(ward="MED1", after=cursor)
            assert [event["position"] for event in await station.events(4)] == [1, 2, 4, 5]


@pytest.mark.parametrize("seed", range(4))
async def test_joining_while_others_write_leaves_no_gap_and_no_double(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, seed: int
) -> None:
    """Stations come, drop and come back with their cursor, while eight writers hold transactions
    open for different times. Small pages and backlogs make every path run."""
    chance = random.Random(seed)
    limits = replace(quiet, page=7, recent=20, backlog=3)
    token = await nurse()
    writers, each = 8, 25
    total = writers * each

    async def writer(pauses: list[float]) -> None:
        for pause in pauses:
            async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
                tx.record(hospital.event())
                await tx.flush()
                await asyncio.sleep(pause)
            served.live.bell.ring(hospital.id)

    async def listener(drops: random.Random) -> list[int]:
        seen: list[int] = []
        cursor: str | None = start
        while len(seen) < total:
            async with served.station(token) as station:
                await station.subscribe(after=cursor)
                for _ in range(drops.randint(1, 12)):
                    message = await station.feed()
                    assert not message["resync"]
                    seen += [event["position"] for event in message["events"]]
                    cursor = message["cursor"]
                    if len(seen) >= total:
                        break
        return seen

    async with serve(limits=limits) as served:
        async with served.station(token) as station:
            await station.subscribe()
            start = (await station.feed())["cursor"]
        listeners = [asyncio.create_task(listener(random.Random(seed * 10 + n))) for n in range(6)]
        await asyncio.gather(
            *(writer([chance.uniform(0, 0.02) for _ in range(each)]) for _ in range(writers))
        )
        async with asyncio.timeout(60):
            for seen in await asyncio.gather(*listeners):
                assert seen == list(range(1, total + 1))


async def test_one_statement_serves_all_who_get_the_same_bytes(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    tokens = [await hospital.sign_in(Role.NURSE, wards=["MED1"]) for _ in range(5)]
    doctor = await hospital.sign_in(Role.DOCTOR, wards=["MED1"])
    both = await hospital.sign_in(Role.NURSE, wards=["MED1", "SURG1"])
    async with serve(limits=quiet) as served:
        async with AsyncExitStack() as open_sockets:
            stations = [
                await open_sockets.enter_async_context(served.station(token))
                for token in (*tokens, doctor, both)
            ]
            for station in stations:
                await station.subscribe(ward="MED1")
                await station.feed()
            await hospital.write(times=4)
            served.live.bell.ring(hospital.id)
            for station in stations:
                assert len(await station.events(4)) == 4
        # Nurses of the ward, the doctor's rights, and another row scope: three groups.
        assert served.engine.statements == [(1, 2, 3, 4)] * 3


async def test_roles_that_differ_in_nothing_that_is_asked_share_a_statement(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    roles = (Role.NURSE, Role.CHARGE_NURSE)
    async with serve(limits=quiet) as served, AsyncExitStack() as open_sockets:
        stations = []
        for each in roles:
            token = await hospital.sign_in(each, wards=["MED1"])
            station = await open_sockets.enter_async_context(served.station(token))
            await station.subscribe(ward="MED1")
            await station.feed()
            stations.append(station)
        await hospital.write()
        for station in stations:
            assert [event["mrn"] for event in await station.events(1)] == ["MRN-MED1"]
        assert served.engine.statements == [(1,)]


async def test_a_station_hears_its_wards_alone(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    lab = await hospital.sign_in(Role.ADMIN)
    async with (
        serve(limits=replace(quiet, heartbeat=0.6)) as served,
        served.station(await nurse()) as ward,
        served.station(lab) as everywhere,
    ):
        await ward.subscribe("all")
        await ward.subscribe("other", ward="SURG1")
        await ward.subscribe("unknown", ward="NOPE\x00")
        await ward.subscribe(
            "someone", patientId=ids.encode(models.Patient, hospital.patients["SURG1"])
        )
        for _ in range(4):
            await ward.receive()
        await everywhere.subscribe()
        await everywhere.feed()
        await hospital.write("SURG1")
        await hospital.write("MED1")
        assert [e["mrn"] for e in await everywhere.events(2)] == ["MRN-SURG1", "MRN-MED1"]
        heard: dict[str, list[Any]] = {"all": [], "other": [], "unknown": [], "someone": []}
        beats = set()
        while len(beats) < 4:  # a heartbeat of each: nothing else is on its way
            message = await ward.receive()
            feed = ward.opened(message)
            heard[message["id"]] += [event["mrn"] for event in feed["events"]]
            if not feed["events"] and decode(feed["cursor"]).position == 2:  # type: ignore[union-attr]
                beats.add(message["id"])
        assert heard == {"all": ["MRN-MED1"], "other": [], "unknown": [], "someone": []}


async def test_an_event_has_its_kind_and_its_subject(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe(field="bedChanges", ward="MED1")
        await station.feed()
        await hospital.write()  # heard on another feed
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
            for event in (BedReserved, BedStatusSet):
                subject, ward = hospital.beds["MED1"], hospital.wards["MED1"]
                tx.record(event(subject_id=subject, ward_id=ward, patient_id=None))
        heard = await station.events(2)
        assert [event["kind"] for event in heard] == ["RESERVED", "STATUS_CHANGED"]
        assert [event["bed"] for event in heard] == [{"code": "1"}] * 2


async def test_each_push_is_in_the_audit_of_who_got_it(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    tokens = [await nurse() for _ in range(2)]
    async with serve(limits=quiet) as served, AsyncExitStack() as open_sockets:
        for token in tokens:
            station = await open_sockets.enter_async_context(served.station(token))
            await station.subscribe()
            await station.feed()
        await hospital.write(times=2)
        await station.events(2)
        # The stays before the push, which names their audience.
        rows = await hospital.pool.fetch(
            "SELECT user_id, operation, audience_id, first_position, last_position, patient_ids"
            " FROM audit_entries AS entry"
            " JOIN audit_selections AS shared ON shared.id = selection_id"
            " WHERE hospital_id = $1 ORDER BY entry.id",
            hospital.id,
        )
    users = {(await hospital.actor(token)).user_id for token in tokens}
    *stays, push = rows
    assert {(row["operation"], row["user_id"]) for row in stays} == {
        ("SUBSCRIBED", user) for user in users
    }
    assert (push["operation"], push["user_id"]) == ("SUBSCRIPTION", None)
    assert {row["audience_id"] for row in rows} == {push["audience_id"]}
    assert (push["first_position"], push["last_position"]) == (1, 2)
    assert set(push["patient_ids"]) == {hospital.patients["MED1"]}


async def test_patients_narrow_and_the_own_record_is_heard(serve: Any, hospital: Any) -> None:
    token = await hospital.sign_in(Role.PATIENT)
    actor = await hospital.actor(token)
    await hospital.pool.execute(
        "UPDATE users SET patient_id = $1 WHERE id = $2", hospital.patients["MED1"], actor.user_id
    )
    async with serve() as served, served.station(token) as station:
        await station.subscribe()
        await station.feed()
        await hospital.write("SURG1")
        await hospital.write("MED1")
        assert [event["mrn"] for event in await station.events(1)] == ["MRN-MED1"]


async def test_a_quiet_feed_says_that_it_is_alive(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    limits = replace(quiet, heartbeat=0.6)
    async with serve(limits=limits) as served, served.station(await nurse()) as station:
        await station.subscribe(ward="MED1")
        first = await station.feed()
        await hospital.write("SURG1")  # nothing for this station, but the cursor moves
        beat = await station.feed()
        assert (beat["live"], beat["resync"], beat["events"]) == (True, False, [])
        position = decode(first["cursor"])
        assert position is not None
        later = beat
        async with asyncio.timeout(PATIENCE):
            while later["cursor"] != Cursor(position.epoch, 1).encode():
                later = await station.feed()


@pytest.mark.parametrize("cursor", ["garbage", "", "A" * 32, "-" * 32, "é" * 32])
async def test_a_cursor_of_no_log_is_answered_with_resync(
    serve: Any, hospital: Any, nurse: SignIn, cursor: str
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe(after=cursor)
        first = await station.feed()
        assert (first["resync"], first["live"], first["events"]) == (True, True, [])
        await hospital.write()
        assert len(await station.events(1)) == 1


async def test_trimmed_history_and_a_place_beyond_the_tail_resync(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    forgetful = replace(quiet, recent=1)  # what a process still holds it gives, trimmed or not
    async with serve(limits=forgetful) as served, served.station(token) as station:
        await station.subscribe()
        start = decode((await station.feed())["cursor"])
        assert start is not None
        await hospital.write(times=6)
        await station.events(6)
        await hospital.pool.execute(
            "DELETE FROM events WHERE hospital_id = $1 AND position <= 3", hospital.id
        )
        for position, resync in ((3, False), (2, True), (0, True), (6, False), (7, True)):
            async with served.station(token) as again:
                await again.subscribe(after=Cursor(start.epoch, position).encode())
                first = await again.feed()
                assert first["resync"] is resync, position


async def test_a_restored_log_tells_open_feeds_to_resync(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe()
        await station.feed()
        await hospital.write(times=2)
        await station.events(2)
        async with hospital.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM events WHERE hospital_id = $1", hospital.id)
            await connection.execute(
                "UPDATE event_counters SET position = 1, epoch = gen_random_uuid()"
                " WHERE hospital_id = $1",
                hospital.id,
            )
        message = await station.feed()
        while not message["resync"]:
            message = await station.feed()
        assert message["live"]
        await hospital.write()
        assert [event["position"] for event in await station.events(1)] == [2]


async def test_lost_connections_to_the_database_lose_no_event(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe()
        await station.feed()
        seen: list[int] = []
        for _ in range(5):
            await hospital.write(times=2)
            async with as_owner(hospital.pool) as owner:
                await owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            seen += [event["position"] for event in await station.events(2)]
        assert seen == list(range(1, 11))
