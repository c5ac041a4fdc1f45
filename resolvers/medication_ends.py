"""The ends of orders: one whose end has passed has run its course, and the clock says so.

Not at once: a dose that fell due before the end may be recorded for as long as any other
(models/rules/schedules.LOOKED_BACK), and nothing can be on an order that is over. What is held
stays so, for somebody to decide; of what a sender ordered the sender says what it is.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Uuid, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP

import models
from models.rules.medications import MedicationStatus, OrderStepKind
from models.rules.schedules import LOOKED_BACK
from resolvers import batches, medication_history, medication_warnings
from resolvers.reading.shapes import words
from resolvers.transaction import Transaction

MOST_ENDED = 500
"""Orders that one tick completes; the rest wait for the next."""


async def complete_ended(tx: Transaction) -> int:
    """Complete the orders of the hospital whose end has passed; how many. For a job on a clock, in
    any number of processes: a row that another holds is left to it."""
    given = {"hospital_id": tx.hospital_id, "now": tx.now, "earlier": tx.now - LOOKED_BACK}
    return await batches.worked(tx, await tx.all(_ENDED, **given), partial(_complete, tx))


async def _complete(tx: Transaction, rows: batches.Rows) -> int:
    ids = [row["id"] for row in rows]
    await tx.run(_COMPLETE, orders=ids, now=tx.now)
    await medication_warnings.end(tx, ids)
    await medication_history.add_all(
        tx,
        [(row["id"], row["patient_id"]) for row in rows],
        kind=OrderStepKind.COMPLETED,
        status=MedicationStatus.COMPLETED,
    )
    return len(rows)


_TABLE = models.MedicationOrder.__table__
_TIME = TIMESTAMP(timezone=True)
_NOW = bindparam("now", type_=_TIME)
_ENDED = (
    select(_TABLE.c.id, _TABLE.c.patient_id)
    .where(
        _TABLE.c.hospital_id == bindparam("hospital_id"),
        # In the words of the partial index.
        _TABLE.c.status.in_(words([MedicationStatus.ACTIVE])),
        _TABLE.c.sender.is_(None),
        _TABLE.c.ends_at <= _NOW,
        or_(
            _TABLE.c.ends_at <= bindparam("earlier", type_=_TIME),
            # Those that have no times, of which no dose waits.
            _TABLE.c.as_needed,
            _TABLE.c.frequency.is_(None),
        ),
    )
    .order_by(_TABLE.c.ends_at, _TABLE.c.id)
    .limit(MOST_ENDED)
    .with_for_update(skip_locked=True, key_share=True)
)
_COMPLETE = (
    update(models.MedicationOrder)
    .where(_TABLE.c.id == bindparam("orders", type_=ARRAY(Uuid())).any_())
    .values(status=MedicationStatus.COMPLETED.value, updated_at=_NOW, updated_by=None)
)
