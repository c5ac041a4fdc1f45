"""Jobs on a clock: what must happen without anybody asking.

Every process runs them; rows are taken with SKIP LOCKED, so each step is made once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

import models
from models.rules import audit_chain
from resolvers import audit, beds, critical_results, emergency_access, faults, idempotency
from resolvers.database import Statement
from resolvers.policy import Policy
from resolvers.transaction import transaction

EVERY = 1.0
KEYS_KEPT = timedelta(hours=48)
"""How long an idempotency key answers for its first request."""
FORGET_EVERY = timedelta(minutes=10)
HEAD_EVERY = timedelta(minutes=10)
"""How often the head of the audit's chain is logged, if it has moved."""

_LOG = logging.getLogger(__name__)
_HOSPITALS = Statement(select(models.Hospital.id))


async def run(pool: asyncpg.Pool[Any], policy: Policy, ring: Callable[[UUID], None]) -> None:
    """Run until cancelled, whatever the database does."""
    forgotten = datetime.min.replace(tzinfo=UTC)

    async def steps(now: datetime) -> None:
        nonlocal forgotten
        await tick(pool, policy, ring, now)
        if now - forgotten > FORGET_EVERY:
            async with pool.acquire() as connection:
                await idempotency.forget(connection, before=now - KEYS_KEPT)
                await emergency_access.forget_attempts(connection, now=now, policy=policy)
            forgotten = now

    told, noted = audit_chain.Head(), datetime.min.replace(tzinfo=UTC)

    async def sealing(now: datetime) -> None:
        nonlocal told, noted
        await audit.seal(pool)
        if now - noted > HEAD_EVERY:
            noted, head = now, await audit.head(pool)
            if head != told:
                # Whoever keeps the log elsewhere can hold the chain to it (docs/audit.md).
                _LOG.info("the audit is sealed up to %s", head)
                told = head

    async with asyncio.TaskGroup() as clocks:
        clocks.create_task(_every("clock", steps))
        # Beside the other, so that a long round here keeps no escalation waiting.
        clocks.create_task(_every("sealer of the audit", sealing))


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
    pool: asyncpg.Pool[Any], policy: Policy, ring: Callable[[UUID], None], now: datetime
) -> None:
    """Make the steps that are due in every hospital."""
    for row in await pool.fetch(_HOSPITALS.sql):
        async with transaction(pool, row["id"], now, policy) as tx:
            steps = await critical_results.escalate_due(tx)
            steps += await beds.expire_reservations(tx)
            steps += await emergency_access.tell_ended(tx)
        if steps:
            ring(row["id"])
