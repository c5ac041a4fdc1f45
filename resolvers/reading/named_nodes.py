"""Named nodes: rows named by their public ids, whatever their types (Relay's `node`, `nodes`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement, FromClause, Uuid, column, func, null
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers import ids
from resolvers.reading import shapes
from resolvers.reading.catalogue import SCOPES
from resolvers.reading.fields import Selected, arguments
from resolvers.reading.places import Place
from resolvers.reading.sources import One

if TYPE_CHECKING:
    from resolvers.reading.plan import Planner

IdOf = Callable[[type[models.Base]], ColumnElement[Any]]
"""The id that is asked for, if it is one of the model's; null otherwise."""


class NamedNodes:
    """Plans one such field: `id` names a row, `ids` a list of them."""

    def __init__(self, planner: Planner, place: Place, chosen: Selected) -> None:
        self._planner = planner
        self._place = place
        self._chosen = chosen
        self._given = arguments(chosen, planner.variables)
        # A type without any scope of the actor has no row to be seen.
        self._types = [
            (name, model)
            for name, model in planner.catalogue.models.items()
            if model in ids.PREFIXES and planner.rights.reaches(SCOPES[model])
        ]

    def planned(self, level: shapes.Level) -> ColumnElement[Any]:
        """The JSON of the field, read at `level`."""
        if "ids" in self._given:
            return self._list().joined_to(level)
        getter = self._given["id"]

        def of_model(model: type[models.Base]) -> ColumnElement[Any]:
            return self._planner.bind(Uuid(), getter, partial(ids.decode, model))

        return self._first(level, of_model)

    def _list(self) -> shapes.Made:
        """One node for each id, in their order; null for one that names nothing to be seen."""
        getter = self._given["ids"]

        def of_model(model: type[models.Base]) -> Callable[[list[str]], list[Any]]:
            return lambda given: [ids.decode(model, one) for one in given]

        models_ = [model for _, model in self._types] or [models.Patient]
        columns = {model: f"id_{ids.PREFIXES[model]}" for model in models_}
        rows = (
            func.unnest(
                *(self._planner.bind(ARRAY(Uuid()), getter, of_model(model)) for model in models_)
            )
            .table_valued(
                *(column(name, Uuid()) for name in columns.values()), with_ordinality="number"
            )
            .render_derived(name=self._planner.name("n"))
        )
        level = shapes.Level(rows)
        node = self._first(level, lambda model: rows.c[columns[model]])
        return shapes.many_values(level, node, [rows.c.number])

    def _first(self, level: shapes.Level, id_of: IdOf) -> ColumnElement[Any]:
        """The first of one subquery a type; the id is null for every type but its own."""
        planner, found = self._planner, []
        for name, model in self._types:
            wanted = id_of(model)

            def named(row: FromClause, _: Any, wanted: ColumnElement[Any] = wanted) -> Any:
                return row.c.id == wanted

            source = One(model=model, filters={"id": named})
            type_ = planner.catalogue.schema.get_type(name)
            assert isinstance(type_, GraphQLObjectType)
            given = {"id": lambda _: None}
            inside, inner = planner.enter(self._place, type_, source, given, self._chosen.key)
            columns = planner.object(inside, inner, self._chosen.selections)
            found.append(shapes.one(inner, columns, ()).joined_to(level))
        return func.coalesce(*found) if found else null()
