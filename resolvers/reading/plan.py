"""Plan: one operation of one document for one set of rights, as one SQL statement.

Everything that must hold for every read is decided here, once: which fields the actor may see
(refused ones are null and never read), which rows (resolvers/reading/scope), what is written to the
audit. See docs/decisions/0001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from graphql import GraphQLObjectType, SelectionSetNode
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    null,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

import models
from models.rules.scopes import Reach, Rights, Scope
from resolvers import ids
from resolvers.errors import BadInput
from resolvers.reading import scope as scoping
from resolvers.reading import shapes
from resolvers.reading.aliases import alias_of
from resolvers.reading.catalogue import SCOPES, Catalogue
from resolvers.reading.connections import Connection, cut_of
from resolvers.reading.derivations import derived
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Collector, Dated, Getter, Selected, arguments
from resolvers.reading.given_arguments import GivenArgument
from resolvers.reading.listings import ListedRows
from resolvers.reading.named_nodes import NamedNodes
from resolvers.reading.overlay import Writing
from resolvers.reading.pages import ordering
from resolvers.reading.places import (
    WRITTEN,
    GivenArguments,
    Place,
    belongs_to_patient,
    object_type,
    part_of,
    patient_of,
    row_of,
    spoken,
    typename,
)
from resolvers.reading.sight import Sight
from resolvers.reading.sources import (
    Actor,
    AnyNode,
    Derived,
    Embedded,
    Given,
    GivenRows,
    Many,
    One,
    Page,
    Produced,
    Relation,
    Source,
    Value,
)


@dataclass(slots=True)
class Findings:
    """What planning found out beside the SQL."""

    refused: list[tuple[tuple[str, ...], str, Scope]] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    scopes: set[Scope] = field(default_factory=set)
    binds: dict[str, Getter] = field(default_factory=dict)
    dated: dict[str, Dated] = field(default_factory=dict)
    reaches: set[Reach] = field(default_factory=set)
    """The reaches whose conditions are in the SQL: what of an actor decides the rows."""


class Planner:
    """Plans one operation. Used once. `writing`: what the statement writes beside."""

    def __init__(
        self,
        catalogue: Catalogue,
        prepared: Prepared,
        rights: Rights,
        *,
        replayed: bool = False,
        writing: Writing | None = None,
    ) -> None:
        self._writing = writing
        self.catalogue = catalogue
        self.variables = prepared.variables
        self._collector = Collector(catalogue.schema, prepared)
        self.rights = rights
        self._serial = 0
        self.found = Findings()
        self.sight = Sight(rights, self.found, replayed=replayed)

    def object(
        self, place: Place, level: shapes.Level, sets: Iterable[SelectionSetNode]
    ) -> list[tuple[str, ColumnElement[Any]]]:
        """The keys and expressions of an object's selection, read at `level`."""
        chosen = self._collector.collect(place.type_, sets)
        return self.fields(place, level, chosen)

    def fields(
        self, place: Place, level: shapes.Level, chosen: Iterable[Selected]
    ) -> list[tuple[str, ColumnElement[Any]]]:
        """The same for fields already collected."""
        return [(one.key, self._field(place, level, one)) for one in chosen]

    def _field(self, place: Place, level: shapes.Level, chosen: Selected) -> ColumnElement[Any]:
        if chosen.name == "__typename":
            return typename(place.type_)
        source = self.catalogue.sources[place.type_.name, chosen.name]
        if not place.path:
            self.found.roots.add(f"{place.type_.name}.{chosen.name}")
        refused = self._refusing(chosen, source)
        if refused is not None:
            what, scope = refused
            name = f"{place.type_.name}.{chosen.name}{what}"
            self.found.refused.append(((*place.path, chosen.key), name, scope))
            return null()
        if place.of_patient or place.model is models.AuditEntry:
            self.found.read.add(f"{place.type_.name}.{chosen.name}")
        match source:
            case Value():
                return self._value(place, chosen, source)
            case Actor():
                return bindparam("actor_scopes", type_=ARRAY(Text()))
            case Given():
                return spoken(chosen, bindparam(f"given_{source.name}", type_=source.type_))
            case Embedded():
                return self._embedded(place, level, chosen, source)
            case Derived() | GivenRows():
                return self._plain_rows(place, chosen, source).joined_to(level)
            case AnyNode():
                return NamedNodes(self, place, chosen).planned(level)
            case Relation():
                return self._relation(place, chosen, source).joined_to(level)
        raise TypeError(source)

    def _refusing(self, chosen: Selected, source: Source) -> tuple[str, Scope] | None:
        """The scope that the actor lacks, if any: for the field itself, or for an argument given
        (then which)."""
        needed = source.requires
        if needed is None and isinstance(source, Relation) and not source.inherits:
            needed = SCOPES.get(source.model)
        asked = {"": needed} if isinstance(needed, Scope) else {}
        if isinstance(source, Relation) and source.needs:
            given = arguments(chosen, self.variables)
            asked |= {f"({name}:)": need for name, need in source.needs.items() if name in given}
        for what, scope in asked.items():
            if not self.rights.reaches(scope):
                return what, scope
        self.found.scopes.update(asked.values())
        return None

    def _value(self, place: Place, chosen: Selected, source: Value) -> ColumnElement[Any]:
        assert place.row is not None
        value = spoken(chosen, source.expression(place.row))
        if source.masked is not None and place.borrowed:
            assert place.model is not None
            seen = self.sight.seen(place.model, place.row)
            return case((and_(*seen), value), else_=source.masked) if seen else value
        if not isinstance(source.requires, Scope):
            return value
        reaches = self.rights.reaches(source.requires)
        # Of a row that was only just written nothing is known: who wrote it may not have made it.
        known = place.reaches is not WRITTEN and place.reaches <= reaches
        if Reach.HOSPITAL in reaches or known:
            return value
        # The row is seen in a wider reach than this field is.
        assert place.model is not None
        within = self.sight.within(place.model, place.row, reaches)
        return case((and_(*within), value), else_=null())

    def _embedded(
        self, place: Place, level: shapes.Level, chosen: Selected, source: Embedded
    ) -> ColumnElement[Any]:
        inside = replace(place, type_=object_type(chosen), path=(*place.path, chosen.key))
        if source.prefix:
            inside = replace(inside, row=part_of(row_of(place), source.prefix))
        made = shapes.object_of(self.object(inside, level, chosen.selections))
        if source.present is None:
            return made
        assert place.row is not None
        return case((source.present(place.row), made), else_=null())

    def _relation(self, place: Place, chosen: Selected, source: Relation) -> shapes.Made:
        given = arguments(chosen, self.variables)
        if isinstance(source, One) and source.named_by and not given.keys() & source.named_by:
            named = " or ".join(source.named_by)
            raise BadInput(f"{named} must be given", field=source.named_by[0])
        type_ = object_type(chosen)
        if isinstance(source, Page):
            return self._connection(place, chosen, source, given).made(chosen)
        inside, level = self.enter(place, type_, source, given, chosen.key)
        columns = self.object(inside, level, chosen.selections)
        if isinstance(source, Many):
            made = shapes.many(level, columns, ordering(source.order, row_of(inside)))
            if source.present is None:
                return made
            return replace(made, json=case((source.present(row_of(place)), made.json)))
        order = source.order if isinstance(source, One) else ()
        return shapes.one(level, columns, ordering(order, row_of(inside)))

    def _connection(
        self, place: Place, chosen: Selected, source: Page, given: GivenArguments
    ) -> Connection:
        cut = cut_of(chosen, given, self.variables)
        inside, level = self.enter(place, object_type(chosen), source, given, chosen.key)
        return Connection(self, source, given, cut, parent=place, inside=inside, level=level)

    def listed(self, place: Place, roots: Sequence[Selected]) -> ListedRows | None:
        """The operation as rows, where all it asks for is one flat page."""
        if len(roots) != 1 or roots[0].name == "__typename":
            return None
        source = self.catalogue.sources[place.type_.name, roots[0].name]
        if not isinstance(source, Page) or self._refusing(roots[0], source):
            return None
        self.found.roots.add(f"{place.type_.name}.{roots[0].name}")
        given = arguments(roots[0], self.variables)
        return self._connection(place, roots[0], source, given).listed(roots[0])

    def is_flat(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> bool:
        """Whether nothing selected of the type is a list of rows, at any depth."""
        return all(self._is_flat(type_, one) for one in self._collector.collect(type_, sets))

    def _is_flat(self, type_: GraphQLObjectType, one: Selected) -> bool:
        if one.name == "__typename":
            return True
        match self.catalogue.sources[type_.name, one.name]:
            case Value():
                return True
            case Embedded() | One():
                return self.is_flat(object_type(one), one.selections)
        return False

    def _plain_rows(
        self, place: Place, chosen: Selected, source: Derived | GivenRows
    ) -> shapes.Made:
        """Rows of no table: made by a SELECT, or given as a table whose first column, the index,
        keeps their order."""
        if isinstance(source, Derived):
            return derived(self, place, chosen, source)
        columns = [column("index", Integer()), *(column(n, t) for n, t in source.columns.items())]
        known = bindparam(f"given_{source.name}", type_=JSON())
        row = (
            func.json_to_recordset(known)
            .table_valued(*columns)
            .render_derived(name=self.name("g"), with_types=True)
        )
        level = shapes.Level(row)
        if source.on is not None:
            level.where.append(source.on(place.row, row))
        inside = Place(object_type(chosen), None, row, frozenset(), (*place.path, chosen.key))
        made = shapes.many(level, self.object(inside, level, chosen.selections), [row.c.index])
        if source.on is None:
            return made
        told: list[ColumnElement[bool]] = [known.is_not(None)]
        assert place.model is not None
        assert place.row is not None
        if place.borrowed:
            told += self.sight.seen(place.model, place.row)
        if isinstance(source.requires, Scope):
            # The row may be seen in a wider reach than these are.
            reaches = self.rights.reaches(source.requires)
            told += self.sight.within(place.model, place.row, reaches)
        return replace(made, json=case((and_(*told), made.json)))

    def enter(
        self,
        place: Place,
        type_: GraphQLObjectType,
        source: Relation,
        given: GivenArguments,
        key: str,
    ) -> tuple[Place, shapes.Level]:
        """Step into a table: a row alias under the conditions of relation, scope and filters."""
        row = self._row(place, source)
        level = shapes.Level(row)
        if source.on is not None:
            level.where.append(source.on(place.row, row))
        if place.model is None or source.on is None:
            # Nothing else ties the row to the actor's hospital.
            level.where.append(scoping.of_hospital(row))
        reaches = self.sight.reaches(place, source)
        level.where += self.sight.entered(place, source, row, reaches)
        for name, condition in source.filters.items():
            if name in given:
                argument = GivenArgument(self, name, given[name], self.variables)
                wanted = condition(row, argument)
                if isinstance(wanted, tuple):
                    level.alternatives.append(wanted)
                else:
                    level.where.append(wanted)
                if source.model is models.AuditEntry and name == "patient":
                    # Who asks who saw a patient has seen something of the patient.
                    asked = argument(Uuid(), partial(ids.decode, models.Patient))
                    level.people.append(shapes.People(asked))
                needed = source.needs.get(name)
                if needed is not None:
                    # An argument asks only of the rows in which its own scope may be read.
                    may = self.sight.within(source.model, row, self.rights.reaches(needed))
                    level.where += may
        known = place.reaches if source.inherits or reaches is None else reaches
        if isinstance(source, Produced):
            level.where.append(row.c.id == bindparam(f"given_{source.name}", type_=Uuid()))
            known = WRITTEN if reaches is None else reaches
        if belongs_to_patient(source.model) and not place.of_patient:
            level.people.append(shapes.People(patient_of(row)))
        path = (*place.path, key)
        return Place(type_, source.model, row, known, path, borrowed=source.inherits), level

    def _row(self, place: Place, source: Relation) -> FromClause:
        """An alias of the table that is entered, or of what stands for it where it is written."""
        name = self.name("t")
        if self._writing is None or source.model not in self._writing.written:
            return alias_of(source.model, name)
        produced = isinstance(source, Produced) or (place.model is None and place.row is not None)
        return self._writing.in_place_of(source.model, name, produced=produced)

    def collect(self, chosen: Selected) -> list[Selected]:
        """The fields selected below `chosen`."""
        return self._collector.collect(object_type(chosen), chosen.selections)

    def name(self, prefix: str) -> str:
        """A new name of the statement's own."""
        self._serial += 1
        return f"{prefix}{self._serial}"

    def bind(
        self, type_: TypeEngine[Any], getter: Getter, parse: Callable[[Any], Any] | None
    ) -> BindParameter[Any]:
        name = self.name("a")
        self.found.binds[name] = (
            getter if parse is None else (lambda variables: parse(getter(variables)))
        )
        return bindparam(name, type_=type_)
