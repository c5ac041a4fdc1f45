"""A proposal: all that a mutation would write, as one statement, and what it takes for granted.

The statement makes sure of what is taken for granted, writes, and answers; or it writes nothing,
because somebody was faster, and the mutation goes the general way (`transaction`). It commits by
itself: one round trip. See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import ColumnElement, and_, select

import models
from resolvers import idempotency
from resolvers.reading.overlay import Writing, inserted, rows_of

OVERTAKEN = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)
"""What says that somebody was faster, where the statement's own look could not see it yet."""

Rows = Mapping[type[models.Base], Sequence[Mapping[str, Any]]]
"""New rows by table, each with every column of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`assumed` are the values of the bind parameters of `writing.holds`; `produced` is what the
    payload is read from, as a resolver returns it. `forget` is called where the proposal came to
    nothing, before the next is made: what it was made from may be out of date."""

    writing: Writing
    rows: Rows
    assumed: Mapping[str, Any]
    produced: Mapping[str, Any]
    forget: Callable[[], None]

    def values(self) -> dict[str, Any]:
        """The values of the bind parameters of `writing`."""
        return {
            **self.assumed,
            **{rows_of(model): records(self.rows[model]) for model in self.writing.written},
        }


def writing(
    written: Iterable[type[models.Base]], *conditions: ColumnElement[bool], keyed: bool
) -> Writing:
    """The writing of these tables under these conditions; `keyed`: under an idempotency key.

    Make it once, as every plan for it is made for this one.
    """
    if keyed:
        conditions = (*conditions, idempotency.unclaimed())
        written = (*written, models.IdempotencyKey)
    holds = select(and_(*conditions).label("holds")).cte("taken_for_granted")
    return Writing(holds, {model: inserted(model, holds) for model in written})


def records(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as PostgreSQL's json_to_recordset takes them: exact numbers and bytes are strings."""
    return orjson.dumps(rows, default=_spelt)


def _spelt(value: Any) -> str:
    match value:
        case Decimal() | UUID():  # orjson knows UUIDs, but not those that asyncpg makes
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
    raise TypeError
