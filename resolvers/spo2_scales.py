"""SpO2 scales: by which row of the NEWS2 chart a patient's saturation is scored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

import models
from models.rules.news2 import Spo2Scale
from models.rules.scopes import Scope
from resolvers import inputs, rows, visible
from resolvers.actors import Actor
from resolvers.transaction import Transaction


async def set_spo2_scale(
    tx: Transaction, actor: Actor, *, patient_id: str, scale: Spo2Scale, reason: str
) -> dict[str, Any]:
    """Record a clinical decision on the scale. It holds for sets recorded from now on, until the
    next decision; what was scored before stays as it was scored."""
    reason = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    patient = await visible.row(
        tx, actor, Scope.SPO2_SCALE_SET, models.Patient, patient_id, field="patientId", lock=True
    )
    last = await tx.first(_IN_FORCE, patient=patient["id"])
    # By the clock of another process the last one may have been made a moment from now.
    at = tx.now if last is None else max(tx.now, last["decided_at"])
    if last is not None:
        await tx.run(_END, decision=last["id"], at=at)
    decision = await rows.add(
        tx,
        actor,
        models.Spo2ScaleDecision,
        patient_id=patient["id"],
        scale=scale.value,
        reason=reason,
        decided_at=at,
    )
    return {"decision": decision}


_D = models.Spo2ScaleDecision.__table__
_IN_FORCE = select(_D.c.id, _D.c.decided_at).where(
    _D.c.patient_id == bindparam("patient"), _D.c.ended_at.is_(None)
)
_END = (
    update(models.Spo2ScaleDecision)
    .where(_D.c.id == bindparam("decision"))
    .values(ended_at=bindparam("at", type_=_D.c.ended_at.type))
)
