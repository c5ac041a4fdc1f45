"""Screens: clients whose connections break, and who remember what they were told."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import websockets

from subscriptions import log
from tests.subscriptions.station import HEAVY

FEEDS = {
    "vitalSigns": frozenset({"VitalsRecorded"}),
    "chartChanges": frozenset({"PatientCharted"}),
    "bedChanges": frozenset({"BedStatusSet", "PatientTransferredIn", "PatientTransferredOut"}),
}


@dataclass
class Person:
    """A user, with the rights that the model knows of."""

    id: UUID
    token: str
    roles: set[str]
    wards: set[UUID]
    treated: set[UUID] = field(default_factory=set)
    opened: set[UUID] = field(default_factory=set)

    @property
    def listens(self) -> bool:
        """Whether a feed may be had at all."""
        return bool(self.roles & {"NURSE", "DOCTOR", "ADMIN"})

    def may_see(self, patient: UUID, lies: UUID) -> bool:
        """The same of a patient, who lies on a ward now."""
        return self.may_hear(lies, patient)

    def may_hear(self, ward: UUID | None, patient: UUID | None) -> bool:
        """The law of rights, said once more and by itself."""
        if "ADMIN" in self.roles:
            return True
        if not self.listens:
            return False
        mine = ward in self.wards or patient in self.opened
        return mine or ("DOCTOR" in self.roles and patient in self.treated)


@dataclass
class Screen:
    """One subscription that goes on over many connections.

    `told` are the positions since `verified`, up to which everything has been compared; `resynced`
    is where a message said that the client must read afresh.
    """

    name: str
    person: Person
    feed: str = "vitalSigns"
    ward: tuple[str, UUID] | None = None
    patient: tuple[str, UUID] | None = None
    heavy: bool = False
    process: int = 0
    told: list[int] = field(default_factory=list)
    verified: int | None = None
    cursor: str | None = None
    reached: int = 0
    last: int = 0
    resynced: int | None = None
    seen: set[int] = field(default_factory=set)
    named: dict[int, str | None] = field(default_factory=dict)
    """The patients that the events told of, where they were to be seen."""
    began_at: int = 0
    owed_resync: bool = False
    may_resync: bool = False
    live: bool = False
    over: str | None = None
    faults: list[str] = field(default_factory=list)
    connection: Any = None
    reader: asyncio.Task[None] | None = None
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    pongs: int = 0

    @property
    def connected(self) -> bool:
        return self.connection is not None and self.over is None

    def concerns(self, kind: str, ward: UUID | None, patient: UUID | None) -> bool:
        """Whether an event is what was asked for, and may be heard."""
        return (
            kind in FEEDS[self.feed]
            and (self.ward is None or self.ward[1] == ward)
            and (self.patient is None or self.patient[1] == patient)
            and self.person.may_hear(ward, patient)
        )

    async def connect(self, served: Any, tail: int, after: str | None) -> None:
        """Come, or come back behind `after`."""
        self.over, self.live = None, False
        self.began_at = tail
        self.reading.set()
        self.connection = await served.connect(max_queue=2)
        hello = {"authorization": f"Bearer {self.person.token}"}
        await self._send(type="connection_init", payload=hello)
        given = {
            "ward": None if self.ward is None else self.ward[0],
            "patientId": None if self.patient is None else self.patient[0],
            "after": after,
        }
        said = ", ".join(f"{k}: {json.dumps(v)}" for k, v in given.items() if v is not None)
        call = f"{self.feed}({said})" if said else self.feed
        events = "cursor bed { code }" if self.feed == "bedChanges" else "cursor patient { mrn }"
        if self.heavy:
            events = f"cursor patient {{ mrn {HEAVY} }}"
        query = f"subscription {{ {call} {{ cursor live resync events {{ {events} }} }} }}"
        async with asyncio.timeout(10):
            while json.loads(await self.connection.recv())["type"] != "connection_ack":
                pass
        await self._send(type="subscribe", id="1", payload={"query": query})
        self.reader = asyncio.create_task(self._read(self.connection))

    async def drop(self) -> None:
        """Cut the connection, as a cable that is pulled out does."""
        if self.connection is None:
            return
        self.connection.transport.abort()
        self.reading.set()
        if self.reader is not None:
            await self.reader
        self.connection, self.reader = None, None

    async def ping(self) -> None:
        """Return when all that was sent before has come, or the connection is over."""
        asked = self.pongs
        with suppress(websockets.ConnectionClosed):
            await self._send(type="ping")
        async with asyncio.timeout(15):
            while self.pongs == asked and self.over is None:
                await asyncio.sleep(0.002)

    async def _send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def _read(self, connection: Any) -> None:
        try:
            while True:
                await self.reading.wait()
                message = json.loads(await connection.recv())
                match message["type"]:
                    case "ping":
                        await self._send(type="pong")
                    case "pong":
                        self.pongs += 1
                    case "next":
                        self._hear(message["payload"])
                    case "error":
                        self.over = message["payload"][0]["extensions"]["code"]
        except websockets.ConnectionClosed:
            self.over = self.over or str(connection.close_code)

    def _hear(self, payload: Any) -> None:
        if payload.get("errors"):
            self.faults.append(f"{self.name}: {payload['errors'][0]['extensions']}")
        (feed,) = payload["data"].values()
        cursor = log.decode(feed["cursor"])
        assert cursor is not None
        if feed["resync"]:
            self.resynced = cursor.position
            self.told.clear()
            self.seen.clear()
            self.last = self.reached = 0
        for event in feed["events"]:
            at = log.decode(event["cursor"])
            assert at is not None
            if at.position <= self.last:
                self.faults.append(f"{self.name}: {at.position} after {self.last}")
            self.last = at.position
            self.told.append(at.position)
            if "patient" in event:
                self.named[at.position] = (event["patient"] or {}).get("mrn")
            self.seen.add(at.position)
        if cursor.position < max(self.reached, self.last):
            self.faults.append(f"{self.name}: the cursor went back to {cursor.position}")
        self.reached = self.last = cursor.position
        if self.verified is None and self.resynced is None:
            # It begins here, or before the first event, where its rights changed on the way.
            self.verified = self.told[0] - 1 if self.told else cursor.position
            if self.verified < self.began_at:
                self.faults.append(f"{self.name}: it began at {self.verified}, in the past")
        self.cursor = feed["cursor"]
        self.live = self.live or feed["live"]
