"""Stage: two processes' worth of live channel on one hospital, its screens, and what they are due.

The model knows what was committed from the database itself (positions, wards, patients), and who
may hear what from its own account of the rights. While a right changes, nothing is under way.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

import models
from models.events import (
    BedStatusSet,
    Event,
    PatientCharted,
    PatientTransferredIn,
    PatientTransferredOut,
    VitalsRecorded,
)
from models.rules.roles import Role
from resolvers import event_log, hospitals
from resolvers.transaction import transaction
from subscriptions import log
from subscriptions.limits import Limits
from tests.owner import as_owner
from tests.subscriptions.conftest import Hospital, Serve, Served
from tests.subscriptions.screens import Person, Screen

WARDS = ("MED1", "SURG1")
NO_REDIS = "redis://127.0.0.1:1/0"
SMALL = Limits(
    poll=0.05,
    heartbeat=0.4,
    init_timeout=10.0,
    standing=0.2,
    gather=0.02,
    linger=0.5,
    send_deadline=1.0,
    close_deadline=0.3,
    drain_deadline=1.0,
    page=3,
    recent=6,
    backlog=2,
    past_frames=6,
    statements=2,
    queue_messages=8,
)
"""So small that every path is taken by a handful of events."""


VITALS, BED, CHART = range(3)
"""The feeds on which something happens."""


class Logged(NamedTuple):
    position: int
    ward: UUID | None
    patient: UUID | None
    kind: str
    subject: UUID


@dataclass
class Process:
    """A server that can be killed and started again, with a bell or without one."""

    serve: Serve
    redis: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    served: Served | None = None

    @property
    def now(self) -> Served:
        assert self.served is not None
        return self.served

    async def start(self, *, rung: bool = True) -> None:
        redis = self.redis if rung else NO_REDIS
        self.served = await self.stack.enter_async_context(self.serve(limits=SMALL, redis=redis))

    def release(self) -> None:
        """Let the frames go that were held."""
        engine = self.now.engine
        pause, engine.pause = engine.pause, None
        if pause is not None:
            pause.set()
        engine.faults.clear()

    async def stop(self) -> None:
        if self.served is not None:
            self.release()
        await self.stack.aclose()
        self.stack, self.served = AsyncExitStack(), None


@dataclass
class Stage:
    """What one run plays on."""

    hospital: Hospital
    processes: Sequence[Process]
    people: dict[str, Person] = field(default_factory=dict)
    screens: list[Screen] = field(default_factory=list)
    log: dict[int, Logged] = field(default_factory=dict)
    lies: dict[UUID, UUID] = field(default_factory=dict)
    """The ward of each patient."""
    spare: dict[str, UUID] = field(default_factory=dict)
    """A second bed of each ward."""
    attic: UUID | None = None
    """A ward without beds, of which nothing is ever told."""
    trimmed: int = 0
    """Up to where the log was taken away."""
    tail: int = 0
    written: set[UUID] = field(default_factory=set)
    entitled: dict[UUID, set[int]] = field(default_factory=dict)
    """By user: the positions that somebody with these rights might have heard at some time."""

    @property
    def pool(self) -> asyncpg.Pool[Any]:
        return self.hospital.pool

    @property
    def mrns(self) -> dict[UUID, str]:
        return {patient: f"MRN-{ward}" for ward, patient in self.hospital.patients.items()}

    async def furnish(self) -> None:
        """A second bed for each ward, and a ward without any."""
        async with self.pool.acquire() as connection, connection.transaction():
            self.attic = await hospitals.create_ward(connection, self.hospital.id, "ATTIC", "Attic")
            for code, ward in self.hospital.wards.items():
                self.lies[self.hospital.patients[code]] = ward
                self.spare[code] = await hospitals.create_bed(
                    connection, self.hospital.id, ward, "2"
                )

    # -- people ------------------------------------------------------------------------------------

    async def hire(self, name: str, role: Role, *wards: str) -> None:
        token = await self.hospital.sign_in(role, wards=wards)
        user = (await self.hospital.actor(token)).user_id
        assert user is not None
        held = {self.hospital.wards[ward] for ward in wards}
        self.people[name] = Person(user, token, {role.value}, held)

    async def session(self, person: Person) -> None:
        """Sign in once more."""
        person.token, now = models.new_id().hex, datetime.now(UTC)
        async with transaction(self.pool, self.hospital.id, now) as tx:
            await tx.insert(
                models.Session,
                {
                    "id": models.new_id(),
                    "hospital_id": self.hospital.id,
                    "user_id": person.id,
                    "token_hash": hashlib.sha256(person.token.encode()).digest(),
                    "created_at": now,
                    "last_seen_at": now,
                    "expires_at": now + timedelta(hours=1),
                },
            )

    async def looked(self) -> None:
        """Every process knows the rights as they are now."""
        for process in self.processes:
            await process.now.live.sockets.standing.at_most(0)

    # -- writing -----------------------------------------------------------------------------------

    def event(self, feed: int, ward: int, patient: int) -> Event:
        where, about = WARDS[ward], self.hospital.patients[WARDS[patient]]
        if feed == CHART:
            # On which ward, the database knows.
            self.written.add(about)
            return PatientCharted(subject_id=about, ward_id=None, patient_id=about)
        if feed == BED:
            return BedStatusSet(
                subject_id=self.hospital.beds[where],
                ward_id=self.hospital.wards[where],
                patient_id=None,
            )
        subject = models.new_id()
        self.written.add(subject)
        return VitalsRecorded(
            subject_id=subject, ward_id=self.hospital.wards[where], patient_id=about
        )

    async def write(self, events: Sequence[tuple[int, int, int]]) -> None:
        async with transaction(self.pool, self.hospital.id, datetime.now(UTC)) as tx:
            for one in events:
                tx.record(self.event(*one))

    async def transfer(self, home: str) -> None:
        """Move a patient to the other ward, or back to the own one, and tell of it."""
        await self.quiet()
        patient, wards = self.hospital.patients[home], self.hospital.wards
        away = WARDS[1 - WARDS.index(home)]
        from_, to = (home, away) if self.lies[patient] == wards[home] else (away, home)
        beds = {home: self.hospital.beds[home], away: self.spare[away]}
        async with transaction(self.pool, self.hospital.id, datetime.now(UTC)) as tx:
            await tx.connection.execute(
                "UPDATE bed_stays SET ward_id = $2, bed_id = $3 WHERE patient_id = $1",
                *(patient, wards[to], beds[to]),
            )
            for event, ward in ((PatientTransferredOut, from_), (PatientTransferredIn, to)):
                tx.record(event(subject_id=beds[ward], ward_id=wards[ward], patient_id=patient))
        self.lies[patient] = wards[to]
        for process in self.processes:
            await process.now.live.hub.drain()

    async def write_crossed(self, early: tuple[int, int, int], late: tuple[int, int, int]) -> None:
        """The transaction that began first commits last, and one between them is rolled back."""
        async with transaction(self.pool, self.hospital.id, datetime.now(UTC)) as tx:
            tx.record(self.event(*early))
            await tx.flush()
            async with self.pool.acquire() as other:
                rolled = other.transaction()
                await rolled.start()
                await self.write([late])
                await rolled.rollback()
            self.ring(True)
            await asyncio.sleep(0.03)  # so that both processes have read the later one

    def ring(self, rung: bool) -> None:
        if rung:
            for process in self.processes:
                process.now.live.bell.ring(self.hospital.id)

    async def trim(self, most: int) -> None:
        await self.synced()
        gone = await event_log.trim(
            self.pool, self.hospital.id, before=datetime.now(UTC), most=most
        )
        self.trimmed += gone
        if gone:
            for screen in self.screens:
                screen.may_resync = True

    async def new_epoch(self, lost: int) -> None:
        """Restore a backup that does not have the last events."""
        await self.quiet()
        keep = max(self.tail - lost, 0)
        async with as_owner(self.pool) as connection, connection.transaction():
            await connection.execute(
                "DELETE FROM events WHERE hospital_id = $1 AND position > $2",
                *(self.hospital.id, keep),
            )
            await connection.execute(
                "UPDATE event_counters SET epoch = gen_random_uuid(), position = $2"
                " WHERE hospital_id = $1",
                *(self.hospital.id, keep),
            )
        self.tail, self.trimmed = keep, min(self.trimmed, keep)
        self.log = {p: one for p, one in self.log.items() if p <= keep}
        for screen in self.screens:
            if screen.cursor is not None:
                screen.owed_resync = True
        for process in self.processes:  # noticed before more is said of what is owed
            process.now.live.hub.ring(self.hospital.id)
            await process.now.live.hub.drain()

    # -- the law -----------------------------------------------------------------------------------

    async def synced(self) -> None:
        """Read what was committed since the last time: no position is missing or given twice."""
        rows = await self.pool.fetch(
            "SELECT position, ward_id, patient_id, kind, subject_id FROM events"
            " WHERE hospital_id = $1 AND position > $2 ORDER BY position",
            *(self.hospital.id, self.tail),
        )
        for row in rows:
            self.tail += 1
            assert row["position"] == self.tail
            logged = self.log[self.tail] = Logged(*row)
            self.written.discard(logged.subject)
            if logged.kind == "PatientCharted":
                assert logged.ward == self.lies[logged.subject]
            for person in self.people.values():
                if person.may_hear(logged.ward, logged.patient):
                    self.entitled.setdefault(person.id, set()).add(self.tail)
        assert not self.written, "what was committed has no place in the log"

    def grant(self) -> None:
        """Who has won a right may be told of what was before, too."""
        for person in self.people.values():
            may = {p for p, one in self.log.items() if person.may_hear(one.ward, one.patient)}
            self.entitled.setdefault(person.id, set()).update(may)

    def due(self, screen: Screen, after: int, until: int) -> list[int]:
        return [
            position
            for position in range(after + 1, until + 1)
            if (one := self.log.get(position)) and screen.concerns(one.kind, one.ward, one.patient)
        ]

    def compare(self, screen: Screen, until: int) -> None:
        """What it was told up to a position is what it was due, in order, once."""
        assert not screen.faults, screen.faults
        if screen.resynced is not None:
            assert screen.owed_resync or screen.may_resync, f"{screen.name} resynced"
            screen.verified, screen.resynced = screen.resynced, None
            screen.owed_resync = False
        if screen.verified is None:
            return
        assert not screen.owed_resync or not screen.live, f"{screen.name} was owed a resync"
        due = self.due(screen, screen.verified, until)
        told = [position for position in screen.told if position <= until]
        assert told == due, f"{screen.name} of {screen.verified}..{until}: told {told}, due {due}"
        for position in told:
            patient = self.log[position].patient
            if position in screen.named and patient is not None:
                seen = screen.person.may_see(patient, self.lies[patient])
                mrn = self.mrns[patient] if seen else None
                assert screen.named.pop(position) == mrn, f"{screen.name}: {position}"
        screen.told = [position for position in screen.told if position > until]
        screen.verified = max(screen.verified, until)

    async def drop(self, screen: Screen, *, by_event: bool = False) -> None:
        """Cut it off where it stands: at its last message, or at an event in the middle of it."""
        if screen.connection is None:
            return
        await screen.drop()
        await self.synced()
        if screen.cursor is None:
            return
        if by_event and len(screen.told) > 1 and screen.resynced is None:
            # It has shown only the first of what it was told.
            position = screen.told[0]
            screen.cursor = moved(screen.cursor, position)
            screen.told = [position]
            screen.reached = screen.last = position
        if not screen.owed_resync or screen.resynced is not None:
            self.compare(screen, screen.reached)
            # What it had no right to behind that may be its own when it comes back.
            screen.verified = screen.reached

    async def resume(self, screen: Screen, process: int) -> None:
        if screen.connected or not screen.person.listens:
            return
        await self.drop(screen)
        screen.process = process
        await self.synced()
        await screen.connect(self.processes[process].now, self.tail, screen.cursor)

    async def quiet(self) -> None:
        """Let everything come to its end; then the law must hold for everybody."""
        for process in self.processes:
            process.release()
        for screen in self.screens:
            screen.reading.set()
        async with asyncio.timeout(30):
            while not all(
                one.live for process in self.processes for one in process.now.live.hub.subscribers()
            ) or any(screen.connected and not screen.live for screen in self.screens):
                await asyncio.sleep(0.005)
            for process in self.processes:
                await process.now.live.hub.drain()
            while not all(
                one.live for process in self.processes for one in process.now.live.hub.subscribers()
            ):
                await asyncio.sleep(0.005)
        await self.synced()
        for screen in self.screens:
            if screen.connected:
                await screen.ping()
            if screen.connected:
                self.compare(screen, self.tail)
                # It may have heard nothing since: then its cursor is an old one.
                screen.may_resync = screen.reached < self.trimmed
            else:
                await self.drop(screen)


def moved(cursor: str, position: int) -> str:
    """A cursor to another place of the same log."""
    found = log.decode(cursor)
    assert found is not None
    return log.Cursor(found.epoch, position).encode()
