"""One mutation is one transaction: the connection, its clock, and the events it will leave.

Decision: docs/decisions/0003. A resolver gets `tx`, writes through it and records events; the
caller commits. The bell is rung by the caller after the commit, never from here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, insert
from sqlalchemy.sql.elements import ClauseElement

import models
from models.events import Event, Feed, PatientCharted
from resolvers.database import Statement, compiled
from resolvers.errors import Refusal
from resolvers.policy import DEFAULT_POLICY, Policy


class Overtaken(Exception):
    """Somebody else was first, and what was read does not hold any more: do it all again."""


class Ledger:
    """What a mutation is about to leave in one hospital: rows of the time `now`, and events."""

    __slots__ = ("_charted", "_events", "hospital_id", "now", "policy")

    def __init__(self, hospital_id: UUID, now: datetime, policy: Policy = DEFAULT_POLICY) -> None:
        self.hospital_id = hospital_id
        self.now = now
        self.policy = policy
        self._events: list[Event] = []
        self._charted: dict[UUID, set[Feed | None]] = {}

    def record(self, event: Event) -> None:
        """Leave an event in the log; it gets its position when the transaction commits."""
        self._events.append(event)

    def chart(self, *patient_ids: UUID, by: Feed | None = None) -> None:
        """Say whose charts are written. Rows that `insert` writes say it by themselves; whoever
        changes rows does, unless an event of the same transaction tells of just that.

        `by`: the feed that tells of it, to whoever may read what was written, where an event of the
        transaction that bears the patient is heard there.
        """
        for patient_id in patient_ids:
            self._charted.setdefault(patient_id, set()).add(by)

    @property
    def events(self) -> Iterable[Event]:
        """What has been recorded so far."""
        return tuple(self._events)

    def logged(self) -> list[dict[str, Any]]:
        """The rows of what has been recorded, in its order."""
        return [
            {
                "hospital_id": self.hospital_id,
                "ward_id": event.ward_id,
                "patient_id": event.patient_id,
                "kind": type(event).__name__,
                "subject_id": event.subject_id,
                "occurred_at": self.now,
            }
            for event in (*self._events, *self._unheard())
        ]

    def _unheard(self) -> list[Event]:
        """What was written into charts that not everybody hears of who may read it. Its ward is
        given with its position (migration 0025)."""
        told: dict[UUID | None, set[Feed | None]] = {}
        for event in self._events:
            told.setdefault(event.patient_id, set()).add(event.feed)
        return [
            PatientCharted(subject_id=patient_id, ward_id=None, patient_id=patient_id)
            for patient_id, written in self._charted.items()
            if not written <= told.get(patient_id, set())
        ]


class Transaction(Ledger):
    """A running transaction.

    Statements are SQLAlchemy Core clauses kept as constants of their module with `bindparam`s;
    values are keyword arguments. `now` is the time of everything the transaction writes.
    """

    __slots__ = ("connection", "ended")

    def __init__(
        self,
        connection: asyncpg.Connection[Any],
        hospital_id: UUID,
        now: datetime,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        super().__init__(hospital_id, now, policy)
        self.connection = connection
        self.ended: list[UUID] = []
        """The sessions that it ends: they are rung for as the hospital is, once it is committed."""

    async def all(self, clause: ClauseElement, **values: Any) -> list[asyncpg.Record]:
        """Every row."""
        statement = compiled(clause)
        return await self.connection.fetch(statement.sql, *statement.bind(values))

    async def first(self, clause: ClauseElement, **values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        statement = compiled(clause)
        return await self.connection.fetchrow(statement.sql, *statement.bind(values))

    async def scalar(self, clause: ClauseElement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        statement = compiled(clause)
        return await self.connection.fetchval(statement.sql, *statement.bind(values))

    async def run(self, clause: ClauseElement, **values: Any) -> int:
        """Run a statement that returns no rows; how many rows it touched."""
        statement = compiled(clause)
        status = await self.connection.execute(statement.sql, *statement.bind(values))
        return int(status.rsplit(" ", 1)[-1])

    async def run_all(self, clause: ClauseElement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row of values, in order, in one round trip."""
        statement = compiled(clause)
        await self.connection.executemany(
            statement.sql, [statement.bind(dict(row)) for row in rows]
        )

    async def insert(self, model: type[models.Base], row: Mapping[str, Any]) -> None:
        """Insert one row, named by attribute."""
        self.chart(*_patients(model, (row,)), by=_TOLD_BY.get(model))
        statement = _insert(model, tuple(row))
        await self.connection.execute(statement.sql, *statement.bind(dict(row)))

    async def insert_all(self, model: type[models.Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows of the same shape in one round trip."""
        if rows:
            self.chart(*_patients(model, rows), by=_TOLD_BY.get(model))
            statement = _insert(model, tuple(rows[0]))
            await self.connection.executemany(
                statement.sql, [statement.bind(dict(row)) for row in rows]
            )

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """What is done in here is not done, events and all, where it ends in an error."""
        events = list(self._events)
        charted = {patient: set(by) for patient, by in self._charted.items()}
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            self._events, self._charted = events, charted
            raise

    async def flush(self) -> None:
        """Write the recorded events; the last thing before the commit."""
        await self.insert_all(models.LoggedEvent, self.logged())
        self._events.clear()
        self._charted.clear()


_TOLD_BY: Mapping[type[models.Base], Feed] = {
    models.VitalSigns: Feed.VITAL_SIGNS,
    models.CriticalResult: Feed.CRITICAL_RESULTS,
    models.Reservation: Feed.BED_CHANGES,
    models.EmergencyAccess: Feed.EMERGENCY_ACCESSES,
}
"""Rows that their own feed tells of: it asks for the scope by which they are read. A result is read
by some who hear of no alert, and a stay by who does not hear of beds (models/rules/scopes)."""


def _patients(model: type[models.Base], rows: Iterable[Mapping[str, Any]]) -> Iterable[UUID]:
    """Whose charts the rows belong to."""
    if model is models.Patient:
        return [row["id"] for row in rows]
    if model in (models.LoggedEvent, models.User) or "patient_id" not in model.__table__.c:
        return ()
    return [row["patient_id"] for row in rows]


@lru_cache(maxsize=256)
def _insert(model: type[models.Base], columns: tuple[str, ...]) -> Statement:
    table = model.__table__
    return Statement(
        insert(model).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    )


@asynccontextmanager
async def transaction(
    pool: asyncpg.Pool[Any],
    hospital_id: UUID,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> AsyncIterator[Transaction]:
    """A transaction that commits, events and all, when its block ends without an error.

    A refusal that `keeps` commits as well, and is raised again after the commit.
    """
    kept: Refusal | None = None
    async with pool.acquire() as connection:
        async with connection.transaction():
            tx = Transaction(cast("asyncpg.Connection[Any]", connection), hospital_id, now, policy)
            try:
                yield tx
            except Refusal as refusal:
                if not refusal.keeps:
                    raise
                kept = refusal
            await tx.flush()
        if kept is not None:
            raise kept
