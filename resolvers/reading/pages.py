"""Pages: a Relay connection by keyset, as one subquery.

The rows of a page are read once, one more than asked for (so that hasNextPage is known), each with
the JSON of its node and its edge; one level above they are aggregated, and above that stand the
connection's own fields. A cursor is the base64 of the JSON array of the sort keys.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    cast,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from resolvers.errors import BadInput
from resolvers.reading.shapes import Level, Made, number, object_of
from resolvers.reading.sources import Descending, Order

MOST_ROWS = 500
"""The largest `first` and `last`."""

BindKey = Callable[[Any, Callable[[Any], Any]], BindParameter[Any]]
"""(type, parse) → the parameter that holds one key of a cursor."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list a page is: its first rows or, `backward`, its last ones, between the
    cursors that were given. The size is part of the plan (Prepared.shape)."""

    size: int
    backward: bool
    after: bool
    before: bool


@dataclass(frozen=True, slots=True)
class Keyset:
    """The sort of a page over one row alias: its columns, all in one direction."""

    columns: tuple[ColumnElement[Any], ...]
    descending: bool

    @classmethod
    def of(cls, order: Order, row: FromClause) -> Keyset:
        """From the declared order, which sorts every key in the same direction."""
        directions = {isinstance(key, Descending) for key in order}
        assert len(directions) == 1, "a keyset sorts in one direction"
        return cls(tuple(column_of(key, row) for key in order), directions.pop())

    def order_by(self, *, backward: bool = False) -> tuple[ColumnElement[Any], ...]:
        """ORDER BY of the list, or of the list read from its end."""
        descending = self.descending is not backward
        return tuple(column.desc() if descending else column for column in self.columns)

    def cursor(self) -> ColumnElement[Any]:
        """The cursor of a row. PostgreSQL breaks base64 into lines, which is undone."""
        keys = cast(func.json_build_array(*self.columns), Text())
        encoded = func.encode(func.convert_to(keys, "UTF8"), "base64")
        return func.replace(encoded, literal_column(r"E'\n'"), "")

    def after(self, name: str, bind: BindKey) -> ColumnElement[bool]:
        """The condition that a row comes after the cursor in the argument `name`."""
        return self._beyond(name, bind, greater=not self.descending)

    def before(self, name: str, bind: BindKey) -> ColumnElement[bool]:
        """The condition that a row comes before it."""
        return self._beyond(name, bind, greater=self.descending)

    def _beyond(self, name: str, bind: BindKey, *, greater: bool) -> ColumnElement[bool]:
        keys = [
            bind(column.type, _key(name, index, column))
            for index, column in enumerate(self.columns)
        ]
        mine, cursor = tuple_(*self.columns), tuple_(*keys)
        beyond: ColumnElement[bool] = mine > cursor if greater else mine < cursor
        return beyond


def column_of(key: Any, row: FromClause) -> ColumnElement[Any]:
    """The column of `row` for a mapped attribute, or for one in Descending."""
    attribute = key.attribute if isinstance(key, Descending) else key
    found: ColumnElement[Any] = row.c[attribute.key]
    return found


def ordering(order: Order, row: FromClause) -> tuple[ColumnElement[Any], ...]:
    """ORDER BY of a declared order."""
    return tuple(
        column_of(key, row).desc() if isinstance(key, Descending) else column_of(key, row)
        for key in order
    )


def page_size(value: Any, name: str = "first") -> int:
    """`first` or `last` within its limits."""
    if not 0 <= value <= MOST_ROWS:
        raise BadInput(
            f"{name} must be between 0 and {MOST_ROWS}", field=name, limit=f"0 to {MOST_ROWS}"
        )
    return int(value)


def _key(name: str, index: int, column: ColumnElement[Any]) -> Callable[[Any], Any]:
    python = column.type.python_type

    def read(cursor: str) -> Any:
        try:
            keys = orjson.loads(base64.b64decode(cursor, validate=True))
            return _typed(keys[index], python)
        except (ValueError, TypeError, LookupError, OverflowError, binascii.Error):
            raise BadInput(
                f"{name} is no cursor of this list", field=name, limit="a cursor"
            ) from None

    return read


def _typed(value: Any, python: type[Any]) -> Any:
    if issubclass(python, int) and type(value) is int and 0 <= value < 2**63:
        return value
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    if issubclass(python, datetime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if issubclass(python, UUID):
        return UUID(value)
    return value


def merged(level: Level, order: Order, cut: Cut, name: str) -> Level:
    """The level over the first rows of its alternatives alone: each is read in the order of the
    page, by its own index, and no further than the page can reach."""
    (alternatives,) = level.alternatives
    assert level.row is not None
    row, size = level.row, number(cut.size + 1)

    def first(rows: Select[Any], read: FromClause) -> Select[Any]:
        return rows.order_by(*Keyset.of(order, read).order_by(backward=cut.backward)).limit(size)

    branches = [
        first(select(*row.c).where(*level.where, alternative), row).subquery()
        for alternative in alternatives
    ]
    found = union_all(*(select(*branch.c) for branch in branches)).subquery()
    # A row may be found by several of them.
    once = select(*found.c).ext(distinct_on(*Keyset.of(order, found).columns))
    return Level(first(once, found).subquery(name))


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of a page: where they come from, their sort, how many are asked for."""

    level: Level
    keyset: Keyset
    cut: Cut
    cursors: bool
    """Whether pageInfo asks for a cursor: they cost as much as a small row."""


