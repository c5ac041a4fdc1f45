"""Our Redis backend for broadcaster: it outlives Redis.

broadcaster's own one delivers nothing to the first subscriber under redis-py 8 and its listener
dies when Redis restarts. This one connects when it can, notices a server that is frozen as well as
one that is gone, comes back with a jittered back-off, and puts GAP before whatever it hears after
each connection: what was published in between is lost, and the listener must look for itself.
"""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as Unreachable

from resolvers.faults import report
from subscriptions.backoff import back_off
from subscriptions.counters import Counters
from subscriptions.redis_address import REDIS_ERRORS, Doors, RedisAddress
from subscriptions.tasks import end

GAP = "gap"
"""The message that says: you may have missed some."""

_LOG = logging.getLogger(__name__)


class RedisBackend(BroadcastBackend):
    """Publishes and subscribes at one server at a time; every wait has an end.

    A server that says nothing for `timeout` seconds after it was pinged, which it is every
    `ping_every`, is left. `connected_since` and `down_since` say how it stands; one of them is
    None.
    """

    def __init__(
        self,
        address: RedisAddress,
        counters: Counters,
        *,
        timeout: float = 1.0,
        ping_every: float = 0.5,
        retry_at_most: float = 2.0,
    ) -> None:
        self.connected_since: datetime | None = None
        self.down_since: datetime | None = datetime.now(UTC)
        self._doors = Doors(address)
        self._counters = counters
        self._timeout = timeout
        self._ping_every = ping_every
        self._retry_at_most = retry_at_most
        self._client: Redis | None = None
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

    async def subscribe(self, group: str) -> None:
        """Hear a channel from the next connection on; a GAP says when that is."""
        self._channels.add(group)
        self._changed.set()

    async def unsubscribe(self, group: str) -> None:
        """Hear a channel no more."""
        self._channels.discard(group)
        self._changed.set()

    async def publish(self, channel: str, message: Any) -> None:
        """Publish once, where we listen, within the timeout. Raises REDIS_ERRORS; while nothing is
        heard at once, for then the others will not hear it either."""
        if self._client is None:
            raise Unreachable("the bell is silent")
        # redis-py's own timeouts come first; this one is for what they leave out.
        async with asyncio.timeout(3 * self._timeout):
            await self._client.publish(channel, message)

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
            client = self._doors.next(timeout=self._timeout)
            pubsub = client.pubsub()
            try:
                await self._open(client, pubsub)
                failures = 0
                await self._follow(pubsub)
            except REDIS_ERRORS as error:
                self._down(error)
                failures += 1
            except Exception as error:  # noqa: BLE001 (whatever it is, the bell is tried again)
                report(error)
                self._down(error)
                failures += 1
            finally:
                self._client = None
                await self._close(client, pubsub)
            if failures:
                await asyncio.sleep(back_off(failures, 0.1, self._retry_at_most))

    async def _open(self, client: Redis, pubsub: PubSub) -> None:
        channels = sorted(self._channels)
        async with asyncio.timeout(2 * self._timeout):
            await pubsub.subscribe(*channels)
            # Only the confirmation says that what is published from now on is heard.
            confirmed = 0
            while confirmed < len(channels):
                message = await pubsub.get_message(timeout=self._timeout)
                confirmed += message is not None and message["type"] == "subscribe"
            await self._doors.learn(client)
        self._client = client
        self._counters.bell_connections += 1
        if self.connected_since is None:
            _LOG.info("the bell is heard")
            self.connected_since, self.down_since = datetime.now(UTC), None
        for channel in channels:
            self._hear(channel, GAP)

    async def _follow(self, pubsub: PubSub) -> None:
        """Hear until the connection fails, the server falls silent or the channels change.

        Silence is counted in turns and not by the clock: a process that was held up itself has
        answers waiting for it, and takes them in the next turn.
        """
        silent, patience = 0, 1 + math.ceil(self._timeout / self._ping_every)
        while not self._changed.is_set():
            message = await pubsub.get_message(timeout=self._ping_every)
            if message is not None:
                silent = 0
                if message["type"] == "message":
                    self._hear(message["channel"], message["data"])
                continue
            silent += 1
            if silent >= patience:
                raise TimeoutError("Redis does not answer")
            async with asyncio.timeout(self._timeout):
                await pubsub.ping()

    def _hear(self, channel: str, message: str) -> None:
        if self._heard.full():
            # Whoever is this far behind is told once to look at everything.
            while not self._heard.empty():
                self._heard.get_nowait()
            message = GAP
        self._heard.put_nowait(Event(channel, message))

    def _down(self, error: BaseException) -> None:
        self._counters.bell_failures += 1
        if self.down_since is None or self._counters.bell_failures == 1:
            _LOG.warning("the bell is silent: %s", type(error).__name__)
        if self.down_since is None:
            self.down_since = datetime.now(UTC)
        self.connected_since = None

    async def _close(self, client: Redis, pubsub: PubSub) -> None:
        # Each by itself: what one of them raises must not leave the other one's socket open.
        with suppress(*REDIS_ERRORS):
            await pubsub.aclose()  # type: ignore[no-untyped-call]
        with suppress(*REDIS_ERRORS):
            await client.aclose()
