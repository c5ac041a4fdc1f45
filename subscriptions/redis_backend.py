"""Our Redis backend for broadcaster: it outlives Redis.

broadcaster's own one delivers nothing to the first subscriber under redis-py 8 and its listener
dies when Redis restarts. This one connects when it can, notices a server that is frozen as well as
one that is gone, comes back with a jittered back-off, and puts GAP before whatever it hears after
each connection: what was published in between is lost, and the listener must look for itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from subscriptions.tasks import end

GAP = "gap"
"""The message that says: you may have missed some."""

REDIS_ERRORS = (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError)
_LOG = logging.getLogger(__name__)


class RedisBackend(BroadcastBackend):
    """Publishes and subscribes over redis-py; every wait has an end.

    `connected_since` and `down_since` say how it stands; one of them is None.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 1.0,
        ping_every: float = 1.0,
        retry_at_most: float = 2.0,
    ) -> None:
        self.connected_since: datetime | None = None
        self.down_since: datetime | None = datetime.now(UTC)
        self._url = url
        self._timeout = timeout
        self._ping_every = ping_every
        self._retry_at_most = retry_at_most
        self._publisher = self._client()
        self._channels: set[str] = set()
        self._changed = asyncio.Event()
        # Bounded: a listener that is behind loses messages but not their meaning, see `_hear`.
        self._heard: asyncio.Queue[Event] = asyncio.Queue(maxsize=1_024)
        self._listener: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Start listening; Redis need not be there."""
        self._listener = asyncio.create_task(self._listen(), name="bell listener")

    async def disconnect(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            await end(self._listener)
        with suppress(*REDIS_ERRORS):
            await self._publisher.aclose()

    async def subscribe(self, group: str) -> None:
        """Hear a channel from the next connection on; a GAP says when that is."""
        self._channels.add(group)
        self._changed.set()

    async def unsubscribe(self, group: str) -> None:
        """Hear a channel no more."""
        self._channels.discard(group)
        self._changed.set()

    async def publish(self, channel: str, message: Any) -> None:
        """Publish once, within the timeout. Raises REDIS_ERRORS."""
        # redis-py's own timeouts come first; this one is for what they leave out.
        async with asyncio.timeout(3 * self._timeout):
            await self._publisher.publish(channel, message)

    async def next_published(self) -> Event:
        """The next message of any channel, or a GAP."""
        return await self._heard.get()

    async def _listen(self) -> None:
        failures = 0
        while True:
            self._changed.clear()
            if not self._channels:
                await self._changed.wait()
                continue
            client = self._client()
            pubsub = client.pubsub()
            try:
                await self._open(pubsub)
                failures = 0
                await self._follow(pubsub)
            except REDIS_ERRORS as error:
                self._down(error)
                failures += 1
            finally:
                with suppress(*REDIS_ERRORS):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
                    await client.aclose()
            if failures:
                # Jittered, so that all processes do not come back in the same instant.
                ceiling = min(self._retry_at_most, 0.05 * 2 ** min(failures, 10))
                await asyncio.sleep(random.uniform(ceiling / 2, ceiling))  # noqa: S311

    async def _open(self, pubsub: PubSub) -> None:
        channels = sorted(self._channels)
        async with asyncio.timeout(2 * self._timeout):
            await pubsub.subscribe(*channels)
            # Only the confirmation says that what is published from now on is heard.
            confirmed = 0
            while confirmed < len(channels):
                message = await pubsub.get_message(timeout=self._timeout)
                confirmed += message is not None and message["type"] == "subscribe"
        self.connected_since, self.down_since = datetime.now(UTC), None
        for channel in channels:
            self._hear(channel, GAP)

    async def _follow(self, pubsub: PubSub) -> None:
        """Hear until the connection fails, the server falls silent or the channels change."""
        loop = asyncio.get_running_loop()
        answered = asked = loop.time()
        while not self._changed.is_set():
            message = await pubsub.get_message(timeout=min(self._ping_every, self._timeout) / 2)
            now = loop.time()
            if message is not None:
                answered = now
                if message["type"] == "message":
                    self._hear(message["channel"], message["data"])
            if now - answered > self._ping_every + self._timeout:
                raise TimeoutError("Redis does not answer")
            if now - asked >= self._ping_every:
                asked = now
                async with asyncio.timeout(2 * self._timeout):
                    await pubsub.ping()

    def _hear(self, channel: str, message: str) -> None:
        if self._heard.full():
            # Whoever is this far behind is told once to look at everything.
            while not self._heard.empty():
                self._heard.get_nowait()
            message = GAP
        self._heard.put_nowait(Event(channel, message))

    def _down(self, error: BaseException) -> None:
        if self.down_since is None or self.connected_since is not None:
            _LOG.warning("the bell is silent: %s", type(error).__name__)
            self.down_since = datetime.now(UTC)
        self.connected_since = None

    def _client(self) -> Redis:
        # No retries of redis-py's own: they would hide a gap, and double the wait.
        return Redis.from_url(
            self._url,
            socket_connect_timeout=self._timeout,
            socket_timeout=self._timeout,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            decode_responses=True,
            health_check_interval=0,
        )
