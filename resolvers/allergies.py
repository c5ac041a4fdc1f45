"""Allergies: recording one, and taking one back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules.allergies import Criticality
from models.rules.scopes import Scope
from resolvers import inputs, medication_warnings, rows, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction


async def record_allergy(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    substance: str,
    criticality: Criticality,
    code: str | None = None,
    reaction: str | None = None,
) -> dict[str, Any]:
    """Record an allergy or intolerance of a patient. Orders that run and that it speaks against are
    marked with a warning."""
    patient = await visible.row(
        tx, actor, Scope.ALLERGY_RECORD, models.Patient, patient_id, field="patientId", lock=True
    )
    allergy = await rows.add(
        tx,
        actor,
        models.Allergy,
        patient_id=patient["id"],
        substance=inputs.text(substance, "substance"),
        code=inputs.optional_text(code, "code"),
        reaction=inputs.optional_text(reaction, "reaction", most=inputs.FREE_TEXT, lines=True),
        criticality=criticality.value,
        recorded_at=tx.now,
    )
    await medication_warnings.reconsider(tx, [patient["id"]])
    return {"allergy": allergy}


async def mark_allergy_entered_in_error(
    tx: Transaction, actor: Actor, *, allergy_id: str, reason: str
) -> dict[str, Any]:
    """Take an allergy back that the patient has not; the warnings that it caused are over."""
    seen = await visible.row(
        tx, actor, Scope.ALLERGY_CORRECT, models.Allergy, allergy_id, field="allergyId"
    )
    await medication_warnings.hold_still(tx, seen["patient_id"])
    allergy = await visible.row(
        tx, actor, Scope.ALLERGY_CORRECT, models.Allergy, allergy_id, field="allergyId", lock=True
    )
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if allergy["entered_in_error_at"] is not None:
        raise Conflict("the allergy has been taken back already")
    tx.chart(allergy["patient_id"])
    await tx.run(_TAKE_BACK, allergy=allergy["id"], now=tx.now, by=actor.user_id, said=said)
    await medication_warnings.reconsider(tx, [allergy["patient_id"]])
    return {"allergy": allergy["id"]}


_ALLERGY = models.Allergy.__table__
_NOW = bindparam("now", type_=TIMESTAMP(timezone=True))
_TAKE_BACK = (
    update(models.Allergy)
    .where(_ALLERGY.c.id == bindparam("allergy"))
    .values(
        entered_in_error_at=_NOW,
        error_reason=bindparam("said", type_=Text()),
        updated_at=_NOW,
        updated_by=bindparam("by"),
    )
)
