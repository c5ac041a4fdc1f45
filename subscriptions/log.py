"""The log: `events` of one hospital, read in the order in which they were committed.

Positions are gap-free and given at COMMIT (models/events.py), so "everything after n" misses
nothing. A cursor is (epoch, position), opaque to clients; the epoch changes when a restore from
backup makes positions start again from an earlier one.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import insert

import models
from models.events import EVENTS, Feed
from resolvers.database import Connection, Statement

END = 2**62
"""After every position there can be: what reads only the state of the log asks from here."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a hospital's log: everything up to `position` has been seen."""

    epoch: UUID
    position: int

    def encode(self) -> str:
        """32 characters of base64url."""
        packed = self.epoch.bytes + _POSITION.pack(self.position)
        return base64.urlsafe_b64encode(packed).decode("ascii")


def decode(text: str) -> Cursor | None:
    """The cursor, or None where the text is none of ours."""
    if len(text) != 32:
        return None
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    (position,) = _POSITION.unpack(packed[16:])
    return Cursor(UUID(bytes=packed[:16]), position)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event as it was logged: ids alone. `kind` is the name of its class."""

    position: int
    ward_id: UUID | None
    patient_id: UUID | None
    kind: str
    subject_id: UUID
    occurred_at: datetime

    @property
    def feed(self) -> Feed | None:
        """Where it is heard; None for a kind that a later release made."""
        event = EVENTS.get(self.kind)
        return None if event is None else event.feed

    @property
    def label(self) -> str:
        """The word of the feed's enumeration, e.g. RAISED."""
        return EVENTS[self.kind].label


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the log, and the state of the log it was read in.

    `tail` is the last position given, `oldest` the first one still there (`tail` + 1 when there is
    none). `whole` is false where entries between the position asked for and the first one here, or
    among these, have been trimmed.
    """

    epoch: UUID
    tail: int
    oldest: int
    entries: tuple[LogEntry, ...]
    whole: bool


async def tail(connection: Connection, hospital_id: UUID) -> tuple[UUID, int]:
    """The epoch and the last position given in a hospital's log."""
    page = await read(connection, hospital_id, END, 1)
    return page.epoch, page.tail


async def read(connection: Connection, hospital_id: UUID, after: int, limit: int) -> Page:
    """The next entries after a position, at most `limit`, and the log's state: one statement, so
    both are of the same moment."""
    values = {"hospital": hospital_id, "after": after, "entries": limit}
    rows = await connection.fetch(_READ.sql, *_READ.bind(values))
    if not rows:  # a hospital whose counter nobody made yet
        await connection.execute(_COUNT.sql, *_COUNT.bind({"hospital": hospital_id}))
        rows = await connection.fetch(_READ.sql, *_READ.bind(values))
    entries = tuple(
        LogEntry(
            row["position"],
            row["ward_id"],
            row["patient_id"],
            row["kind"],
            row["subject_id"],
            row["occurred_at"],
        )
        for row in rows
        if row["position"] is not None
    )
    first = rows[0]
    expected = max(min(first["tail"] - after, limit), 0)
    # Ordered and unique, so the right first, last and number leave no room for a gap.
    whole = len(entries) == expected and (not entries or entries[-1].position == after + expected)
    return Page(first["epoch"], first["tail"], first["oldest"], entries, whole)


async def ward(connection: Connection, hospital_id: UUID, code: str) -> UUID | None:
    """The ward that a feed's argument names, by its code."""
    found: UUID | None = await connection.fetchval(
        _WARD.sql, *_WARD.bind({"hospital": hospital_id, "code": code})
    )
    return found


_POSITION = struct.Struct(">q")
_C = models.EventCounter.__table__.c
_E = models.LoggedEvent.__table__.alias("entry").c
_FIRST = models.LoggedEvent.__table__.alias("first").c
_W = models.Ward.__table__.c

_NEXT = (
    select(_E.position, _E.ward_id, _E.patient_id, _E.kind, _E.subject_id, _E.occurred_at)
    .where(_E.hospital_id == _C.hospital_id, _E.position > bindparam("after"))
    .order_by(_E.position)
    .limit(bindparam("entries"))
    .lateral("next")
)
_OLDEST = (
    select(func.min(_FIRST.position))
    .where(_FIRST.hospital_id == _C.hospital_id, _FIRST.position.is_not(None))
    .correlate(models.EventCounter.__table__)
    .scalar_subquery()
)
_READ = Statement(
    select(
        _C.epoch,
        _C.position.label("tail"),
        func.coalesce(_OLDEST, _C.position + 1).label("oldest"),
        _NEXT.c.position,
        _NEXT.c.ward_id,
        _NEXT.c.patient_id,
        _NEXT.c.kind,
        _NEXT.c.subject_id,
        _NEXT.c.occurred_at,
    )
    .select_from(models.EventCounter.__table__.outerjoin(_NEXT, true()))
    .where(_C.hospital_id == bindparam("hospital"))
    .order_by(_NEXT.c.position)
)
_COUNT = Statement(
    insert(models.EventCounter)
    .values(hospital_id=bindparam("hospital", type_=Uuid()))
    .on_conflict_do_nothing()
)
_WARD = Statement(
    select(_W.id).where(_W.hospital_id == bindparam("hospital"), _W.code == bindparam("code"))
)