def page(
    rows: PageRows,
    carried: Sequence[ColumnElement[Any]],
    connection: Callable[[Aggregates], list[tuple[str, ColumnElement[Any]]]],
) -> Made:
    """The connection's object. `connection` makes its fields from the aggregated rows."""
    order = rows.keyset.order_by(backward=rows.cut.backward)
    columns: list[Any] = [func.row_number().over(order_by=order).label("number"), *carried]
    if rows.cursors:
        columns.append(rows.keyset.cursor().label("cursor"))
    people = rows.level.patients() if rows.level.people else None
    if people:
        columns.append(people.expression.label("people"))
    # One more than asked for, by which it is known whether the list goes on.
    read = rows.level.select(*columns).order_by(*order).limit(number(rows.cut.size + 1)).subquery()
    inner = select(read).order_by(read.c.number.desc()).subquery() if rows.cut.backward else read
    kept = inner.c.number <= number(rows.cut.size)
    aggregated: list[Any] = [
        func.count().label("found"),
        *(
            func.coalesce(
                func.json_agg(inner.c[column.name]).filter(kept), literal_column("'[]'::json")
            ).label(column.name)
            for column in carried
        ),
    ]
    if rows.cursors:
        cursors = func.array_agg(inner.c.cursor, type_=ARRAY(Text())).filter(kept)
        aggregated.append(cursors.label("cursors"))
    if people:
        aggregated.append(people.of_rows(inner, kept).label("people"))
    above = select(*aggregated).select_from(inner).correlate_except(inner).subquery()
    level = Level(above)
    fields = connection(Aggregates(above, rows.cut))
    if people:
        lateral = level.select(
            object_of(fields).label("json"), above.c.people.label("people")
        ).lateral()
        return Made(lateral.c.json, lateral, many_people=True)
    return Made(level.select(object_of(fields)).scalar_subquery())


def goes_on(level: Level, keyset: Keyset, cut: Cut) -> ColumnElement[bool]:
    """Whether there is a row behind those of a page that is read forward."""
    beyond = Level(level.row, where=level.where, alternatives=level.alternatives)
    one = beyond.select(literal_column("1")).order_by(*keyset.order_by())
    return exists(one.offset(number(cut.size)).limit(number(1)))


@dataclass(frozen=True, slots=True)
class Ends:
    """What pageInfo tells of a page; `more`: whether the list goes on in the page's direction."""

    cut: Cut
    more: ColumnElement[bool]
    cursors: ColumnElement[Any] | None = None

    def page_info(self, name: str) -> ColumnElement[Any]:
        """A field of PageInfo."""
        match name:
            case "hasNextPage":
                return _truth(self.cut.before) if self.cut.backward else self.more
            case "hasPreviousPage":
                return self.more if self.cut.backward else _truth(self.cut.after)
            case "startCursor" | "endCursor" if self.cursors is not None:
                last = func.cardinality(self.cursors)
                return self.cursors[1 if name == "startCursor" else last]
            case _:
                raise LookupError(name)


@dataclass(frozen=True, slots=True)
class Aggregates:
    """The one row above a page's rows."""

    above: FromClause
    cut: Cut

    def list(self, name: str) -> ColumnElement[Any]:
        """The JSON list of a carried column."""
        return self.above.c[name]

    @property
    def ends(self) -> Ends:
        """Where the page ends."""
        more = self.above.c.found > number(self.cut.size)
        return Ends(self.cut, more, self.above.c.get("cursors"))


def _truth(value: bool) -> ColumnElement[bool]:
    return literal_column("true" if value else "false", Boolean())
