"""The history of orders: what happened to each, who did it, when and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.medications import MedicationStatus, OrderStepKind
from resolvers.actors import Actor
from resolvers.transaction import Transaction

_OF_STATUS = {
    MedicationStatus.ON_HOLD: OrderStepKind.HELD,
    MedicationStatus.COMPLETED: OrderStepKind.COMPLETED,
    MedicationStatus.STOPPED: OrderStepKind.STOPPED,
    MedicationStatus.CANCELLED: OrderStepKind.CANCELLED,
    MedicationStatus.ENTERED_IN_ERROR: OrderStepKind.ENTERED_IN_ERROR,
}


async def add(
    tx: Transaction,
    actor: Actor,
    *,
    order_id: UUID,
    patient_id: UUID,
    kind: OrderStepKind,
    status: MedicationStatus,
    reason: str | None = None,
) -> None:
    """One step, now."""
    step = _step(tx, order_id, patient_id, kind, status)
    await tx.insert(models.MedicationOrderStep, step | {"reason": reason, "user_id": actor.user_id})


async def add_all(
    tx: Transaction,
    orders: Iterable[tuple[UUID, UUID]],
    *,
    kind: OrderStepKind,
    status: MedicationStatus,
) -> None:
    """One step of each order and its patient, now, by the system."""
    await tx.insert_all(
        models.MedicationOrderStep,
        [
            _step(tx, order_id, patient_id, kind, status) | {"reason": None, "user_id": None}
            for order_id, patient_id in orders
        ],
    )


async def catch_up(tx: Transaction, actor: Actor, patient_ids: Iterable[UUID]) -> None:
    """Give the orders of these patients the steps that an import made without saying so: that they
    were placed, and what the sender says of them now."""
    orders = await tx.all(_LAST, patients=sorted(set(patient_ids)))
    steps: list[dict[str, Any]] = []
    for order in orders:
        now, before = MedicationStatus(order["status"]), order["last_status"]
        if before is None:
            began = _step(
                tx, order["id"], order["patient_id"], OrderStepKind.ORDERED, MedicationStatus.ACTIVE
            )
            steps.append(began | {"occurred_at": order["ordered_at"], "reason": None})
            before = MedicationStatus.ACTIVE
        if now != before:
            kind = _OF_STATUS.get(now, OrderStepKind.IMPORTED)
            step = _step(tx, order["id"], order["patient_id"], kind, now)
            if order["last_status"] is None:
                step["occurred_at"] = order["stopped_at"] or order["ordered_at"]
            steps.append(step | {"reason": order["stop_reason"]})
    await tx.insert_all(
        models.MedicationOrderStep, [step | {"user_id": actor.user_id} for step in steps]
    )


def _step(
    tx: Transaction,
    order_id: UUID,
    patient_id: UUID,
    kind: OrderStepKind,
    status: MedicationStatus,
) -> dict[str, Any]:
    return {
        "id": models.new_id(),
        "hospital_id": tx.hospital_id,
        "medication_order_id": order_id,
        "patient_id": patient_id,
        "kind": kind.value,
        "occurred_at": tx.now,
        "status": status.value,
    }


_ORDER = models.MedicationOrder.__table__
_STEP = models.MedicationOrderStep.__table__
_LAST = (
    select(
        *(
            _ORDER.c[name]
            for name in (
                "id",
                "patient_id",
                "status",
                "ordered_at",
                "stopped_at",
                "stop_reason",
            )
        ),
        select(_STEP.c.status)
        .where(_STEP.c.medication_order_id == _ORDER.c.id)
        .order_by(_STEP.c.occurred_at.desc(), _STEP.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("last_status"),
    )
    .where(_ORDER.c.patient_id == bindparam("patients", type_=ARRAY(Uuid())).any_())
    .order_by(_ORDER.c.ordered_at, _ORDER.c.id)
)
