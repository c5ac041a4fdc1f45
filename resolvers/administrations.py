"""Administrations: recording what was given."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import models
from models.rules import administrations
from models.rules.administrations import AdministrationStatus
from models.rules.medications import MedicationStatus
from models.rules.scopes import Scope
from resolvers import doses, inputs, rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction


async def record_administration(
    tx: Transaction,
    actor: Actor,
    *,
    medication_id: str,
    status: AdministrationStatus,
    given_at: datetime | None = None,
    dose: Decimal | None = None,
    dose_unit: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Record that a dose was given (null: the dose that was ordered), or was not and why."""
    order = await visible.row(
        tx,
        actor,
        Scope.ADMINISTRATION_RECORD,
        models.MedicationOrder,
        medication_id,
        field="medicationId",
        lock=True,
    )
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if status is AdministrationStatus.NOT_GIVEN and said is None:
        raise BadInput("a dose that was not given needs a reason", field="reason")
    ruled_out = administrations.administer(MedicationStatus(order["status"]), status, said)
    if ruled_out is not None:
        raise Conflict.by(ruled_out)
    given = inputs.positive(dose, "dose", below=doses.LARGEST)
    if given is None and status is AdministrationStatus.GIVEN:
        given, unit = order["dose"], order["dose_unit"]
    else:
        unit = doses.unit(given, dose_unit or order["dose_unit"])
    at = tx.now if given_at is None else inputs.past(given_at, "givenAt", tx.now)
    administration = await rows.add(
        tx,
        actor,
        models.MedicationAdministration,
        medication_order_id=order["id"],
        patient_id=order["patient_id"],
        status=status.value,
        given_at=at,
        dose=given,
        dose_unit=None if given is None else unit,
        reason=said,
        given_by=actor.user_id,
    )
    return {"administration": administration}
