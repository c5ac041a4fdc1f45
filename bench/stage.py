"""One system at a time: the others are halted, so that what one does behind its answers (Wardline
seals its audit, and looks at its clocks) is not paid by another that is being measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import psutil

from bench.systems import System

SECONDS = 30.0
SETTLING = 0.2
"""Wardline finds that its Redis was silent, and comes back to it, in some milliseconds."""
MOST_UNSEALED = 500
"""Some hundredths of a second of the sealer."""

BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"""
UNSEALED = """
SELECT count(*) FROM audit_entries
WHERE id > (SELECT coalesce(max(entry_id), 0) FROM audit_seals)"""


class Stage:
    """Who may run."""

    def __init__(self, systems: Sequence[System], connection: asyncpg.Connection[Any]) -> None:
        self._systems = systems
        self._connection = connection
        self._running = list(systems)

    @classmethod
    @asynccontextmanager
    async def open(cls, systems: Sequence[System], database_url: str) -> AsyncIterator[Stage]:
        """All run before and after."""
        connection = await asyncpg.connect(database_url)
        try:
            yield cls(systems, connection)
        finally:
            for system in systems:
                with suppress(psutil.Error):
                    system.process.resume()
            await connection.close()

    async def enter(self, system: System) -> None:
        """Halt all others. Raises TimeoutError."""
        for other in self._running:
            if other is not system:
                await self._halt(other)
        system.process.resume()
        self._running = [system]
        if system.seals:
            await asyncio.sleep(SETTLING)
            await self._sealed(system)

    async def analyze(self) -> None:
        """Let PostgreSQL see what the warm-up wrote. Every connection has planned by now for tables
        that were empty, the checks of foreign keys among them, and would read them from end to end
        until the first automatic ANALYZE, whoever was first the longest."""
        for url in {system.database_url for system in self._systems}:
            connection = await asyncpg.connect(url)
            try:
                await connection.execute("ANALYZE")
            finally:
                await connection.close()

    async def _halt(self, system: System) -> None:
        """Not within a transaction: it would keep its locks."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            system.process.suspend()
            if not await self._connection.fetchval(BUSY):
                return
            system.process.resume()
            await asyncio.sleep(0.02)
        raise TimeoutError(f"{system.name} does not come to rest")

    async def _sealed(self, system: System) -> None:
        """What others have left in the audit is not this one's to pay for."""
        connection = await asyncpg.connect(system.database_url)
        deadline = time.monotonic() + SECONDS
        try:
            while await connection.fetchval(UNSEALED) > MOST_UNSEALED:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{system.name} does not come to seal its audit")
                await asyncio.sleep(0.1)
        finally:
            await connection.close()
