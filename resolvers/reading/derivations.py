"""Derivations: rows that no table holds, made by a SELECT within the operation's one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, ColumnElement, FromClause
from sqlalchemy.types import TypeEngine

import models
from models.rules.scopes import Scope
from resolvers.reading import scope as scoping
from resolvers.reading import shapes
from resolvers.reading.fields import Selected, arguments
from resolvers.reading.given_arguments import GivenArgument
from resolvers.reading.places import (
    GivenArguments,
    Place,
    belongs_to_patient,
    object_type,
    patient_of,
)
from resolvers.reading.sources import Derived

if TYPE_CHECKING:
    from resolvers.reading.plan import Planner


class Rights:
    """What a derivation is made with (sources.Derivation)."""

    def __init__(self, planner: Planner, given: GivenArguments) -> None:
        self._planner = planner
        self._given = given

    def seen(
        self, model: type[models.Base], row: FromClause, scope: Scope | None = None
    ) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the actor sees a row of the table."""
        return (scoping.of_hospital(row), *self._planner.sight.seen(model, row, scope))

    def argument(self, name: str) -> GivenArgument | None:
        """An argument by its GraphQL name."""
        getter = self._given.get(name)
        if getter is None:
            return None
        return GivenArgument(self._planner, name, getter, self._planner.variables)

    def combined(
        self, names: Sequence[str], type_: TypeEngine[Any], parse: Callable[..., Any]
    ) -> BindParameter[Any]:
        """The bind parameter of what follows from several arguments, all of them given."""
        getters = [self._given[name] for name in names]
        return self._planner.bind(
            type_,
            lambda variables: [getter(variables) for getter in getters],
            lambda values: parse(*values),
        )


def derived(planner: Planner, place: Place, chosen: Selected, source: Derived) -> shapes.Made:
    """The rows as a list, or the first of them as an object."""
    rights = Rights(planner, arguments(chosen, planner.variables))
    # The row that it hangs on is outside, and whatever else it reads is its own.
    made = source.rows(place.row, rights).correlate(place.row)
    rows = made.lateral(planner.name("d"))
    level = shapes.Level(rows)
    if source.of is not None and belongs_to_patient(source.of) and not place.of_patient:
        level.people.append(shapes.People(patient_of(rows)))
    path = (*place.path, chosen.key)
    inside = Place(object_type(chosen), source.of, rows, frozenset(), path)
    columns = planner.object(inside, level, chosen.selections)
    order = [rows.c[name] for name in source.order]
    if source.single:
        return shapes.one(level, columns, order)
    return shapes.many(level, columns, order)
