"""Standing: whether the sessions of open sockets still stand, and with which rights.

All of them are looked at in one statement, a little more often than twice a second, so that
sign-out, expiry, a lost role or another ward reaches an open stream within a second. Looking is no
activity of the user: a screen nobody touches signs out as it would without a feed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from resolvers import sessions
from resolvers.actors import Actor
from resolvers.faults import TRANSIENT
from resolvers.policy import Policy
from subscriptions.limits import Limits

_LOG = logging.getLogger(__name__)

Changed = Callable[[Actor | None], None]
"""Called with the actor as it stands now; None: the session has ended. Must not block."""


class Watch:
    """One socket's interest in its session."""

    __slots__ = ("actor", "changed", "over")

    def __init__(self, actor: Actor, changed: Changed) -> None:
        self.actor = actor
        self.changed = changed
        self.over = False


class Standing:
    """One a process. `run` looks again and again; `at_most` looks when the last look is too old."""

    def __init__(self, pool: asyncpg.Pool[Any], policy: Policy, limits: Limits) -> None:
        self._pool = pool
        self._policy = policy
        self._limits = limits
        self._watches: dict[UUID, set[Watch]] = {}
        self._looking = asyncio.Lock()
        self._looked = float("-inf")

    def watch(self, actor: Actor, changed: Changed) -> Watch:
        """Hear of changes of a session from now on. `actor` is fresh from `authenticate`."""
        if actor.session_id is None:
            raise ValueError("a socket belongs to a session")
        watch = Watch(actor, changed)
        self._watches.setdefault(actor.session_id, set()).add(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Hear no more."""
        watch.over = True
        session_id = watch.actor.session_id
        if session_id is None:
            return
        watches = self._watches.get(session_id, set())
        watches.discard(watch)
        if not watches:
            self._watches.pop(session_id, None)

    async def run(self) -> None:
        """Look until cancelled. A database that is away is asked again at the next turn; meanwhile
        `at_most` lets no event out."""
        failing = False
        while True:
            try:
                await self.at_most(0)
                failing = False
            except TRANSIENT as error:
                if not failing:
                    _LOG.warning("sessions of open sockets unknown: %s", type(error).__name__)
                failing = True
            await asyncio.sleep(self._limits.standing)

    async def at_most(self, seconds: float) -> None:
        """Return once the rights are known as they were at most so long ago. Raises what the
        database raises."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._looking:
            if self._looked >= asked - seconds:
                return
            began = loop.time()
            await self._look()
            self._looked = began

    async def _look(self) -> None:
        watched = {session: tuple(watches) for session, watches in self._watches.items()}
        if not watched:
            return
        async with (
            asyncio.timeout(self._limits.subscribe_deadline),
            self._pool.acquire() as connection,
        ):
            standing = await sessions.actors_of(
                connection, tuple(watched), now=datetime.now(UTC), policy=self._policy
            )
        for session_id, watches in watched.items():
            found = standing.get(session_id)
            for watch in watches:
                self._compare(watch, found)

    def _compare(self, watch: Watch, found: Actor | None) -> None:
        if watch.over:
            return  # its socket went while the statement ran
        if found is None:
            self.unwatch(watch)
            watch.changed(None)
            return
        # The session's address is where it was opened; the socket's is where it is used.
        found = replace(found, address=watch.actor.address)
        if found != watch.actor:
            watch.actor = found
            watch.changed(found)
