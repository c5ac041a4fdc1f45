"""Gate: who may hold how many sockets, how much a socket may say, and how fast tokens are tried.

A client that is not signed in must cost next to nothing: such sockets are few, for each address and
in all, and say little. Addresses are counted as networks (resolvers/networks). What is counted here
is counted by this process alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from resolvers.networks import network_of
from subscriptions.bucket import Bucket
from subscriptions.counters import Counters
from subscriptions.limits import Limits

Key = TypeVar("Key", str, UUID)

SECONDS_AT_ONCE = 10
"""A socket that was silent may say what it may say in so many seconds at once."""
TURNS_PER_SECOND = 10
"""How many tokens are looked up for an address that has sent too many wrong ones."""
MOST_ADDRESSES = 10_000
"""Addresses whose wrong tokens are remembered; ever new ones push the oldest out."""


class Full(Exception):
    """A limit is reached. `limit` is its name in `Limits`, `own` whether it is one of the client's
    own, and not of all. The text is for the client, and short enough for a close frame."""

    def __init__(self, limit: str, at_most: int, what: str, *, own: bool = True) -> None:
        super().__init__(f"{what}: at most {at_most} ({limit})")
        self.limit = limit
        self.at_most = at_most
        self.own = own


class Gate:
    """One a process."""

    def __init__(
        self, limits: Limits, counters: Counters, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.sockets = 0
        self.strangers = 0
        """Those of the sockets that are not signed in."""
        self.of_address: Counter[str] = Counter()
        self.strangers_of_address: Counter[str] = Counter()
        self.of_user: Counter[UUID] = Counter()
        self._counters = counters
        self._guesses: OrderedDict[str, _Guesses] = OrderedDict()

    def enter(self, address: str | None) -> Seat:
        """A seat for somebody who is not signed in yet; None: the server does not know from where.
        Raises Full."""
        limits = self.limits
        network = None if address is None else network_of(address)
        if self.sockets >= limits.sockets:
            raise self.full("sockets", "too many sockets", own=False)
        if self.strangers >= limits.stranger_sockets:
            raise self.full("stranger_sockets", "too many sockets not signed in", own=False)
        if network is not None:
            if self.of_address[network] >= limits.sockets_of_address:
                raise self.full("sockets_of_address", "too many sockets of this address")
            if self.strangers_of_address[network] >= limits.stranger_sockets_of_address:
                what = "too many sockets of this address not signed in"
                raise self.full("stranger_sockets_of_address", what)
        return Seat(self, network)

    async def turn(self, address: str | None) -> None:
        """Return when a token of the address may be looked up. Who guesses is slowed down; those
        beside them, who come from the same address with good tokens, are not locked out."""
        guesses = self._guesses.get(network_of(address or ""))
        if guesses is None or guesses.bucket.left(self.clock()) >= 1:
            return
        self._counters.refused["wrong_tokens"] += 1
        async with guesses.line:
            await asyncio.sleep(1 / TURNS_PER_SECOND)

    def wrong(self, address: str | None) -> None:
        """A token of the address was nobody's."""
        network = network_of(address or "")
        guesses = self._guesses.get(network)
        if guesses is None:
            if len(self._guesses) >= MOST_ADDRESSES:
                self._guesses.popitem(last=False)
            guesses = self._guesses[network] = _Guesses(self.limits.wrong_tokens, self.clock())
        self._guesses.move_to_end(network)
        guesses.bucket.take(self.clock())

    def full(self, limit: str, what: str, *, own: bool = True) -> Full:
        """What is raised where a limit is reached; it is counted."""
        self._counters.refused[limit] += 1
        return Full(limit, getattr(self.limits, limit), what, own=own)


class Seat:
    """What one socket takes up, from its upgrade until it leaves."""

    __slots__ = ("_bucket", "_gate", "_left", "_network", "_user")

    def __init__(self, gate: Gate, network: str | None) -> None:
        self._gate = gate
        self._network = network
        self._user: UUID | None = None
        self._left = False
        self._bucket = self._rated(gate.limits.stranger_socket_messages)
        gate.sockets += 1
        gate.strangers += 1
        if network is not None:
            gate.of_address[network] += 1
            gate.strangers_of_address[network] += 1

    def sign_in(self, user_id: UUID) -> None:
        """It is a user's from now on. Raises Full."""
        gate = self._gate
        if gate.of_user[user_id] >= gate.limits.sockets_of_user:
            raise gate.full("sockets_of_user", "too many sockets of this user")
        self._end_strangeness()
        self._user = user_id
        self._bucket = self._rated(gate.limits.socket_messages)
        gate.of_user[user_id] += 1

    def hear(self) -> None:
        """It has said something. Raises Full where it says too much."""
        gate = self._gate
        if not self._bucket.take(gate.clock()):
            limit = "stranger_socket_messages" if self._user is None else "socket_messages"
            raise gate.full(limit, "too many messages a second")

    def leave(self) -> None:
        """It is closed."""
        if self._left:
            return
        self._left = True
        gate = self._gate
        gate.sockets -= 1
        if self._user is None:
            self._end_strangeness()
        else:
            _less(gate.of_user, self._user)
        if self._network is not None:
            _less(gate.of_address, self._network)

    def _end_strangeness(self) -> None:
        self._gate.strangers -= 1
        if self._network is not None:
            _less(self._gate.strangers_of_address, self._network)

    def _rated(self, per_second: int) -> Bucket:
        return Bucket(per_second, per_second * SECONDS_AT_ONCE, self._gate.clock())


class _Guesses:
    """The wrong tokens of an address, and the line in which the next ones wait."""

    __slots__ = ("bucket", "line")

    def __init__(self, per_minute: int, now: float) -> None:
        self.bucket = Bucket(per_minute / 60, per_minute, now)
        self.line = asyncio.Lock()


def _less(counts: Counter[Key], key: Key) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
