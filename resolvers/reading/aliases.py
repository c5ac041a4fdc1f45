"""Aliases: tables under names of their own, as what is planned for each document reads them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import FromClause, Table, TableClause, column, table

import models


def alias_of(model: type[models.Base], name: str | None = None) -> FromClause:
    """The model's table under a name of the statement's own; without one SQLAlchemy finds it."""
    return _light(model).alias(name)


@cache
def _light(model: type[models.Base]) -> TableClause:
    """The table by its names and types alone: to copy the columns of the model's own, with their
    keys and constraints, for each alias takes a quarter of the time of planning."""
    own = model.__table__
    assert isinstance(own, Table)
    return table(own.name, *(column(one.name, one.type) for one in own.c))
