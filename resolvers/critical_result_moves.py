"""Open critical results that move with their patient: heard where the patient lies now."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

import models
from models.rules.critical_results import CriticalResultStatus
from resolvers.actors import Actor
from resolvers.critical_result_alerts import Alert
from resolvers.critical_result_steps import Loop
from resolvers.transaction import Transaction


async def follow(tx: Transaction, actor: Actor, patient_id: UUID, ward_id: UUID) -> None:
    """Take along what nobody has acknowledged yet; both wards hear of it. The patient is locked.

    What was acknowledged stays where it was: whoever answered for it is there. It comes along when
    it opens again.
    """
    rows = await tx.all(_ELSEWHERE, patient=patient_id, ward=ward_id)
    if not rows:
        return
    loop = Loop(tx, actor)
    for row in rows:
        loop.move(Alert.of(row), ward_id)
    await loop.write(tx)


_ALERT = models.CriticalResult.__table__

_ELSEWHERE = (
    select(_ALERT)
    .where(
        _ALERT.c.patient_id == bindparam("patient"),
        _ALERT.c.status == CriticalResultStatus.OPEN.value,
        _ALERT.c.ward_id.is_distinct_from(bindparam("ward")),
    )
    .order_by(_ALERT.c.id)
    .with_for_update()
)
