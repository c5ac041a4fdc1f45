"""The simulator: a demo hospital in which something goes on happening.

It writes as everybody does, through the resolvers in a transaction each, and rings the bell after
the commit. An advisory lock makes it the only one on its database; it is held by the very session
that writes, so a simulator that has lost the lock has lost its hands as well.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg

from app.demo import bedside, flow, laboratory
from app.demo.loading import is_loaded
from app.demo.people import seeded
from app.demo.scene import Scene
from app.demo.staff import NoStaff, Staff, on_duty
from app.demo.wards import HOSPITAL_CODE
from resolvers import hospitals
from resolvers.database import Connection
from resolvers.errors import Refusal
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.transaction import Transaction

logger = logging.getLogger(__name__)

LOCK = 5_318_008_002
"""Advisory lock of the database: its holder is the one simulator."""
ASK_AGAIN = 5.0
"""Seconds until one that waits for the lock, or for the demo to be loaded, looks again."""
LONGEST_PAUSE = 30.0

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection that the server has just ended while it was idle: the
    # farewell is read, the end of the stream not yet.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that goes on, about every so many seconds."""

    name: str
    every: float
    work: Callable[[Scene], Awaitable[None]]


HAPPENINGS: tuple[Happening, ...] = (
    Happening("vitals", 4, bedside.take_vitals),
    Happening("dose", 20, bedside.give_dose),
    Happening("panel", 25, laboratory.report_panel),
    Happening("finding", 60, laboratory.report_finding),
    Happening("answer", 30, laboratory.answer_old),
    Happening("cleaning", 40, flow.clean),
    Happening("admission", 120, flow.admit),
    Happening("transfer", 170, flow.transfer),
    Happening("discharge", 120, flow.discharge),
    Happening("reservation", 300, flow.reserve),
)


class Simulator:
    """Make the demo hospital live until cancelled.

    `ring(hospital_id)` is called after each commit that left an event; it must not block. `pace` 2
    is twice as fast. The simulator holds one connection of the pool for as long as it runs.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        ring: Callable[[UUID], None],
        *,
        policy: Policy = DEFAULT_POLICY,
        pace: float = 1.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
    ) -> None:
        self._pool = pool
        self._ring = ring
        self._policy = policy
        self._pace = pace
        self._clock = clock
        self._rng = rng or seeded(None)
        self._severities: dict[UUID, float] = {}
        self._pause = 0.0

    async def run(self) -> None:
        """Until cancelled. A database that is away or refuses is waited for; a mistake of ours is
        raised."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                        try:
                            await self._live(connection)
                        finally:
                            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)
            except NoStaff as reason:
                logger.info("the simulator waits: %s", reason)
            except DATABASE_ERRORS as error:
                # The kind alone: what PostgreSQL says may quote a row.
                self._pause = min(max(self._pause * 2, 1.0), LONGEST_PAUSE)
                logger.warning(
                    "the simulator lost the database (%s), again in %.0f s",
                    type(error).__name__,
                    self._pause,
                )
                await asyncio.sleep(self._pause * self._rng.uniform(0.7, 1.0))
                continue
            await asyncio.sleep(ASK_AGAIN / self._pace)

    async def _live(self, connection: Connection) -> None:
        hospital_id = await hospitals.hospital_by_code(connection, HOSPITAL_CODE)
        # Users are there before the patients are: nobody may be put into a bed meant for those.
        if hospital_id is None or not await is_loaded(connection, hospital_id):
            raise NoStaff("the demo has not been loaded")
        loop = asyncio.get_running_loop()
        start = loop.time()
        due = {each: start + self._gap(each) * self._rng.random() for each in HAPPENINGS}
        while True:
            each = min(HAPPENINGS, key=due.__getitem__)
            await asyncio.sleep(max(due[each] - loop.time(), 0))
            # Read each time: who works on which ward may have been changed by somebody.
            staff = await on_duty(connection, hospital_id)
            await self._happen(each, connection, hospital_id, staff)
            self._pause = 0.0
            # From now on, not from when it was due: after a sleep of the machine no burst follows.
            due[each] = loop.time() + self._gap(each)

    def _gap(self, each: Happening) -> float:
        return each.every * self._rng.uniform(0.6, 1.4) / self._pace

    async def _happen(
        self, each: Happening, connection: Connection, hospital_id: UUID, staff: Staff
    ) -> None:
        heard = False
        try:
            async with connection.transaction():
                tx = Transaction(
                    cast("asyncpg.Connection[Any]", connection),
                    hospital_id,
                    self._clock(),
                    self._policy,
                )
                await each.work(Scene(tx, self._rng, staff, self._severities))
                heard = bool(tuple(tx.events))
                await tx.flush()
        except Refusal as refusal:
            # People were quicker: the bed is taken, the result acknowledged. Next time then.
            logger.debug("%s was refused to the simulator: %s", each.name, refusal.code)
            return
        if heard:
            self._ring(hospital_id)
