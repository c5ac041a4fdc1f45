"""Jobs on a clock: what must happen without anybody asking.

Every process runs them; rows are taken with SKIP LOCKED, so each step is made once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

import models
from models.rules import audit_chain
from resolvers import (
    arrivals,
    audit,
    beds,
    critical_result_listeners,
    critical_results,
    emergency_access,
    event_log,
    faults,
    idempotency,
    medication_ends,
)
from resolvers.critical_result_listeners import Listener
from resolvers.database import Statement
from resolvers.policy import Policy
from resolvers.transaction import Transaction, transaction

EVERY = 1.0
KEYS_KEPT = timedelta(hours=48)
"""How long an idempotency key answers for its first request."""
FORGET_EVERY = timedelta(minutes=10)
HEAD_EVERY = timedelta(minutes=10)
"""How often the head of the audit's chain is logged, if it has moved."""
TRIM_EVERY = timedelta(minutes=10)

Listeners = Callable[[UUID], Awaitable[Collection[Listener] | None]]
"""Who has an open feed of critical results in a hospital; None while it is not known."""

Step = Callable[[Transaction], Awaitable[int]]
Begin = Callable[[], AbstractAsyncContextManager[Transaction]]

_LOG = logging.getLogger(__name__)
_HOSPITALS = Statement(select(models.Hospital.id))
_WAITING = Statement(
    select(
        models.Hospital.id,
        critical_result_listeners.some_untold(models.Hospital.__table__).label("untold"),
    )
)


async def run(
    pool: asyncpg.Pool[Any], policy: Policy, ring: Callable[[UUID], None], listeners: Listeners
) -> None:
    """Run until cancelled, whatever the database does."""
    forgetting, noting, trimming = Pace(FORGET_EVERY), Pace(HEAD_EVERY), Pace(TRIM_EVERY)

    async def steps(now: datetime) -> None:
        await tick(pool, policy, ring, listeners, now)
        if forgetting.due():
            async with pool.acquire() as connection:
                await idempotency.forget(connection, before=now - KEYS_KEPT)
                await emergency_access.forget_attempts(connection, now=now, policy=policy)
                await arrivals.forget_attempts(connection, now=now, policy=policy)
            forgetting.done()

    told = audit_chain.Head()

    async def sealing(_: datetime) -> None:
        nonlocal told
        await audit.seal(pool)
        if noting.due():
            head = await audit.head(pool)
            noting.done()
            if head != told:
                # Whoever keeps the log elsewhere can hold the chain to it (docs/audit.md).
                _LOG.info("the audit is sealed up to %s", head)
                told = head

    async def keeping(now: datetime) -> None:
        if trimming.due():
            await trim(pool, policy, now)
            trimming.done()

    async with asyncio.TaskGroup() as clocks:
        clocks.create_task(_every("clock", steps))
        # Beside the other, so that a long round here keeps no escalation waiting.
        clocks.create_task(_every("sealer of the audit", sealing))
        clocks.create_task(_every("keeper of the log", keeping))


class Pace:
    """How often something is done. Not by the time of day: when somebody sets the clock back, it
    would not be done for as long."""

    def __init__(self, every: timedelta) -> None:
        self._every = every.total_seconds()
        self._done = float("-inf")

    def due(self) -> bool:
        """Whether it was not done for so long."""
        return time.monotonic() - self._done > self._every

    def done(self) -> None:
        """It has been done now."""
        self._done = time.monotonic()


async def _every(what: str, step: Callable[[datetime], Awaitable[None]]) -> None:
    """Make the step again and again, until cancelled."""
    down = False
    while True:
        try:
            await step(datetime.now(UTC))
            down = False
        except faults.TRANSIENT as error:
            if not down:
                _LOG.warning("the %s waits for the database: %s", what, type(error).__name__)
            down = True
        except Exception as error:  # noqa: BLE001 (one bad row must not stop every escalation)
            faults.report(error)
        await asyncio.sleep(EVERY)


async def tick(
    pool: asyncpg.Pool[Any],
    policy: Policy,
    ring: Callable[[UUID], None],
    listeners: Listeners,
    now: datetime,
) -> None:
    """Make the steps that are due in every hospital.

    A fault of ours in one hospital, or in one kind of step, keeps no other from its turn. Nor does
    a transient error, which is raised at the end: what is too long for one is not for all.
    """
    passing: Exception | None = None
    for row in await pool.fetch(_WAITING.sql):
        # Asked before the transaction: nothing is held while Redis is waited for.
        there = await listeners(row["id"]) if row["untold"] else None
        turn: list[Step] = [
            critical_results.escalate_due,
            beds.expire_reservations,
            medication_ends.complete_ended,
            emergency_access.tell_ended,
        ]
        if row["untold"]:
            turn.insert(0, partial(critical_result_listeners.tell, listeners=there))
        try:
            made = await _made(turn, partial(transaction, pool, row["id"], now, policy))
        except faults.TRANSIENT as error:
            passing = error
        else:
            if made:
                ring(row["id"])
    if passing is not None:
        raise passing


async def _made(turn: Sequence[Step], begin: Begin) -> int:
    """How many steps a hospital has made in its turn: in one transaction, or where that meets a
    fault each kind in its own, so that the others are made all the same."""
    try:
        async with begin() as tx:
            return sum([await step(tx) for step in turn])
    except faults.TRANSIENT:
        raise
    except Exception as error:  # noqa: BLE001 (see `tick`)
        if len(turn) == 1:
            faults.report(error)
            return 0
    return sum([await _made([step], begin) for step in turn])


async def trim(pool: asyncpg.Pool[Any], policy: Policy, now: datetime) -> int:
    """Take what is too old off the log of every hospital, piece by piece; how much."""
    trimmed = 0
    for row in await pool.fetch(_HOSPITALS.sql):
        piece = event_log.BATCH
        while piece == event_log.BATCH:
            piece = await event_log.trim(pool, row["id"], before=now - policy.events_kept)
            trimmed += piece
    return trimmed
