"""Batches: what a clock does to many rows at once, and with one that cannot be worked on, to the
others all the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from resolvers import faults
from resolvers.transaction import Transaction

Rows = Sequence[asyncpg.Record]


async def worked(tx: Transaction, rows: Rows, work: Callable[[Rows], Awaitable[int]]) -> int:
    """How many steps `work` makes of the rows, in their order.

    A fault of ours undoes what it was made in. The rows are then taken in halves, until the one
    that cannot be worked on stands alone: it is logged, is as it was, and has its next turn with
    the next round. A transient error is raised: another try of all is worth it.
    """
    if not rows:
        return 0
    try:
        async with tx.attempt():
            return await work(rows)
    except faults.TRANSIENT:
        raise
    except Exception as error:  # noqa: BLE001 (one bad row must not stop every escalation)
        if len(rows) == 1:
            faults.report(error)
            return 0
    half = len(rows) // 2
    return await worked(tx, rows[:half], work) + await worked(tx, rows[half:], work)
