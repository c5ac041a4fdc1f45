"""Shapes: how PostgreSQL builds the JSON of objects, lists and pages.

`row_to_json` over a subselect is a quarter faster than `json_build_object`, but takes its keys from
column names, which PostgreSQL cuts at 63 bytes: only an object with a longer key is built the
slower way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.sql.selectable import LateralFromClause

LONGEST_NAME = 63
MOST_PAIRS = 50
"""json_build_object takes 100 arguments."""

_IDS: ARRAY[Any] = ARRAY(Uuid())
NOBODY = literal_column("'{}'::uuid[]", ARRAY(Uuid()))
_OBJECT = "an object"
"""The alias that stands for a whole row. A name of GraphQL has no space, so that no response key is
taken for it: PostgreSQL reads `row_to_json(x)` as the column x where there is one."""

_WORD = re.compile(r"[A-Z][A-Z_]*")

Alternatives = tuple[ColumnElement[bool], ...]
"""Conditions of which one must hold, each with an index of its own."""

Columns = Sequence[tuple[str, ColumnElement[Any]]]
"""Response keys and their expressions, in response order."""


@dataclass(frozen=True, slots=True)
class People:
    """Whose data is read: the patient's id, or, `many`, a uuid[] of them; null for nobody.

    One id stays one for as long as it can: an aggregate of arrays costs more than one of ids.
    """

    expression: ColumnElement[Any]
    many: bool = False

    def array(self) -> ColumnElement[Any]:
        """As a uuid[], without nulls."""
        if self.many:
            return func.coalesce(self.expression, NOBODY)
        return _without_null([self.expression])

    def of_rows(
        self, rows: FromClause, kept: ColumnElement[bool] | None = None
    ) -> ColumnElement[Any]:
        """The people of many rows (those `kept`), whose column `people` this is, as one uuid[]."""
        column = rows.c.people
        named = column.is_not(None) if kept is None else and_(kept, column.is_not(None))
        # array_cat_agg is an aggregate of the first migrations.
        aggregate = func.array_cat_agg if self.many else func.array_agg
        return aggregate(column, type_=ARRAY(Uuid())).filter(named)


@dataclass(slots=True)
class Level:
    """One SELECT being put together: its row, the laterals joined to it, whose data it holds.

    `people` are the patients whose rows are read at this level or below; of each of `alternatives`
    one condition must hold.
    """

    row: FromClause | None
    joins: list[LateralFromClause] = field(default_factory=list)
    people: list[People] = field(default_factory=list)
    where: list[ColumnElement[bool]] = field(default_factory=list)
    alternatives: list[Alternatives] = field(default_factory=list)

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT columns FROM the row and its laterals; whatever else is named is outside."""
        source: FromClause = self.row if self.row is not None else _nothing()
        own: list[FromClause] = [source, *self.joins]
        joined = source
        for lateral in self.joins:
            joined = joined.outerjoin(lateral, true())
        made = select(*columns).select_from(joined).correlate_except(*own)
        where = [*self.where, *(or_(*each) for each in self.alternatives)]
        return made.where(and_(*where)) if where else made

    def patients(self) -> People:
        """The patients of one row of this level."""
        if not self.people:
            return People(literal_column("NULL::uuid[]"), many=True)
        if len(self.people) == 1:
            return self.people[0]
        ones = [people.expression for people in self.people if not people.many]
        whole = [people.expression for people in self.people if people.many]
        if ones:
            whole.append(_without_null(ones))
        return People(reduce(func.array_cat, whole), many=True)


def _without_null(ids: Sequence[Any]) -> ColumnElement[Any]:
    return func.array_remove(array(ids, type_=_IDS), literal_column("NULL"))


def _nothing() -> Subquery:
    return select(literal_column("1").label("one")).subquery("nothing")


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
    many_people: bool = False

    def joined_to(self, parent: Level) -> ColumnElement[Any]:
        """Hang it on the level that reads it; its JSON as an expression there."""
        if self.lateral is not None:
            parent.joins.append(self.lateral)
            parent.people.append(People(self.lateral.c.people, self.many_people))
        return self.json


def one(level: Level, columns: Columns, order: Sequence[ColumnElement[Any]]) -> Made:
    """The object of the first row, null where there is none."""

    def first(rows: Select[Any]) -> Select[Any]:
        # One is found in a union (an overlay) anyway, but PostgreSQL knows of no index of a union:
        # it must not join with all of it.
        union = isinstance(level.row, Subquery)
        return rows.order_by(*order).limit(number(1)) if order or union else rows

    if not level.people and _named(columns):
        inner = first(level.select(*(value.label(key) for key, value in columns))).subquery(_OBJECT)
        json = select(func.row_to_json(inner.table_valued())).correlate_except(inner)
        return Made(json.scalar_subquery())
    people = level.patients()
    rows = level.select(object_of(columns).label("json"), people.expression.label("people"))
    lateral = first(rows).lateral()
    return Made(lateral.c.json, lateral, people.many)


def many(
    level: Level,
    columns: Columns,
    order: Sequence[ColumnElement[Any]],
    limit: int | None = None,
) -> Made:
    """The list of every row, or of the first `limit` of them."""

    def listed(rows: Select[Any]) -> Select[Any]:
        ordered = rows.order_by(*order)
        return ordered if limit is None else ordered.limit(number(limit))

    if not level.people and _named(columns):
        inner = listed(level.select(*(value.label(key) for key, value in columns))).subquery(
            _OBJECT
        )
        json = select(list_of(inner.table_valued())).select_from(inner).correlate_except(inner)
        return Made(json.scalar_subquery())
    return many_values(level, object_of(columns), order, limit)


def many_values(
    level: Level,
    value: ColumnElement[Any],
    order: Sequence[ColumnElement[Any]],
    limit: int | None = None,
) -> Made:
    """The list of the JSON `value` of every row, or of the first `limit` of them."""
    people = level.patients()
    selected = level.select(value.label("json"), people.expression.label("people"))
    ordered = selected.order_by(*order)
    rows = (ordered if limit is None else ordered.limit(number(limit))).subquery()
    lateral = (
        select(list_of(rows.c.json).label("json"), people.of_rows(rows).label("people"))
        .select_from(rows)
        .correlate_except(rows)
        .lateral()
    )
    return Made(lateral.c.json, lateral, many_people=True)


def number(value: int) -> ColumnElement[int]:
    """A number that is part of the plan: PostgreSQL plans for it, where a parameter is a guess."""
    return literal_column(str(int(value)), Integer())


def words(values: Iterable[str]) -> list[ColumnElement[Any]]:
    """Words of an enum as literals: a partial index is found by them, and a plan that serves every
    value knows how rare each is."""
    found = sorted({str(one) for one in values})
    if not all(_WORD.fullmatch(one) for one in found):
        raise ValueError("no word of an enum")
    # Nothing is among no words, which SQL cannot write.
    return [literal_column(f"'{one}'", Text()) for one in found] or [literal_column("NULL", Text())]


def list_of(item: Any) -> ColumnElement[Any]:
    """json_agg, empty list for no rows."""
    return func.coalesce(func.json_agg(item), literal_column("'[]'::json"))


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
