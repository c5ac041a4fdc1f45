"""Allergies: recording one."""

from __future__ import annotations

from typing import Any

import models
from models.rules.allergies import Criticality
from models.rules.scopes import Scope
from resolvers import inputs, rows, visible
from resolvers.actors import Actor
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
    """Record an allergy or intolerance of a patient."""
    patient = await visible.row(
        tx, actor, Scope.ALLERGY_RECORD, models.Patient, patient_id, field="patientId"
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
    return {"allergy": allergy}
