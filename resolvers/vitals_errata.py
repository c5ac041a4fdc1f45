"""Errata of vital signs: a set that was recorded of the wrong patient, or never measured."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.types import Text

import models
from models.events import VitalsMarkedEnteredInError
from models.rules.scopes import Scope
from resolvers import deteriorations, inputs, stays, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction


async def mark_vitals_entered_in_error(
    tx: Transaction, actor: Actor, *, vitals_id: str, reason: str
) -> dict[str, Any]:
    """Take a set back for good: it stays as it is, marked, and counts for nothing any more.

    The alert that speaks of it speaks of the worst set that joined it instead, or is withdrawn.
    CONFLICT where it was taken back before.
    """
    reason = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    row = await visible.row(
        tx, actor, Scope.VITALS_CORRECT, models.VitalSigns, vitals_id, field="vitalsId", lock=True
    )
    if row["entered_in_error_at"] is not None:
        raise Conflict("the set is marked as entered in error already")
    await tx.run(_MARK, row_id=row["id"], at=tx.now, by=actor.user_id, reason=reason)
    ward_id = await stays.current_ward(tx, row["patient_id"])
    tx.record(
        VitalsMarkedEnteredInError(
            subject_id=row["id"], ward_id=ward_id, patient_id=row["patient_id"]
        )
    )
    await deteriorations.take_back(tx, actor, row)
    return {"vitals": row["id"]}


_V = models.VitalSigns.__table__
_MARK = (
    update(models.VitalSigns)
    .where(_V.c.id == bindparam("row_id"))
    .values(
        entered_in_error_at=bindparam("at", type_=_V.c.entered_in_error_at.type),
        entered_in_error_by=bindparam("by", type_=_V.c.entered_in_error_by.type),
        entered_in_error_reason=bindparam("reason", type_=Text()),
    )
)
