"""Standing: whether the sessions of open sockets still stand, and with which rights.

All of them are looked at in one statement, a little more often than twice a second, so that
sign-out, expiry, a lost role or another ward reaches an open stream within a second. It asks which
sessions have ended and whose rights have another number than the one that was read; only those are
read anew. Looking is no activity of the user: a screen nobody touches signs out as it would without
a feed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from resolvers import session_crowds, sessions
from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, report
from resolvers.policy import Policy
from subscriptions.counters import Counters
from subscriptions.limits import Limits

_LOG = logging.getLogger(__name__)

Changed = Callable[[Actor | None], None]
"""Called with the actor as it stands now; None: the session has ended. Must not block."""


class Watch:
    """One socket's interest in its session. `ended_at` is when that ended, once it is over."""

    __slots__ = ("actor", "changed", "ended_at", "over")

    def __init__(self, actor: Actor, changed: Changed) -> None:
        self.actor = actor
        self.changed = changed
        self.ended_at: datetime | None = None
        self.over = False


class _Session:
    """A session as it was when it was last read, and who watches it. Without watches it is kept for
    a moment (`left_at`), for the socket that was dropped and comes back."""

    __slots__ = ("actor", "left_at", "token_hash", "watches")

    def __init__(self, actor: Actor, token_hash: bytes | None) -> None:
        self.actor = actor
        self.token_hash = token_hash
        self.watches: set[Watch] = set()
        self.left_at: float | None = None


class Standing:
    """One a process. `run` looks again and again; `at_most` looks when the last look is too old."""

    def __init__(
        self, pool: asyncpg.Pool[Any], policy: Policy, limits: Limits, counters: Counters
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._limits = limits
        self._counters = counters
        self._sessions: dict[UUID, _Session] = {}
        self._by_token: dict[bytes, UUID] = {}
        self._looking = asyncio.Lock()
        self._looked = float("-inf")
        self._ended_at = float("-inf")
        self._rung = asyncio.Event()

    def watch(self, actor: Actor, changed: Changed, token_hash: bytes | None = None) -> Watch:
        """Hear of changes of a session from now on. `actor` is fresh from `authenticate`."""
        session_id = actor.session_id
        if session_id is None:
            raise ValueError("a socket belongs to a session")
        session = self._sessions.get(session_id)
        # A look may have found what is newer between that reading and now, and finds it only once.
        if session is not None and actor.rights_version <= session.actor.rights_version:
            actor = replace(session.actor, address=actor.address)
        watch = Watch(actor, changed)
        if session is None:
            session = self._sessions[session_id] = _Session(actor, token_hash)
            if token_hash is not None:
                self._by_token[token_hash] = session_id
        session.watches.add(watch)
        session.left_at = None
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Hear no more."""
        watch.over = True
        assert watch.actor.session_id is not None
        session = self._sessions.get(watch.actor.session_id)
        if session is None:
            return
        session.watches.discard(watch)
        if not session.watches:
            session.left_at = asyncio.get_running_loop().time()

    def knows(self, token_hash: bytes) -> bool:
        """Whether a token's session is looked at already."""
        return token_hash in self._by_token

    async def actor(self, token_hash: bytes) -> Actor | None:
        """Who holds a token, if its session is looked at already: as it was at most
        `standing_at_most` ago. None: it must be asked for. Raises what the database raises."""
        if not self.knows(token_hash):
            return None
        await self.at_most(self._limits.standing_at_most)
        session_id = self._by_token.get(token_hash)
        return None if session_id is None else self._sessions[session_id].actor

    def ring(self, session_id: UUID | None) -> None:
        """Somebody has signed out: if they listen here, nothing more is sent before a look. Rings
        that are of no session are none of ours; after a gap the next look is soon."""
        if session_id in self._sessions:
            self._ended_at = asyncio.get_running_loop().time()
            self._rung.set()

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
            except Exception as error:  # noqa: BLE001 (it goes on looking, whatever it meets)
                report(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.standing):
                    await self._rung.wait()
            self._rung.clear()

    async def at_most(self, seconds: float) -> None:
        """Return once the rights are known as they were at most so long ago. Raises what the
        database raises."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        if self._looked >= max(asked - seconds, self._ended_at):
            return  # also while the next look is on its way
        async with self._looking:
            if self._looked >= max(asked - seconds, self._ended_at):
                return
            began = loop.time()
            await self._look(began)
            self._looked = began

    async def _look(self, began: float) -> None:
        for session_id, session in tuple(self._sessions.items()):
            if session.left_at is not None and session.left_at < began - self._limits.linger:
                self._forget(session_id)
        looked = tuple(self._sessions.items())
        if not looked:
            return
        now = datetime.now(UTC)
        versions = {key: session.actor.rights_version for key, session in looked}
        async with (
            asyncio.timeout(self._limits.subscribe_deadline),
            self._pool.acquire() as connection,
        ):
            self._counters.standing_statements += 1
            moved = await session_crowds.moved(connection, versions, now=now, policy=self._policy)
            # What ends by time alone moves no version.
            moved += [key for key, session in looked if not session.actor.holds(now)]
            if not moved:
                return
            self._counters.standing_statements += 1
            found = await sessions.actors_of(connection, moved, now=now, policy=self._policy)
            over = [session_id for session_id in moved if session_id not in found]
            ended: dict[UUID, datetime] = {}
            if over:
                self._counters.standing_statements += 1
                ended = await session_crowds.ended(connection, over, policy=self._policy)
        for session_id in dict.fromkeys(moved):
            if session_id in self._sessions:
                session = self._sessions[session_id]
                self._compare(session, found.get(session_id), ended.get(session_id, now))

    def _compare(self, session: _Session, found: Actor | None, ended_at: datetime) -> None:
        watches = tuple(watch for watch in session.watches if not watch.over)
        if found is None:
            assert session.actor.session_id is not None
            self._forget(session.actor.session_id)
            for watch in watches:
                watch.over = True
                watch.ended_at = ended_at
                watch.changed(None)
            return
        session.actor = found
        for watch in watches:
            # The session's address is where it was opened; the socket's is where it is used.
            own = replace(found, address=watch.actor.address)
            if own != watch.actor:
                watch.actor = own
                watch.changed(own)

    def _forget(self, session_id: UUID) -> None:
        session = self._sessions.pop(session_id)
        if session.token_hash is not None:
            self._by_token.pop(session.token_hash, None)
