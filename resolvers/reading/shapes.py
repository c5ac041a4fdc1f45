"""Shapes: how PostgreSQL builds the JSON of objects, lists and pages.

`row_to_json` over a subselect is a quarter faster than `json_build_object`, but takes its keys from
column names, which PostgreSQL cuts at 63 bytes: only an object with a longer key is built the
slower way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.sql.selectable import LateralFromClause

LONGEST_NAME = 63
MOST_PAIRS = 50
"""json_build_object takes 100 arguments."""

_OBJECT = "an object"
"""The alias that stands for a whole row. A name of GraphQL has no space, so that no response key is
taken for it: PostgreSQL reads `row_to_json(x)` as the column x where there is one."""

Columns = Sequence[tuple[str, ColumnElement[Any]]]
"""Response keys and their expressions, in response order."""


@dataclass(slots=True)
class Level:
    """One SELECT being put together: its row, the laterals joined to it, whose data it holds.

    `people` are uuid[] expressions: the patients whose rows are read at this level or below.
    """

    row: FromClause | None
    joins: list[LateralFromClause] = field(default_factory=list)
    people: list[ColumnElement[Any]] = field(default_factory=list)
    where: list[ColumnElement[bool]] = field(default_factory=list)

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT columns FROM the row and its laterals; whatever else is named is outside."""
        source: FromClause = self.row if self.row is not None else _nothing()
        own: list[FromClause] = [source, *self.joins]
        joined = source
        for lateral in self.joins:
            joined = joined.outerjoin(lateral, true())
        made = select(*columns).select_from(joined).correlate_except(*own)
        return made.where(and_(*self.where)) if self.where else made

    def patients(self) -> ColumnElement[Any]:
        """The patients of one row of this level, as one uuid[]."""
        if not self.people:
            return literal_column("NULL::uuid[]")
        first, *rest = self.people
        for more in rest:
            first = func.array_cat(first, more)
        return first


def _nothing() -> Subquery:
    return select(literal_column("1").label("one")).subquery("nothing")


def one_patient(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """uuid[] of one."""
    return array([column], type_=ARRAY(Uuid()))


def object_of(columns: Columns) -> ColumnElement[Any]:
    """The JSON object of these columns, as an expression within the SELECT that has their rows."""
    if not _named(columns):
        return _slow_object(columns)
    inner = _labelled(columns).subquery(_OBJECT)
    return select(func.row_to_json(inner.table_valued())).correlate_except(inner).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Made:
    """What a relation became: its JSON, and, where patients must be known, the lateral to join."""

    json: ColumnElement[Any]
    lateral: LateralFromClause | None = None

    def joined_to(self, parent: Level) -> ColumnElement[Any]:
        """Hang it on the level that reads it; its JSON as an expression there."""
        if self.lateral is not None:
            parent.joins.append(self.lateral)
            parent.people.append(self.lateral.c.people)
        return self.json


def one(level: Level, columns: Columns, order: Sequence[ColumnElement[Any]]) -> Made:
    """The object of the first row, null where there is none."""
    if not level.people and _named(columns):
        rows = level.select(*(value.label(key) for key, value in columns))
        inner = (rows.order_by(*order).limit(1) if order else rows).subquery(_OBJECT)
        json = select(func.row_to_json(inner.table_valued())).correlate_except(inner)
        return Made(json.scalar_subquery())
    rows = level.select(object_of(columns).label("json"), level.patients().label("people"))
    lateral = (rows.order_by(*order).limit(1) if order else rows).lateral()
    return Made(lateral.c.json, lateral)


def many(level: Level, columns: Columns, order: Sequence[ColumnElement[Any]]) -> Made:
    """The list of every row."""
    if not level.people and _named(columns):
        listed = level.select(*(value.label(key) for key, value in columns))
        inner = listed.order_by(*order).subquery(_OBJECT)
        json = select(list_of(inner.table_valued())).select_from(inner).correlate_except(inner)
        return Made(json.scalar_subquery())
    rows = (
        level.select(object_of(columns).label("json"), level.patients().label("people"))
        .order_by(*order)
        .subquery()
    )
    lateral = (
        select(list_of(rows.c.json).label("json"), all_people(rows.c.people).label("people"))
        .select_from(rows)
        .correlate_except(rows)
        .lateral()
    )
    return Made(lateral.c.json, lateral)


def list_of(item: Any) -> ColumnElement[Any]:
    """json_agg, empty list for no rows."""
    return func.coalesce(func.json_agg(item), literal_column("'[]'::json"))


def all_people(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The patients of many rows as one uuid[] (an aggregate of the first migrations)."""
    return func.array_cat_agg(column, type_=ARRAY(Uuid()))


def _labelled(columns: Columns) -> Select[Any]:
    return select(*(value.label(key) for key, value in columns)).correlate_except()


def _named(columns: Columns) -> bool:
    return all(len(key.encode()) <= LONGEST_NAME for key, _ in columns)


def _slow_object(columns: Columns) -> ColumnElement[Any]:
    pieces = [
        func.json_build_object(*_pairs(columns[start : start + MOST_PAIRS]))
        for start in range(0, len(columns), MOST_PAIRS)
    ]
    if len(pieces) == 1:
        return pieces[0]
    # More pairs than a call takes arguments: the pieces without their braces, joined.
    insides = [func.left(func.right(cast(piece, Text()), -1), -1) for piece in pieces]
    whole = func.concat("{", func.concat_ws(", ", *insides), "}")
    return cast(whole, JSON())


def _pairs(columns: Iterable[tuple[str, ColumnElement[Any]]]) -> list[Any]:
    return [part for key, value in columns for part in (literal_column(f"'{key}'"), value)]
