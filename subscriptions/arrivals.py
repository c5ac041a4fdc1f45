"""Arrivals: who the tokens of new sockets are, asked for all who come at once.

A ward's screens come back together. Those whose session is still looked at (Standing) cost nothing;
the others gather while one statement runs, and are asked for by the next one.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg

from resolvers import session_crowds, sessions
from resolvers.actors import Actor
from resolvers.policy import Policy
from subscriptions.counters import Counters
from subscriptions.standing import Standing
from subscriptions.tasks import begin

AT_ONCE = 1_000
"""Tokens in one statement."""


class Arrivals:
    """One a process."""

    def __init__(
        self, pool: asyncpg.Pool[Any], policy: Policy, standing: Standing, counters: Counters
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._standing = standing
        self._counters = counters
        self._gathered: dict[bytes, asyncio.Future[Actor | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    def asks(self, token: str) -> bool:
        """Whether the database is asked for a token: for none that can be nobody's, or whose
        session is still looked at."""
        key = sessions.token_hash(token) if token else None
        return key is not None and not self._standing.knows(key)

    async def actor(self, token: str, address: str | None) -> Actor | None:
        """Who holds a token, as it was a moment ago at most; None where it is nobody's or its
        session has ended. Raises what the database raises."""
        key = sessions.token_hash(token) if token else None
        if key is None:
            return None
        found = await self._standing.actor(key)
        if found is None:
            answer = self._gathered.get(key)
            if answer is None:
                answer = self._gathered[key] = asyncio.get_running_loop().create_future()
                if self._asking is None:
                    self._asking = begin(self._ask(), "arrivals")
            found = await asyncio.shield(answer)
        return None if found is None else replace(found, address=address)

    async def now(self, token: str, address: str | None) -> Actor | None:
        """Who holds a token at this moment; the session is in use."""
        async with self._pool.acquire() as connection:
            self._counters.other_statements += 1
            return await sessions.actor_of(
                connection, token, address=address, now=datetime.now(UTC), policy=self._policy
            )

    async def _ask(self) -> None:
        try:
            while self._gathered:
                asked = dict(list(self._gathered.items())[:AT_ONCE])
                try:
                    found = await self._look_up(list(asked))
                except Exception as error:  # noqa: BLE001 (told to everybody who waits)
                    for answer in asked.values():
                        answer.set_exception(error)
                        answer.exception()  # seen, though its socket may have gone
                else:
                    for key, answer in asked.items():
                        answer.set_result(found.get(key))
                for key in asked:
                    del self._gathered[key]
        finally:
            self._asking = None

    async def _look_up(self, keys: list[bytes]) -> dict[bytes, Actor]:
        async with self._pool.acquire() as connection:
            self._counters.other_statements += 1
            return await session_crowds.actors_of_tokens(
                connection, keys, now=datetime.now(UTC), policy=self._policy
            )
