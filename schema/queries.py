"""Queries: from a prepared operation to the bytes of its answer, by one statement.

The statement asks as well whether the actor is still who it was when the session was looked up
(docs/decisions/0008). Where it is not, nothing was read, and the actor is looked up anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import asyncpg

from resolvers import sessions
from resolvers.actors import Actor
from resolvers.errors import BadInput, Unauthenticated
from resolvers.lanes import Lanes
from resolvers.policy import Policy
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected, roots_of
from resolvers.reading.request_errors import RequestError
from resolvers.reading.statements import Plan, encoded, plan_roots
from schema.catalogue import CATALOGUE, CORE
from schema.introspection import INTROSPECTION, among, introspect
from schema.plans import Plans
from schema.stations import Presence, stations_for
from schema.viewers import given_of

Pool: TypeAlias = "asyncpg.Pool[Any]"
Reading: TypeAlias = "asyncpg.Pool[Any] | Lanes"
Renew: TypeAlias = Callable[[Actor], Awaitable[Actor | None]]
"""Looks an actor up anew; None where the session has ended."""

MOST_INTROSPECTION = 3
"""How many roots of one operation may ask about the schema, whose whole description is large."""
MOST_RENEWALS = 3
"""How often a query begins again because the rights of its actor moved under it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Query:
    """What the roots of an operation ask for; `plan` is None where they read nothing."""

    roots: Sequence[Selected]
    introspected: Sequence[Selected]
    plan: Plan | None
    errors: bytes


class Queries:
    """Answers queries. `renew` is asked where the actor is not who it was any more."""

    def __init__(
        self, pool: Reading, policy: Policy, renew: Renew | None, presence: Presence | None
    ) -> None:
        self._pool = pool
        self._presence = presence
        self._policy = policy
        self._renew = renew
        self._queries: Plans[_Query] = Plans(_sql)

    async def answer(self, prepared: Prepared, actor: Actor | None) -> bytes:
        """The body of the answer; a Refusal where nothing can be answered."""
        if actor is None:
            return self._of_stranger(prepared)
        for _ in range(MOST_RENEWALS):
            checked = actor.session_id is not None and self._renew is not None
            query = self._query(prepared, actor, checked=checked)
            data = await self._data(query, prepared, actor, checked=checked)
            if data is not None:
                return b'{"data":' + data + query.errors
            assert self._renew is not None
            renewed = await self._renew(actor)
            if renewed is None:
                return self._of_stranger(prepared)
            actor = renewed
        raise RuntimeError("the rights of an actor move faster than they can be read")

    def _query(self, prepared: Prepared, actor: Actor, *, checked: bool) -> _Query:
        key = (prepared.name, prepared.shape, actor.rights, checked)
        return self._queries.get(
            prepared.document, key, lambda: _planned(prepared, actor, checked=checked)
        )

    async def _data(
        self, query: _Query, prepared: Prepared, actor: Actor, *, checked: bool
    ) -> bytes | None:
        data: bytes | None = b"{}"
        if query.plan is not None:
            now = datetime.now(UTC)
            if checked and not actor.holds(now):
                return None
            valid = sessions.validity(actor, now, self._policy) if checked else None
            given = await stations_for(query.plan, self._presence, actor)
            given |= given_of(self._policy)
            async with self._pool.acquire() as connection:
                data = await query.plan.attempt(
                    connection, prepared.variables, actor, now, given, valid
                )
        if data is not None and query.introspected:
            told = introspect(CORE, prepared, query.introspected)
            return among(data, told, query.roots)
        return data

    def _of_stranger(self, prepared: Prepared) -> bytes:
        """Who has not signed in may ask about the schema alone."""
        roots, introspected, _ = _parted(prepared)
        for one in roots:
            if one.name not in INTROSPECTION and one.name != "__typename":
                error = stranger()
                raise RequestError(
                    [{"message": error.message, "extensions": error.extensions, "path": [one.key]}]
                )
        told = introspect(CORE, prepared, introspected) if introspected else {}
        found = {one.key: told.get(one.key, "Query") for one in roots}
        return b'{"data":' + encoded(found) + b"}"


def stranger() -> Unauthenticated:
    """Nobody has signed in."""
    return Unauthenticated("sign in first")


def _sql(query: _Query) -> str:
    return "" if query.plan is None else query.plan.statement.sql


def _planned(prepared: Prepared, actor: Actor, *, checked: bool) -> _Query:
    roots, introspected, read = _parted(prepared)
    plan = None
    if read:
        plan = plan_roots(CATALOGUE, prepared, actor.rights, read, checked=checked)
    errors = b',"errors":' + encoded(list(plan.errors)) if plan and plan.errors else b""
    return _Query(roots, introspected, plan, errors + b"}")


def _parted(prepared: Prepared) -> tuple[list[Selected], list[Selected], list[Selected]]:
    """All roots; those about the schema; those to be read."""
    roots = roots_of(CORE, prepared)
    introspected = [one for one in roots if one.name in INTROSPECTION]
    if len(introspected) > MOST_INTROSPECTION:
        raise BadInput(
            f"the operation asks for the schema more than {MOST_INTROSPECTION} times",
            field="query",
            limit=str(MOST_INTROSPECTION),
        )
    return roots, introspected, [one for one in roots if one.name not in INTROSPECTION]
