"""Medication orders: ordering and discontinuing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules import drug_allergy, medications
from models.rules.drug_allergy import Substance
from models.rules.drug_warnings import DrugWarning
from models.rules.medications import Frequency, MedicationStatus
from models.rules.refusals import Refusal as RuledOut
from models.rules.scopes import Reach, Scope
from resolvers import doses, inputs, rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction


async def order_medication(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    drug: str,
    code: str | None = None,
    dose: Decimal | None = None,
    dose_unit: str | None = None,
    route: str | None = None,
    frequency: str | None = None,
    as_needed: bool | None = False,
    as_needed_reason: str | None = None,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Order a drug for a patient; the order is ACTIVE at once.

    An allergy on record that speaks against it, or the same drug running already, is a CONFLICT
    that lists the warnings, unless `override_reason` says why all the same: then reason and
    warnings stay on the order.
    """
    # Locked, so that of two orders of one drug at once the second is warned of the first.
    patient = await visible.row(
        tx, actor, Scope.MEDICATION_ORDER, models.Patient, patient_id, field="patientId", lock=True
    )
    wanted = Substance(inputs.text(drug, "drug"), inputs.optional_text(code, "code"))
    values: dict[str, Any] = {
        "dose": inputs.positive(dose, "dose", below=doses.LARGEST),
        "dose_unit": doses.unit(dose, dose_unit),
        "route": inputs.optional_text(route, "route"),
        "frequency": _frequency(frequency),
        "as_needed": bool(as_needed),
        "as_needed_reason": inputs.optional_text(
            as_needed_reason, "asNeededReason", most=inputs.FREE_TEXT, lines=True
        ),
        "override_reason": inputs.optional_text(
            override_reason, "overrideReason", most=inputs.FREE_TEXT, lines=True
        ),
    }
    ruled_out = medications.as_needed(needed=values["as_needed"], reason=values["as_needed_reason"])
    if ruled_out is not None:
        raise BadInput(ruled_out.reason, field="asNeededReason")
    warnings = await _warnings(tx, patient["id"], wanted)
    if warnings and values["override_reason"] is None:
        raise Conflict(
            "there are warnings against this order: overrideReason says why it is placed anyway",
            warnings=_told(actor, warnings),
        )
    order = await rows.add(
        tx,
        actor,
        models.MedicationOrder,
        patient_id=patient["id"],
        drug=wanted.name,
        code=wanted.code,
        **values,
        warnings=[f"{warning.kind}: {warning.message}" for warning in warnings],
        status=MedicationStatus.ACTIVE.value,
        ordered_at=tx.now,
    )
    return {"medication": order}


async def discontinue_medication(
    tx: Transaction, actor: Actor, *, medication_id: str, reason: str
) -> dict[str, Any]:
    """Stop an order that is running, and say why."""
    order = await visible.row(
        tx,
        actor,
        Scope.MEDICATION_DISCONTINUE,
        models.MedicationOrder,
        medication_id,
        field="medicationId",
        lock=True,
    )
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    ended = medications.discontinue(MedicationStatus(order["status"]))
    if isinstance(ended, RuledOut):
        raise Conflict.by(ended)
    tx.chart(order["patient_id"])
    await tx.run(
        _STOP,
        medication=order["id"],
        ended=ended.value,
        said=said,
        now=tx.now,
        by=actor.user_id,
    )
    return {"medication": order["id"]}


def _frequency(words: str | None) -> str | None:
    said = inputs.optional_text(words, "frequency")
    if said is None:
        return None
    found = medications.frequency(said)
    if isinstance(found, Frequency):
        return found.value
    raise BadInput(found.reason, field="frequency", limit=", ".join(found.allowed))


async def _warnings(tx: Transaction, patient_id: UUID, drug: Substance) -> list[DrugWarning]:
    allergies = await tx.all(_ALLERGIES, patient=patient_id)
    running = await tx.all(_RUNNING, patient=patient_id)
    return [
        *drug_allergy.conflicts(drug, (Substance(row["name"], row["code"]) for row in allergies)),
        *drug_allergy.duplicates(drug, (Substance(row["name"], row["code"]) for row in running)),
    ]


_READ_FOR: dict[str, Scope] = {"ALLERGY": Scope.ALLERGY_READ, "DUPLICATE": Scope.MEDICATION_READ}


def _told(actor: Actor, warnings: list[DrugWarning]) -> list[dict[str, str]]:
    """The warnings for the answer: in words for who may read what caused them, else by kind alone.

    An integrator orders for everybody and reads only what it wrote: an order is not a question
    about somebody's allergies.
    """
    told = []
    for warning in warnings:
        scope = _READ_FOR[warning.kind.partition("_")[0]]
        readable = actor.rights.reaches(scope) - {Reach.AUTHORED, Reach.OWN}
        told.append(
            {"kind": warning.kind.value, "message": warning.message}
            if readable
            else {"kind": warning.kind.value}
        )
    return told


_ALLERGY, _ORDER = models.Allergy.__table__, models.MedicationOrder.__table__
_ALLERGIES = (
    select(_ALLERGY.c.substance.label("name"), _ALLERGY.c.code)
    .where(_ALLERGY.c.patient_id == bindparam("patient"), _ALLERGY.c.entered_in_error_at.is_(None))
    .order_by(_ALLERGY.c.recorded_at)
)
_RUNNING = (
    select(_ORDER.c.drug.label("name"), _ORDER.c.code)
    .where(
        _ORDER.c.patient_id == bindparam("patient"),
        _ORDER.c.status.in_(
            literal_column(f"'{each.value}'")
            for each in (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD, MedicationStatus.DRAFT)
        ),
    )
    .order_by(_ORDER.c.ordered_at)
)
_TIME = TIMESTAMP(timezone=True)
_STOP = (
    update(models.MedicationOrder)
    .where(_ORDER.c.id == bindparam("medication"))
    .values(
        status=bindparam("ended", type_=Text()),
        stopped_at=bindparam("now", type_=_TIME),
        stop_reason=bindparam("said", type_=Text()),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
