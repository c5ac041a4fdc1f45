"""Known actors: who holds a token, without asking the database each time.

A query's own statement asks whether the session still stands and the user's rights are still those
that were read (`sessions.still_valid`, docs/decisions/0008): so what is remembered here saves the
round trip and is never believed. Whoever does not ask that has to look the actor up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from resolvers import sessions
from resolvers.actors import Actor
from resolvers.policy import Policy

KEPT = 10_000
REMEMBERED = timedelta(seconds=20)
"""How long an actor is remembered: the look-up is what notes that a session is in use."""


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    until: datetime


class KnownActors:
    """The actors of the tokens that this process has seen lately, by the token's hash."""

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        policy: Policy,
        *,
        kept: int = KEPT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._kept = kept
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._tokens: dict[UUID, bytes] = {}

    async def of_token(self, token: str, address: str | None) -> Actor | None:
        """Who holds the token, perhaps as of a moment ago; None where its session has ended."""
        key = sessions.token_hash(token)
        if key is None:
            return None
        now = self._clock()
        known = self._known.get(key)
        if known is not None and now < known.until:
            actor = known.actor
            return actor if actor.address == address else replace(actor, address=address)
        async with self._pool.acquire() as connection:
            found = await sessions.actor_of(
                connection, token, address=address, now=now, policy=self._policy
            )
        if found is None:
            self._forget(key)
        else:
            self._keep(key, found, now)
        return found

    async def renewed(self, actor: Actor) -> Actor | None:
        """The actor as the session stands now; None where it has ended."""
        assert actor.session_id is not None
        now = self._clock()
        async with self._pool.acquire() as connection:
            found = await sessions.actors_of(
                connection, [actor.session_id], now=now, policy=self._policy
            )
        key = self._tokens.get(actor.session_id)
        current = found.get(actor.session_id)
        if current is None:
            if key is not None:
                self._forget(key)
            return None
        current = replace(current, address=actor.address)
        if key is not None:
            self._keep(key, current, now)
        return current

    def _keep(self, key: bytes, actor: Actor, now: datetime) -> None:
        assert actor.session_id is not None
        until = now + REMEMBERED
        if actor.opened_until is not None:
            until = min(until, actor.opened_until)
        self._known[key] = _Known(actor, until)
        self._known.move_to_end(key)
        self._tokens[actor.session_id] = key
        if len(self._known) > self._kept:
            self._forget(next(iter(self._known)))

    def _forget(self, key: bytes) -> None:
        known = self._known.pop(key, None)
        if known is not None and known.actor.session_id is not None:
            self._tokens.pop(known.actor.session_id, None)
