"""Hearings: who is in the audience of a feed, from which event to which. See decision 0012.

A push to an audience is one entry of the audit, however many hear it. That somebody hears is
another, written before the first frame leaves for them, and that they have left a third. Both come
in batches: a batch is one statement, whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

import models
from models.rules.audit import AuditOperation
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.reading.audit import Shared


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A stay in an audience: the actor hears what is later than `after` in the hospital's log.

    `selection` is that of the feed's pushes. `request_id` is told by both entries of the stay, and
    `id` holds them together: either may be written again where nobody knows whether it was.
    """

    audience_id: UUID
    actor: Actor
    selection: Shared
    after: int
    request_id: str | None = None
    id: UUID = field(default_factory=models.new_id)


async def begin(
    connection: Connection | asyncpg.Pool[Any], hearings: Sequence[Hearing], now: datetime
) -> None:
    """Write that these stays begin. No frame of the audience may leave for one before."""
    await _write(
        connection, AuditOperation.SUBSCRIBED, [(hearing, None) for hearing in hearings], now
    )


async def end(
    connection: Connection | asyncpg.Pool[Any],
    endings: Sequence[tuple[Hearing, int]],
    now: datetime,
) -> None:
    """Write that these stays are over, each with the last position up to which it was sent all that
    the audience was: its `after`, if it was sent nothing."""
    await _write(connection, AuditOperation.UNSUBSCRIBED, endings, now)


async def _write(
    connection: Connection | asyncpg.Pool[Any],
    operation: AuditOperation,
    stays: Sequence[tuple[Hearing, int | None]],
    now: datetime,
) -> None:
    if not stays:
        return
    shared = {hearing.selection.id: hearing.selection.stay(operation) for hearing, _ in stays}
    for selection in shared.values():
        await selection.keep(connection)
    rows = zip(
        *(
            (
                hearing.actor.hospital_id,
                hearing.actor.user_id,
                hearing.actor.session_id,
                hearing.actor.address,
                shared[hearing.selection.id].id,
                hearing.request_id,
                hearing.audience_id,
                hearing.id,
                hearing.after + 1,
                last,
            )
            for hearing, last in stays
        ),
        strict=True,
    )
    values: dict[str, Any] = dict(zip(_COLUMNS, map(list, rows), strict=True))
    await connection.execute(_ENTRIES.sql, *_ENTRIES.bind(values | {"now": now}))


_COLUMNS: dict[str, TypeEngine[Any]] = {
    "hospital_id": Uuid(),
    "user_id": Uuid(),
    "session_id": Uuid(),
    "address": Text(),
    "selection_id": LargeBinary(),
    "request_id": Text(),
    "audience_id": Uuid(),
    "stay_id": Uuid(),
    "first_position": BigInteger(),
    "last_position": BigInteger(),
}
_STAYS = (
    func.unnest(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in _COLUMNS.items()))
    .table_valued(*(column(name, type_) for name, type_ in _COLUMNS.items()))
    .render_derived(name="stay")
)
_NOBODY: Any = literal_column("'{}'::uuid[]")
_ENTRIES = Statement(
    insert(models.AuditEntry).from_select(
        [*_COLUMNS, "occurred_at", "patient_ids"],
        select(*_STAYS.c, bindparam("now", type_=TIMESTAMP(timezone=True)), _NOBODY),
    )
)
