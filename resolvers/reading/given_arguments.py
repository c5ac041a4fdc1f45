"""Given arguments: an argument that has a value, as the conditions of sources see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql.execution.values import VariableValues
from sqlalchemy import BindParameter, ColumnElement, FromClause
from sqlalchemy.types import TypeEngine

import models
from resolvers.errors import BadInput
from resolvers.reading import shapes
from resolvers.reading.fields import Dated, Getter

if TYPE_CHECKING:
    from resolvers.reading.plan import Planner


class GivenArgument:
    """An argument that has a value, as the conditions of sources see it (sources.Argument)."""

    def __init__(
        self, planner: Planner, name: str, getter: Getter, variables: VariableValues
    ) -> None:
        self._planner = planner
        self._name = name
        self._getter = getter
        self._variables = variables

    def __call__(
        self, type_: TypeEngine[Any], parse: Callable[[Any], Any] | None = None
    ) -> BindParameter[Any]:
        """The bind parameter that will hold the value."""

        def storable(given: Any) -> Any:
            value = given if parse is None else parse(given)
            if isinstance(value, str) and "\0" in value:
                raise BadInput(f"{self._name} holds a character that no text has", field=self._name)
            return value

        return self._planner.bind(type_, self._getter, storable)

    def by_now(self, type_: TypeEngine[Any], parse: Dated) -> BindParameter[Any]:
        """The same, of a value that is looked at beside the time of the read."""
        parameter = self._planner.bind(type_, self._getter, None)
        self._planner.found.dated[parameter.key] = parse
        return parameter

    def visible(self, model: type[models.Base], row: FromClause) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the actor sees a row that the argument names."""
        return self._planner.sight.seen(model, row)

    def truth(self) -> bool:
        """The value of a Boolean (see Prepared.shape)."""
        return bool(self._getter(self._variables))

    def words(self) -> list[ColumnElement[Any]]:
        """The values of a list of an enum, as literals (see Prepared.shape)."""
        return shapes.words(self._getter(self._variables))
