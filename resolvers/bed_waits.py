"""Bed waits: how long beds wait until they are clean, now and in a time that is over.

What waits now is told by times and not by durations: an answer that somebody still holds stays true
(docs/decisions/0009).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy.types import TIMESTAMP

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.shapes import number
from resolvers.reading.sources import Derivation, looked_up

_TIME = TIMESTAMP(timezone=True)


def of_ward(ward: FromClause, given: Derivation) -> Select[Any]:
    """The beds of a ward that wait to be cleaned, and those that became ready from `from` on and
    before `to`. Of a ward out of reach, seen as the place of a stay, there is nothing to count, be
    one of its beds in reach for who lies in it."""
    bed = alias_of(models.Bed, "waiting_bed")
    waiting = (bed.c.ward_id == ward.c.id, bed.c.waiting_since.is_not(None))
    began = func.avg(extract("epoch", bed.c.waiting_since))
    return select(
        func.count().label("waiting"),
        func.min(bed.c.waiting_since).label("waiting_since"),
        # Whole seconds: to_timestamp takes a floating-point number.
        func.to_timestamp(func.floor(began)).label("mean_waiting_since"),
        _ready(ward, given, func.count).label("cleaned"),
        _minutes(_ready(ward, given, func.avg)).label("mean_minutes"),
        _minutes(_ready(ward, given, func.max)).label("longest_minutes"),
    ).where(*waiting, *given.seen(models.Ward, ward), *given.seen(models.Bed, bed))


def _minutes(seconds: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.round(cast(seconds, Numeric()) / number(60), number(3))


def _ready(ward: FromClause, given: Derivation, figure: Any) -> ColumnElement[Any]:
    """A figure over the waits of the time that was asked for."""
    row = alias_of(models.BedTransition, "ready_bed")
    conditions = [
        row.c.ward_id == ward.c.id,
        row.c.waited_since.is_not(None),
        *given.seen(models.Ward, ward),
        *given.seen(models.BedTransition, row),
    ]
    since, before = given.argument("from"), given.argument("to")
    if since is not None:
        conditions.append(row.c.occurred_at >= since(_TIME))
    if before is not None:
        conditions.append(row.c.occurred_at < before(_TIME))
    found = figure(extract("epoch", row.c.occurred_at - row.c.waited_since))
    return looked_up(found, row, *conditions)
