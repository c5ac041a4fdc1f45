"""Registered queries: automatic persisted queries in Redis, for every process and for a time.

Redis may be away: then this process knows what it has heard itself, the others answer
PERSISTED_QUERY_NOT_FOUND, and clients send the document again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from datetime import timedelta

from resolvers.actors import Actor
from subscriptions.redis_address import REDIS_ERRORS, RedisAddress

PREFIX = "wardline:query:"
TIMEOUT = 0.25
"""Seconds; sending a document again takes less than waiting longer."""
AWAY = 2.0
"""Seconds in which a Redis that has failed is not asked again."""
HELD_BYTES = 8 * 1024 * 1024
EACH_HOUR = 200
"""How many one user may register in an hour; a build of a client has some dozens."""

# One key a call, so that a cluster may keep each of ours wherever it likes.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return count
"""


class RegisteredQueries:
    """Documents by their SHA-256, in memory before Redis."""

    def __init__(self, redis_url: str, *, kept: timedelta) -> None:
        self._kept = kept
        self._held: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0
        self._away_until = 0.0
        address = RedisAddress.parse(redis_url)
        self._redis = address.client(timeout=TIMEOUT, decode=True, connections=8)

    async def aclose(self) -> None:
        """Let go of Redis."""
        await self._redis.aclose()

    async def find(self, digest: str) -> str | None:
        """The document of a hash; None where nobody has registered it, or Redis is away."""
        held = self._held.get(digest)
        if held is not None:
            self._held.move_to_end(digest)
            return held
        if not self._reachable():
            return None
        try:
            async with asyncio.timeout(2 * TIMEOUT):
                text = await self._redis.getex(PREFIX + digest, ex=self._kept)
        except REDIS_ERRORS:
            self._fail()
            return None
        # Whoever can write to Redis must not choose what we execute under a client's hash.
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != digest:
            return None
        self._hold(digest, text)
        return text

    async def keep(self, digest: str, text: str, actor: Actor) -> None:
        """Keep a document; nothing where the user has registered too many within the hour."""
        if digest in self._held:
            return
        self._hold(digest, text)
        if not self._reachable():
            return
        registrations = f"{PREFIX}by:{actor.user_id}"
        try:
            async with asyncio.timeout(2 * TIMEOUT):
                count = await self._redis.eval(_COUNT, 1, registrations, 3600)
                if int(count) <= EACH_HOUR:
                    await self._redis.set(PREFIX + digest, text, ex=self._kept)
        except REDIS_ERRORS:
            self._fail()

    def _hold(self, digest: str, text: str) -> None:
        if digest in self._held:
            return  # somebody asked for it at the same time
        self._held[digest] = text
        self._bytes += len(text)
        while self._bytes > HELD_BYTES:
            _, dropped = self._held.popitem(last=False)
            self._bytes -= len(dropped)

    def _reachable(self) -> bool:
        return asyncio.get_running_loop().time() >= self._away_until

    def _fail(self) -> None:
        self._away_until = asyncio.get_running_loop().time() + AWAY
