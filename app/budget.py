"""Budget: what each account has spent on operations within a minute, in Redis for all processes.

No request waits for Redis. A process counts what it spends itself, tells Redis a few times a second
and hears then what all have spent: between two tellings a process does not know of the others, so
an account that spends in n processes at once may get up to n - 1 times what one of them spends in a
quarter of a second, or in the time in which a twentieth of the budget is spent, too much. While
Redis is away each process counts for itself. See docs/decisions/0010.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from redis.asyncio import RedisCluster

from resolvers.budgets import Account, Balance
from resolvers.errors import BudgetExhausted
from resolvers.networks import network_of
from subscriptions.redis_address import REDIS_ERRORS, RedisAddress

PREFIX = "wardline:budget:"
WINDOW = 60.0
AT_ONCE = 500
"""Accounts that are told of in one round trip."""
MOST_PURSES = 50_000
"""Accounts that are remembered; those who come from ever new addresses push the oldest out."""
PART = 20
"""A process that has spent this part of a budget tells Redis at once."""

# The window begins with the first spending and ends by Redis's clock, which alone decides: no two
# clocks are compared. One key a call, so that a cluster may keep it wherever it likes.
_SPEND = """
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {total, left}
"""

_LOG = logging.getLogger(__name__)


class _Purse:
    """What one account has spent in its window: `known` to Redis, and `pending` from here."""

    __slots__ = ("key", "known", "limit", "pending", "resets_at")

    def __init__(self, key: str, limit: int, resets_at: float) -> None:
        self.key = key
        self.limit = limit
        self.known = 0
        self.pending = 0
        self.resets_at = resets_at

    @property
    def spent(self) -> int:
        return self.known + self.pending


class RedisBudget:
    """The budgets of one process (resolvers.budgets.Budget), for as long as `async with` lasts.

    `per_minute` is a user's, `strangers_per_minute` that of an address whose users are not signed
    in; 0 sets none. `window`, `settle_every` and `timeout` are seconds.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        per_minute: int,
        strangers_per_minute: int,
        window: float = WINDOW,
        settle_every: float = 0.25,
        timeout: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.away = False
        """Whether Redis could not be told: then every process counts for itself."""
        self._limits = {True: per_minute, False: strangers_per_minute}
        self._window = window
        self._settle_every = settle_every
        self._timeout = timeout
        self._clock = clock
        self._purses: dict[Account, _Purse] = {}
        self._due: set[_Purse] = set()
        self._wake = asyncio.Event()
        self._telling = asyncio.Lock()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._redis = RedisAddress.parse(redis_url).client(timeout=timeout, connections=2)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="budget")
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        # What is being told is told to its end: nobody could know otherwise whether it was heard.
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self.settle()
        with suppress(*REDIS_ERRORS):
            await self._redis.aclose()

    # -- on the path of a request ------------------------------------------------------------------

    def check(self, account: Account, /) -> None:
        """BudgetExhausted where nothing is left."""
        purse = self._purses.get(account if isinstance(account, UUID) else network_of(account))
        if purse is not None and purse.spent >= purse.limit:
            now = self._clock()
            if now < purse.resets_at:
                raise self._exhausted(purse, now)

    def spend(self, account: Account, cost: int, /) -> Balance | None:
        """Pay; BudgetExhausted where less is left. None: no limit is set."""
        purse = self._purse(account)
        if purse is None:
            return None
        now = self._clock()
        if now >= purse.resets_at:
            self._renew(purse, now)
        left = purse.limit - purse.known - purse.pending - cost
        if left < 0:
            raise self._exhausted(purse, now)
        self._add(purse, cost)
        return Balance(purse.limit, left, math.ceil(purse.resets_at - now))

    def note(self, account: Account, cost: int, /) -> None:
        """Pay, whatever is left."""
        purse = self._purse(account)
        if purse is not None:
            now = self._clock()
            if now >= purse.resets_at:
                self._renew(purse, now)
            self._add(purse, cost)

    def _add(self, purse: _Purse, cost: int) -> None:
        purse.pending += cost
        self._due.add(purse)
        if purse.pending * PART > purse.limit:
            self._wake.set()

    def _purse(self, account: Account) -> _Purse | None:
        known = isinstance(account, UUID)
        if not known:
            account = network_of(str(account))
        purse = self._purses.get(account)
        if purse is None:
            limit = self._limits[known]
            if not limit:
                return None
            if len(self._purses) >= MOST_PURSES:
                self._purses.pop(next(iter(self._purses)))
            key = f"{PREFIX}{{{account}}}"
            purse = self._purses[account] = _Purse(key, limit, self._clock() + self._window)
        return purse

    def _renew(self, purse: _Purse, now: float) -> None:
        """A window has ended. What Redis has not heard yet counts in the next, unless it is away:
        then it is of the window that has ended."""
        purse.known = 0
        if self.away:
            purse.pending = 0
        purse.resets_at = now + self._window

    def _exhausted(self, purse: _Purse, now: float) -> BudgetExhausted:
        return BudgetExhausted(
            "the budget of this minute is spent: ask for less, or less often",
            limit=purse.limit,
            retry_after=max(1, math.ceil(purse.resets_at - now)),
        )

    # -- in the background -------------------------------------------------------------------------

    async def _run(self) -> None:
        swept = self._clock()
        while not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settle_every):
                    await self._wake.wait()
            self._wake.clear()
            await self.settle()
            if self.away and not self._closing:
                await asyncio.sleep(self._settle_every)
            if (now := self._clock()) - swept > self._window:
                swept = now
                self._sweep(now)

    async def settle(self) -> None:
        """Tell Redis what has been spent here, and hear what all have spent. Never raises."""
        async with self._telling:
            await self._settle()

    async def _settle(self) -> None:
        while self._due:
            some = [self._due.pop() for _ in range(min(AT_ONCE, len(self._due)))]
            told = [(purse, purse.pending) for purse in some]
            answers = await self._tell(told)
            now = self._clock()
            failure: BaseException | None = None
            for (purse, amount), answer in zip(told, answers, strict=True):
                if isinstance(answer, BaseException):
                    self._due.add(purse)
                    failure = answer
                    continue
                total, left = answer
                purse.known = int(total)
                purse.pending = max(0, purse.pending - amount)
                purse.resets_at = now + int(left) / 1000
            if failure is not None:
                if not self.away:
                    _LOG.warning("each process counts budgets alone: %s", type(failure).__name__)
                self.away = True
                return
            if self.away:
                _LOG.warning("budgets are counted together again")
            self.away = False

    async def _tell(self, told: list[tuple[_Purse, int]]) -> list[Any]:
        """What Redis says of each, or the error with which it was not told.

        Each node of a cluster is told by itself: of a pipeline over several the answers of all are
        lost with one node, and what was told would be told again.
        """
        parts: dict[str, list[int]] = {}
        try:
            async with asyncio.timeout(self._timeout):
                for index, (purse, _) in enumerate(told):
                    parts.setdefault(await self._node(purse.key), []).append(index)
        except REDIS_ERRORS as error:
            return [error] * len(told)
        heard = await asyncio.gather(
            *(self._tell_node([told[index] for index in part]) for part in parts.values())
        )
        silent = [node for node, said in zip(parts, heard, strict=True) if _failed(said)]
        if silent and isinstance(self._redis, RedisCluster):
            # At the next telling the cluster is asked anew who keeps what, and these nodes last.
            for node in silent:
                self._redis.nodes_manager.move_node_to_end_of_cached_nodes(node)
            with suppress(*REDIS_ERRORS):
                await self._redis.aclose()
        answers = dict(zip(chain(*parts.values()), chain(*heard), strict=True))
        return [answers[index] for index in range(len(told))]

    async def _node(self, key: str) -> str:
        """The name of the node of a cluster that keeps a key."""
        if not isinstance(self._redis, RedisCluster):
            return ""
        await self._redis.initialize()
        return self._redis.nodes_manager.get_node_from_slot(self._redis.keyslot(key)).name

    async def _tell_node(self, told: list[tuple[_Purse, int]]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for purse, amount in told:
            pipe.eval(_SPEND, 1, purse.key, amount, int(self._window * 1000))
        try:
            async with asyncio.timeout(self._timeout):
                answers: list[Any] = await pipe.execute(raise_on_error=False)
        except REDIS_ERRORS as error:
            return [error] * len(told)
        return answers

    def _sweep(self, now: float) -> None:
        ended = [key for key, one in self._purses.items() if now >= one.resets_at]
        for key in ended:
            if self.away or not self._purses[key].pending:
                self._due.discard(self._purses.pop(key))


def _failed(answers: list[Any]) -> bool:
    return any(isinstance(answer, BaseException) for answer in answers)
