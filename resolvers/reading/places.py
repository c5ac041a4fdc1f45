"""Places: where the planner stands in a selection, and what it knows of the row it reads there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    literal_column,
)
from sqlalchemy import cast as sql_cast

import models
from models.rules.scopes import Reach
from resolvers.reading.fields import Getter, Selected

GivenArguments = Mapping[str, Getter]

WRITTEN = frozenset({Reach.AUTHORED})
"""The reaches of a row seen for itself alone: nothing is inferred for the rows behind it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the planner stands: the object type, the row it reads, what is known of that row."""

    type_: GraphQLObjectType
    model: type[models.Base] | None
    row: FromClause | None
    reaches: frozenset[Reach]
    path: tuple[str, ...]
    borrowed: bool = False
    """Whether the row is shown as a part of the one before it, be it in the actor's reach or not:
    the bed of a stay on another ward."""

    @property
    def of_patient(self) -> bool:
        """Whether the row is a patient's data, whose patient is already in the audit."""
        return self.model is not None and belongs_to_patient(self.model)


def belongs_to_patient(model: type[models.Base]) -> bool:
    """Whether rows of the table are a patient's data."""
    return model is models.Patient or (
        "patient_id" in model.__table__.c and model is not models.User
    )


def object_type(chosen: Selected) -> GraphQLObjectType:
    """The object type of a field."""
    assert chosen.definition is not None
    return cast("GraphQLObjectType", get_named_type(chosen.definition.type))


def typename(type_: GraphQLObjectType) -> ColumnElement[Any]:
    """`__typename`; names of types are letters, so they stand in the SQL as they are."""
    return literal_column(f"'{type_.name}'", Text())


class _Part:
    """Some columns of a row, under names of their own."""

    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self.c = columns


def part_of(row: FromClause, prefix: str) -> FromClause:
    """What sources see of a row whose columns of that prefix are an object."""
    found = {
        name.removeprefix(prefix): one for name, one in row.c.items() if name.startswith(prefix)
    }
    return cast("FromClause", _Part(found))


def row_of(place: Place) -> FromClause:
    """The row alias of a place that has one."""
    assert place.row is not None
    return place.row


def spoken(chosen: Selected, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A leaf as JSON speaks it: a Decimal is a string, so that no client rounds it."""
    assert chosen.definition is not None
    if get_named_type(chosen.definition.type).name == "Decimal":
        return sql_cast(value, Text())
    return value


def patient_of(row: FromClause) -> ColumnElement[Any]:
    return row.c.patient_id if "patient_id" in row.c else row.c.id
