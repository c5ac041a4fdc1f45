"""Overlay: a payload that is read by the very statement that writes what it tells of.

No part of a statement sees what another part of it writes. So the statement's INSERTs return their
rows, and where the payload enters a table that is written it reads the table with those rows laid
over it: `table UNION ALL written`. See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    CTE,
    JSON,
    Boolean,
    Column,
    FromClause,
    Table,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

import models
from resolvers.reading.catalogue import SCOPES

Filled = Mapping[
    str, Callable[[FromClause, Mapping[type[models.Base], FromClause]], ColumnElement[Any]]
]
"""Columns of a new row that the statement finds out: (the row, what was written before) → value."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What a statement inserts before it answers. Made once, and part of the plans made for it.

    `holds` is one row with the column `holds`: what must be so for anything to be written, audit
    included. `written` are the INSERTs by model, see `inserted`; `many` are those that take lists.
    """

    holds: CTE
    written: Mapping[type[models.Base], CTE]
    many: frozenset[type[models.Base]]

    def in_place_of(self, model: type[models.Base], name: str, *, produced: bool) -> FromClause:
        """What is read in place of a table that is written, under this name; `produced`: by an id
        that the mutation produced, which is always that of a new row."""
        written = self.written[model]
        if produced:
            return written.alias(name)
        return select(*_table(model).c).union_all(select(*written.c)).subquery(name)

    @property
    def condition(self) -> ColumnElement[bool]:
        """That what must hold does."""
        return held(self.holds)


def held(holds: CTE) -> ColumnElement[bool]:
    """The one value of `Writing.holds`."""
    return select(holds.c.holds).scalar_subquery()


def inserted(
    model: type[models.Base],
    holds: CTE,
    *,
    many: bool,
    filled: Filled,
    written: Mapping[type[models.Base], FromClause],
) -> CTE:
    """The INSERT of a table's new rows, in their order; none unless `holds` does.

    Not `many`: one row or none, which saves reading it out of a list. A row names every column but
    those that the database gives (an identity, a position); `values` are of the parameters. What
    it has in a `filled` column does not count.
    """
    table = _table(model)
    if many:
        rows = records(_parameter(model), f"new_{table.name}", columns_of(model))
        conditions = [held(holds)]
    else:
        one = select(*record(_parameter(model), columns_of(model)))
        rows = one.subquery(f"new_{table.name}")
        conditions = [held(holds), bindparam(f"{_parameter(model)}_given", type_=Boolean())]
    values = [
        filled[column.name](rows, written) if column.name in filled else column for column in rows.c
    ]
    source = select(*values).select_from(rows).where(*conditions)
    clause = insert(table).from_select([column.name for column in columns_of(model)], source)
    # Of what nobody can ask for, nothing need come back.
    read = clause.returning(*table.c) if model in SCOPES else clause
    return read.cte(f"written_{table.name}")


def values(
    model: type[models.Base], rows: Sequence[Mapping[str, Any]], *, many: bool
) -> Mapping[str, Any]:
    """The values of the parameters of an INSERT."""
    one = _one(model)
    if many:
        return {one.parameter: listed(rows)}
    if not rows:
        return one.nothing
    row = rows[0]
    found = {parameter: row[name] for parameter, name in one.columns}
    found[one.given] = True
    for parameter, name in one.objects:
        # A jsonb column by itself takes text.
        found[parameter] = orjson.dumps(row[name], default=_spelt).decode()
    return found


class _One(NamedTuple):
    """The parameters of one row of a table: of each column, of those that hold objects, and of
    whether there is a row; `nothing` are the values if there is none."""

    parameter: str
    columns: tuple[tuple[str, str], ...]
    objects: tuple[tuple[str, str], ...]
    given: str
    nothing: Mapping[str, Any]


@cache
def _one(model: type[models.Base]) -> _One:
    parameter = _parameter(model)
    columns = {f"{parameter}_{column.name}": column for column in columns_of(model)}
    given = f"{parameter}_given"
    return _One(
        parameter,
        tuple((name, str(column.name)) for name, column in columns.items()),
        tuple(
            (name, str(column.name))
            for name, column in columns.items()
            if isinstance(column.type, JSON)
        ),
        given,
        {**dict.fromkeys(columns), given: False},
    )


def records(parameter: str, name: str, columns: Iterable[Column[Any]]) -> FromClause:
    """The records of a JSON list as rows with these columns."""
    return (
        func.json_to_recordset(bindparam(parameter, type_=JSON()))
        .table_valued(*(Column(column.name, column.type) for column in columns))
        .render_derived(name=name, with_types=True)
    )


def record(parameter: str, columns: Iterable[Column[Any]]) -> list[ColumnElement[Any]]:
    """The columns of one row, a parameter each."""
    return [
        bindparam(f"{parameter}_{column.name}", type_=column.type).label(column.name)
        for column in columns
    ]


def listed(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as `records` takes them: exact numbers and bytes are strings."""
    return orjson.dumps(rows, default=_spelt)


def _spelt(value: Any) -> str:
    match value:
        case Decimal() | UUID():  # orjson knows UUIDs, but not those that asyncpg makes
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
    raise TypeError


@cache
def columns_of(model: type[models.Base]) -> tuple[Column[Any], ...]:
    """The columns that a new row names."""
    given = _GIVEN.get(model, ())
    return tuple(column for column in _table(model).c if column.name not in given)


def _parameter(model: type[models.Base]) -> str:
    return f"new_{_table(model).name}"


def _table(model: type[models.Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


_GIVEN: Mapping[type[models.Base], frozenset[str]] = {
    models.LoggedEvent: frozenset({"id", "position"}),
}
