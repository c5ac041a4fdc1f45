"""A proposal: all that a mutation would write, as one statement, and what it takes for granted.

The statement makes sure of what is taken for granted, writes, and answers; or it writes nothing,
because somebody was faster, and the mutation goes the general way (`transaction`). It commits by
itself: one round trip. See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import CTE, ColumnElement, and_, select

import models
from resolvers import idempotency, sessions
from resolvers.actors import Actor
from resolvers.idempotency import Claim
from resolvers.reading.overlay import Filled, Writing, inserted, values
from resolvers.transaction import Ledger

OVERTAKEN = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)
"""What says that somebody was faster, where the statement's own look could not see it yet."""

Rows = Mapping[type[models.Base], Sequence[Mapping[str, Any]]]
"""New rows by table, each with every column of it."""


class Terms(NamedTuple):
    """What the writing of a proposal depends on beside the mutation: `keyed`, an idempotency key is
    claimed; `checked`, the session is asked for (resolvers/sessions.still_valid); `many`, of which
    tables more than one row may be written."""

    keyed: bool
    checked: bool
    many: frozenset[type[models.Base]]


@dataclass(frozen=True, slots=True)
class Errand:
    """Who asks for a mutation, what they will leave, and under which key. `checked`: the actor is
    remembered, and the statement has to ask whether the session still stands as it did."""

    ledger: Ledger
    actor: Actor
    claim: Claim | None
    checked: bool

    def terms(self, *, many: frozenset[type[models.Base]]) -> Terms:
        """The terms of its proposal."""
        return Terms(self.claim is not None, self.checked, many)

    def binds(self) -> dict[str, Any]:
        """The values of the parameters that are the same for every mutation."""
        ledger = self.ledger
        claimed = {} if self.claim is None else self.claim.binds()
        if self.checked:
            claimed |= sessions.validity(self.actor, ledger.now, ledger.policy)
        return claimed


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
        found = dict(self.assumed)
        for model in self.writing.written:
            found.update(values(model, self.rows[model], many=model in self.writing.many))
        return found


def writing(
    written: Iterable[type[models.Base]],
    *conditions: ColumnElement[bool],
    terms: Terms,
    filled: Mapping[type[models.Base], Filled] | None = None,
) -> Writing:
    """The writing of these tables, in this order, under these conditions, on these terms. `filled`
    are the columns that the statement finds out itself.

    Make it once, as every plan for it is made for this one.
    """
    if terms.checked:
        conditions = (sessions.still_valid(), *conditions)
    if terms.keyed:
        conditions = (*conditions, idempotency.unclaimed())
        written = (*written, models.IdempotencyKey)
    holds = select(and_(*conditions).label("holds")).cte("taken_for_granted")
    inserts: dict[type[models.Base], CTE] = {}
    for model in written:
        columns = (filled or {}).get(model, {})
        many = model in terms.many
        inserts[model] = inserted(model, holds, many=many, filled=columns, written=inserts)
    return Writing(holds, inserts, terms.many)
