"""The steps of a critical result, row by row, as a chart by hand or by chance needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import models
from resolvers.transaction import Transaction

LOOP = ("RAISED", "READ_BACK_REFUSED", "ESCALATED", "WORSENED", "REOPENED", "BREACHED")
"""What a whole loop goes through before somebody acknowledges it, and it is repeated."""


async def step_through(
    tx: Transaction,
    alert: UUID,
    kinds: Sequence[str],
    times: Sequence[datetime],
    **more: Any,
) -> None:
    """Write the steps; `more` are columns of each. A level is how often it was escalated."""
    level = 0
    for number, (kind, at) in enumerate(zip(kinds, times, strict=True), 1):
        level += kind == "ESCALATED"
        spoken = kind in ("ACKNOWLEDGED", "READ_BACK_REFUSED")
        await tx.insert(
            models.CriticalResultStep,
            {"id": models.new_id(), "hospital_id": tx.hospital_id, "critical_result_id": alert}
            | {"number": number, "kind": kind, "occurred_at": at, "level": level}
            | {"read_back": Decimal("6.90") if spoken else None}
            | more,
        )


async def whole_loop(tx: Transaction, alert: UUID, **more: Any) -> None:
    """A loop of an hour in which all that can happen has happened; half of it is over."""
    kinds = (*LOOP, "ACKNOWLEDGED", "REPEATED", "REOPENED", "ESCALATED", "ESCALATED")
    times = [tx.now + timedelta(minutes=7 * place - 77) for place in range(len(kinds))]
    await step_through(tx, alert, kinds, times, **more)
