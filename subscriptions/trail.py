"""Trail: the stays of listeners on their way into the audit.

What a group is sent leaves one entry, by the statement that made it; who the group was is told by
its members' stays (docs/decisions/0012). They come in crowds, when a ward's screens come back
together: the first is written at once, those that come within `gather` after it by one statement.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import asyncpg
from asyncpg.pool import PoolAcquireContext

from resolvers import hearings
from resolvers.faults import TRANSIENT, report
from resolvers.hearings import Hearing
from subscriptions.backoff import back_off
from subscriptions.counters import Counters
from subscriptions.limits import Limits

_LOG = logging.getLogger(__name__)


class Trail:
    """One a process. `run` writes; a beginning is waited for, an ending is not."""

    def __init__(self, pool: asyncpg.Pool[Any], limits: Limits, counters: Counters) -> None:
        self._pool = pool
        self._limits = limits
        self._counters = counters
        self._beginnings: list[tuple[Hearing, asyncio.Future[None]]] = []
        self._endings: list[tuple[Hearing, int]] = []
        self._wake = asyncio.Event()

    async def begin(self, hearing: Hearing) -> None:
        """Return once the stay is in the audit. Raises what the database raises."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._beginnings.append((hearing, written))
        self._wake.set()
        await written

    def end(self, hearing: Hearing, position: int) -> None:
        """The stay has come to its end: it was given everything up to `position`."""
        self._endings.append((hearing, position))
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled. A database that is away is asked again; meanwhile nobody who
        waits for a beginning hears anything."""
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._write()
                failures = 0
            except TRANSIENT as error:
                if not failures:
                    _LOG.warning("stays can not be written: %s", type(error).__name__)
                failures += 1
            except Exception as error:  # noqa: BLE001 (one bad row must not end the audit of all)
                report(error)
                failures += 1
            if not failures:
                await asyncio.sleep(self._limits.gather)
            else:
                self._wake.set()
                await asyncio.sleep(back_off(failures, 0.1, 1.0))

    async def finish(self) -> None:
        """Write what is left, once, when nothing is added any more."""
        try:
            await self._write()
        except TRANSIENT as error:
            _LOG.warning("%d endings are not written: %s", len(self._endings), type(error).__name__)

    async def _write(self) -> None:
        beginnings, self._beginnings = self._beginnings, []
        # Those that nobody waits for any more are written too: their endings come.
        if beginnings:
            try:
                async with self._connection() as connection:
                    self._counters.audit_statements += 1
                    stays = [hearing for hearing, _ in beginnings]
                    await hearings.begin(connection, stays, datetime.now(UTC))
            except BaseException as error:
                for _, written in beginnings:
                    if not written.done():
                        written.set_exception(
                            error if isinstance(error, Exception) else ConnectionResetError()
                        )
                raise
            for _, written in beginnings:
                if not written.done():
                    written.set_result(None)
        endings, self._endings = self._endings, []
        if endings:
            try:
                async with self._connection() as connection:
                    self._counters.audit_statements += 1
                    await hearings.end(connection, endings, datetime.now(UTC))
            except BaseException:
                self._endings = endings + self._endings
                raise

    def _connection(self) -> PoolAcquireContext[Any]:
        return self._pool.acquire(timeout=self._limits.subscribe_deadline)
