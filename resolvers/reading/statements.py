"""Statements: a plan, ready to run; the same statement writes the audit row of what it reads."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, select

from models.rules.scopes import Reach, Rights
from resolvers import sessions
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import Forbidden
from resolvers.reading import audit, shapes
from resolvers.reading import scope as scoping
from resolvers.reading.catalogue import Catalogue
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Dated, Getter, Selected
from resolvers.reading.listings import ListedRows, Listing, shown
from resolvers.reading.overlay import Writing
from resolvers.reading.places import Place, object_type
from resolvers.reading.plan import Planner


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A selection as one statement.

    `errors` are the fields that were refused, each with its path without list positions: the same
    for every run, since the plan is for one set of rights.
    """

    statement: Statement
    errors: tuple[dict[str, Any], ...]
    _binds: Mapping[str, Getter]
    audited: audit.Shared
    """What its audit rows have in common."""
    reaches: frozenset[Reach] = frozenset()
    """What of an actor decides the rows: those with equal rights who are equal in these get the
    same answer."""
    _listing: Listing | None = None
    _dated: Mapping[str, Dated] = field(default_factory=dict)

    def key(self, rights: Rights) -> Hashable:
        """Equal for plans that answer the same to actors with the same of what `reaches` names:
        many roles differ in nothing that a selection asks for. `rights` are those it is for."""
        told = rights if "actor_scopes" in self.statement.names else None
        return (self.statement.signature(), encoded(self.errors).decode(), told)

    def asks(self, name: str) -> bool:
        """Whether it takes the value given under this name."""
        return f"given_{name}" in self.statement.names

    async def run(  # noqa: PLR0917 (who reads what, when, for whom)
        self,
        connection: Connection,
        variables: VariableValues,
        actor: Actor,
        now: datetime,
        given: Mapping[str, Any],
        heard: audit.Heard | None = None,
    ) -> bytes:
        """The JSON of the selection, as PostgreSQL wrote it.

        `given` are the values of Given, Produced and GivenRows sources; `heard` is what a push
        tells, and to whom.
        """
        data = await self.attempt(connection, variables, actor, now, given, heard=heard)
        assert data is not None
        return data

    async def attempt(  # noqa: PLR0917 (as `run`)
        self,
        connection: Connection,
        variables: VariableValues,
        actor: Actor,
        now: datetime,
        given: Mapping[str, Any],
        more: Mapping[str, Any] | None = None,
        heard: audit.Heard | None = None,
    ) -> bytes | None:
        """Like `run`, where something must hold for the statement to answer and to write: `more`
        are the values of a Writing, or of sessions.still_valid. None: it does not hold, and nothing
        was read or written, the audit included."""
        values: dict[str, Any] = {name: getter(variables) for name, getter in self._binds.items()}
        for name, parse in self._dated.items():
            values[name] = parse(values[name], now)
        values.update((f"given_{name}", value) for name, value in given.items())
        values.update(scoping.binds(actor))
        values["actor_scopes"] = actor.rights.scopes
        values["now"] = now
        values.update(audit.binds(actor, heard))
        if more is not None:
            values.update(more)
        await self.audited.keep(connection)
        sent = self.statement.bind(values)
        if self._listing is not None:
            return await self._listing.fetch(connection, self.statement.sql, sent)
        data: bytes | None = await connection.fetchval(self.statement.sql, *sent)
        return data


def plan_roots(
    catalogue: Catalogue,
    prepared: Prepared,
    rights: Rights,
    roots: Sequence[Selected],
    *,
    checked: bool = False,
) -> Plan:
    """The plan of a query's root fields.

    `checked`: the statement answers only if the actor is still who it was (sessions.still_valid).
    """
    type_ = catalogue.schema.query_type
    assert type_ is not None
    place = Place(type_, None, None, frozenset(), ())
    condition = None
    if checked:
        valid = select(sessions.still_valid().label("valid")).cte("valid")
        condition = select(valid.c.valid).scalar_subquery()
    planner = Planner(catalogue, prepared, rights)
    listed = planner.listed(place, roots)
    if listed is not None:
        return _listing(planner, prepared, listed, condition)
    planner = Planner(catalogue, prepared, rights)
    level = shapes.Level(None)
    if condition is not None:
        level.where.append(condition)
    return _plan(planner, prepared, level, planner.fields(place, level, roots))


def plan_payload(
    catalogue: Catalogue,
    prepared: Prepared,
    rights: Rights,
    root: Selected,
    *,
    replayed: bool = False,
    writing: Writing | None = None,
) -> Plan:
    """The plan of what a mutation or a subscription answers, read from what is given to the run.

    `replayed`: the mutation was done before, and is only answered again. `writing`: the statement
    does it, and answers if it could.
    """
    planner = Planner(catalogue, prepared, rights, replayed=replayed, writing=writing)
    type_: GraphQLObjectType = object_type(root)
    level = shapes.Level(None)
    place = Place(type_, None, None, frozenset(), (root.key,))
    columns = planner.object(place, level, root.selections)
    if writing is not None:
        level.where.append(writing.condition)
    return _plan(planner, prepared, level, columns, root=root, writing=writing)


def _plan(
    planner: Planner,
    prepared: Prepared,
    level: shapes.Level,
    columns: list[tuple[str, ColumnElement[Any]]],
    *,
    root: Selected | None = None,
    writing: Writing | None = None,
) -> Plan:
    answer = level.select(
        shapes.object_of(columns).label("data"),
        level.patients().array().label("people"),
    ).cte("answer")
    shared = audit.shared(prepared, planner.found, root)
    audited = audit.entries(prepared, shared, answer).cte("audited")
    written = () if writing is None else writing.written.values()
    statement = Statement(select(answer.c.data).add_cte(audited, *written))
    return _made(planner, statement, shared)


def _listing(
    planner: Planner,
    prepared: Prepared,
    rows: ListedRows,
    condition: ColumnElement[bool] | None,
) -> Plan:
    if condition is not None:
        rows.level.where.append(condition)
    listed = rows.answer()
    read = select(rows.people(listed).label("people"))
    answer = (read if condition is None else read.where(condition)).cte("answer")
    shared = audit.shared(prepared, planner.found, None)
    audited = audit.entries(prepared, shared, answer).cte("audited")
    return _made(planner, Statement(shown(listed, audited)), shared, rows.listing)


def _made(
    planner: Planner,
    statement: Statement,
    shared: audit.Shared,
    listing: Listing | None = None,
) -> Plan:
    found = planner.found
    errors = tuple(
        {
            "message": f"{name} needs the scope {scope}",
            "path": list(path),
            "extensions": {"code": Forbidden.code, "requires": scope.value},
        }
        for path, name, scope in found.refused
    )
    reaches = frozenset(found.reaches)
    return Plan(statement, errors, found.binds, shared, reaches, listing, found.dated)


def encoded(value: Any) -> bytes:
    """JSON of plain values, ids and times."""
    return orjson.dumps(value, default=_default)


def _default(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError
