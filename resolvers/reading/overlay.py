"""Overlay: a payload that is read by the very statement that writes what it tells of.

No part of a statement sees what another part of it writes. So the statement's INSERTs return their
rows, and where the payload enters a table that is written it reads the table with those rows laid
over it: `table UNION ALL written`. See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import CTE, JSON, Column, FromClause, Table, bindparam, func, insert, select
from sqlalchemy.sql.elements import ColumnElement

import models


@dataclass(frozen=True, eq=False)
class Writing:
    """What a statement inserts before it answers. Made once, and part of the plans made for it.

    `holds` is one row with the column `holds`: what must be so for anything to be written, audit
    included. `written` are the INSERTs by model; each takes its rows from a bind parameter, see
    `inserted`.
    """

    holds: CTE
    written: Mapping[type[models.Base], CTE]

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


def rows_of(model: type[models.Base]) -> str:
    """The bind parameter of a table's new rows: JSON, a list of records."""
    return f"rows_of_{_table(model).name}"


def inserted(model: type[models.Base], holds: CTE) -> CTE:
    """The INSERT of a table's new rows, in their order; none unless `holds` does.

    A row names every column but those that the database gives (an identity, a position).
    """
    table = _table(model)
    columns = [column for column in table.c if column.name not in _GIVEN.get(model, ())]
    rows = recordset(rows_of(model), f"new_{table.name}", columns)
    source = select(*rows.c).where(held(holds))
    clause = insert(table).from_select([column.name for column in columns], source)
    return clause.returning(*table.c).cte(f"written_{table.name}")


def recordset(parameter: str, name: str, columns: list[Column[object]]) -> FromClause:
    """The records of a JSON list as rows with these columns."""
    return (
        func.json_to_recordset(bindparam(parameter, type_=JSON()))
        .table_valued(*(Column(column.name, column.type) for column in columns))
        .render_derived(name=name, with_types=True)
    )


def _table(model: type[models.Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


_GIVEN: Mapping[type[models.Base], frozenset[str]] = {
    models.LoggedEvent: frozenset({"id", "position"}),
}
