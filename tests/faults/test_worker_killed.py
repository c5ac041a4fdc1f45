"""kill -9 of the server under load: nothing that it has acknowledged is lost, doubled or moved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import websockets

from tests.first_light.api import Api, Person
from tests.first_light.process import Server, serving
from tests.first_light.station import CRITICAL, station

KILLS = 3
BETWEEN_KILLS = 25
"""Acknowledged results before the next kill."""
PATIENCE = 120.0


@dataclass
class Witness:
    """An interface that sends one critical result after the other, and writes down what it was
    told. What was not answered is sent again with the same number, as an interface does."""

    name: str
    person: Person
    patients: list[str]
    stop: asyncio.Event
    acknowledged: list[str] = field(default_factory=list)
    sent_again: int = 0

    async def work(self) -> None:
        for number in count():
            if self.stop.is_set():
                return
            patient = self.patients[number % len(self.patients)]
            self.acknowledged.append(await self._until_answered(patient, f"{self.name}-{number}"))

    async def _until_answered(self, patient: str, number: str) -> str:
        while True:
            try:
                outcome = await self.person.record_potassium(patient, "6.9", number)
            except httpx.TransportError:
                self.sent_again += 1
                await asyncio.sleep(0.02)
                continue
            alarm: str = outcome["labResult"]["criticalResult"]["id"]
            return alarm


@dataclass
class Listener:
    """A station that comes back with its cursor whenever its socket is gone."""

    server: Server
    token: str
    cursor: str
    heard: list[tuple[str, str]] = field(default_factory=list)
    """(cursor, id of the critical result) of what was raised, in the order it came."""
    came_back: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        while True:
            try:
                await self._hear()
            except (OSError, websockets.WebSocketException, ConnectionError):
                self.came_back += 1
                await asyncio.sleep(0.02)

    async def _hear(self) -> None:
        async with station(self.server.sockets, self.token) as board:
            feed = await board.subscribe(CRITICAL, ward="MED1", after=self.cursor)
            while True:
                message = await board.or_closed(feed.message(PATIENCE))
                assert message["resync"] is False
                self.cursor = message["cursor"]
                self.heard += [
                    (event["cursor"], event["criticalResult"]["id"])
                    for event in message["events"]
                    if event["kind"] == "RAISED"
                ]
                self.up.set()


async def test_kill_9_loses_no_acknowledged_event(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path, "serve", database_url=demo_url, redis_url=redis_url) as server,
        httpx.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        api = Api(client)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patients = [patient["id"] for patient in await nurse.patients("MED1")]
        async with station(server.sockets, nurse.token) as board:
            start = (await board.feed(CRITICAL, ward="MED1")).cursor
        listener, stop = Listener(server, nurse.token, start), asyncio.Event()
        witnesses = [Witness(name, integrator, patients, stop) for name in ("one", "other")]

        def answered() -> int:
            return sum(len(witness.acknowledged) for witness in witnesses)

        async with asyncio.TaskGroup() as group:
            listening = group.create_task(listener.work())
            await asyncio.wait_for(listener.up.wait(), PATIENCE)
            working = [group.create_task(witness.work()) for witness in witnesses]
            for kills in range(KILLS + 1):
                await until(answered, at_least=answered() + BETWEEN_KILLS)
                if kills < KILLS:
                    await server.kill()
                    await server.start_again()
            stop.set()
            await asyncio.gather(*working)
            await until(lambda: len(listener.heard), at_least=answered())
            listening.cancel()

        heard = [alarm for _, alarm in listener.heard]
        told = {alarm for witness in witnesses for alarm in witness.acknowledged}
        assert len(heard) == len({*heard}), "something came twice"
        assert {*heard} == told
        for witness in witnesses:
            mine = {*witness.acknowledged}
            assert [alarm for alarm in heard if alarm in mine] == witness.acknowledged
        assert listener.came_back >= KILLS
        assert sum(witness.sent_again for witness in witnesses) >= KILLS

        # Somebody who was away all the time hears the same, in the same order.
        late = Listener(server, nurse.token, start)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(late.work())
            await until(lambda: len(late.heard), at_least=len(heard))
            listening.cancel()
        assert late.heard == listener.heard


async def until(number: Callable[[], int], *, at_least: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while number() < at_least:
        assert time.monotonic() < deadline, f"{number()} of {at_least} in time"
        await asyncio.sleep(0.02)
