"""Listings: a flat page of one root as rows, whose JSON is built here.

PostgreSQL builds the JSON of nested lists faster than anything else could. The rows of a flat page
it gives out faster than it makes one text of them, and orjson writes that text in a fraction of the
time; so an operation that asks for one such page and nothing else is run this way. Rights, scope
and audit are those of any plan.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import (
    CTE,
    TIMESTAMP,
    ColumnElement,
    Date,
    Select,
    Text,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast

from resolvers.database import Connection
from resolvers.reading import shapes
from resolvers.reading.pages import Cut

_NAME = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")

Builder = Callable[[Sequence[Any]], list[dict[str, Any]]]

Field = tuple[str, str]
"""The response key of a field, and its name in the schema."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A field of the connection: its key, its name, the fields below it and the type it is in."""

    key: str
    name: str
    inner: tuple[Field, ...]
    type_name: str
    inner_type_name: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """How rows become the JSON of the answer: one root, `root`, with these fields.

    A row has the columns of a node, in the order of the keys in `node`, then the keys of the sort
    if a cursor is asked for, or else one that is true: the last is never null.
    """

    root: str
    fields: tuple[Listed, ...]
    node: tuple[str, ...]
    cut: Cut
    built: Builder
    """Makes the nodes of rows (see `builder`)."""

    async def fetch(self, connection: Connection, sql: str, values: Sequence[Any]) -> bytes | None:
        """Run the statement; None where it answers nothing (see Plan.attempt)."""
        rows = await connection.fetch(sql, *values)
        if not rows:
            return None
        return self._written([] if rows[0][-1] is None else rows)

    def _written(self, rows: list[Any]) -> bytes:
        size = self.cut.size
        more = len(rows) > size
        if more:
            rows = rows[:size]
        if self.cut.backward:
            rows.reverse()
        answer = {one.key: self._field(one, rows, more=more) for one in self.fields}
        return orjson.dumps({self.root: answer}, default=_fragment)

    def _field(self, one: Listed, rows: list[Any], *, more: bool) -> Any:
        match one.name:
            case "nodes":
                return self.built(rows)
            case "edges":
                nodes = self.built(rows)
                return [self._edge(one, *each) for each in zip(rows, nodes, strict=True)]
            case "pageInfo":
                return {key: self._page_info(one, name, rows, more=more) for key, name in one.inner}
        return one.type_name

    def _edge(self, one: Listed, row: Any, node: dict[str, Any]) -> dict[str, Any]:
        edge: dict[str, Any] = {}
        for key, name in one.inner:
            match name:
                case "cursor":
                    edge[key] = self._cursor(row)
                case "node":
                    edge[key] = node
                case _:
                    edge[key] = one.inner_type_name
        return edge

    def _page_info(self, one: Listed, name: str, rows: list[Any], *, more: bool) -> Any:
        match name:
            case "hasNextPage":
                return self.cut.before if self.cut.backward else more
            case "hasPreviousPage":
                return more if self.cut.backward else self.cut.after
            case "startCursor":
                return self._cursor(rows[0]) if rows else None
            case "endCursor":
                return self._cursor(rows[-1]) if rows else None
        return one.inner_type_name

    def _cursor(self, row: Any) -> str:
        """As PostgreSQL writes it (pages.Keyset.cursor)."""
        keys = ", ".join(_key(key) for key in tuple(row)[len(self.node) :])
        return base64.b64encode(f"[{keys}]".encode()).decode()


def builder(node: Sequence[str], more: int) -> Builder:
    """A function from rows to nodes with these keys; a row has `more` columns behind them.

    Written for these keys, it takes less than half the time of dict(zip(node, row)).
    """
    names = [f"c{number}" for number in range(len(node) + more)]
    pairs = ", ".join(f"{key!r}: {name}" for key, name in zip(node, names, strict=False))
    # The keys are names of GraphQL: letters, digits and underscores.
    if not all(_NAME.fullmatch(key) for key in node):
        raise ValueError("no name of GraphQL")
    made = eval(f"lambda rows: [{{{pairs}}} for {', '.join(names)}, in rows]", {})  # noqa: S307
    return cast("Builder", made)


def _key(value: Any) -> str:
    text = time_spoken(value) if isinstance(value, datetime) else str(value)
    return orjson.dumps(text).decode()


def time_spoken(value: datetime) -> str:
    """A time in UTC as PostgreSQL's JSON has it: no zeros at the end of a fraction."""
    text = value.isoformat()
    if not value.microsecond:
        return text
    seconds, _, zone = text.partition("+")
    return f"{seconds.rstrip('0')}+{zone}"


def _fragment(value: Any) -> orjson.Fragment:
    """What PostgreSQL wrote as JSON already."""
    if isinstance(value, bytes):
        return orjson.Fragment(value)
    raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class ListedRows:
    """The rows of a listing, as SQL: the columns of a node, and the keys of the sort or none."""

    listing: Listing
    level: shapes.Level
    columns: Sequence[ColumnElement[Any]]
    order: Sequence[ColumnElement[Any]]
    keys: Sequence[ColumnElement[Any]]
    limit: int

    def answer(self) -> CTE:
        """The rows, one more than asked for if somebody asks whether the list goes on."""
        columns = [_as_text(column) for column in self.columns]
        last = self.keys or (literal_column("true"),)
        return (
            self.level.select(
                *(column.label(f"c{n}") for n, column in enumerate((*columns, *last))),
                self.level.patients().expression.label("people"),
            )
            .order_by(*self.order)
            .limit(shapes.number(self.limit))
            .cte("listed")
        )

    def people(self, listed: CTE) -> ColumnElement[Any]:
        """Whose rows the answer holds, without the row too many, as one uuid[]."""
        kept = select(listed.c.people).limit(shapes.number(self.listing.cut.size)).subquery()
        everybody = shapes.People(kept.c.people, self.level.patients().many).of_rows(kept)
        return func.coalesce(select(everybody).select_from(kept).scalar_subquery(), shapes.NOBODY)


def shown(listed: CTE, audited: CTE) -> Select[Any]:
    """The rows, if the audit was written, in their order; a row of nulls where there are none."""
    columns = [column for column in listed.c if column.name != "people"]
    return select(*columns).select_from(audited.outerjoin(listed, literal_column("true")))


def _as_text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Dates and times as PostgreSQL's JSON has them, so that nothing here reads and writes them."""
    if isinstance(value.type, Date):
        return sql_cast(value, Text())
    if isinstance(value.type, TIMESTAMP):
        return func.replace(
            sql_cast(value, Text()), literal_column("' '"), literal_column("'T'")
        ).op("||")(literal_column("':00'"))
    return value
