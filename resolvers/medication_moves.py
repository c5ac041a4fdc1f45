"""What becomes of an order: started, held, resumed, stopped, completed, entered in error."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import bindparam, func, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules import medications
from models.rules.medications import MedicationStatus, OrderStepKind
from models.rules.refusals import Refusal as RuledOut
from models.rules.scopes import Scope
from resolvers import inputs, medication_history, medication_warnings, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction

Order = asyncpg.Record


async def start_medication(
    tx: Transaction, actor: Actor, *, medication_id: str, override_reason: str | None = None
) -> dict[str, Any]:
    """Start an order now that is a draft, or that is to begin later. Warnings that nobody has
    overridden stand in the way, as when it is placed."""
    order = await _order(tx, actor, Scope.MEDICATION_ORDER, medication_id)
    Conflict.unless_allowed(medications.start(_status(order), begun=_begun(order, tx.now)))
    if order["ends_at"] is not None and order["ends_at"] <= tx.now:
        raise Conflict("the end of the order has passed before it started")
    await _answered(tx, actor, order, override_reason)
    started = OrderStepKind.STARTED
    return await _become(tx, actor, order, MedicationStatus.ACTIVE, kind=started, starts_at=tx.now)


async def hold_medication(
    tx: Transaction, actor: Actor, *, medication_id: str, reason: str
) -> dict[str, Any]:
    """Hold an order: nothing of it is given until it is resumed."""
    order = await _order(tx, actor, Scope.MEDICATION_HOLD, medication_id)
    said = _reason(reason)
    Conflict.unless_allowed(medications.become(_status(order), MedicationStatus.ON_HOLD))
    held = OrderStepKind.HELD
    return await _become(
        tx, actor, order, MedicationStatus.ON_HOLD, kind=held, reason=said, hold_reason=said
    )


async def resume_medication(
    tx: Transaction,
    actor: Actor,
    *,
    medication_id: str,
    reason: str | None = None,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Go on with an order that is held; what it is warned of since stands in the way."""
    order = await _order(tx, actor, Scope.MEDICATION_HOLD, medication_id)
    said = None if reason is None else _reason(reason)
    Conflict.unless_allowed(medications.resume(_status(order)))
    await _answered(tx, actor, order, override_reason)
    resumed = OrderStepKind.RESUMED
    return await _become(
        tx, actor, order, MedicationStatus.ACTIVE, kind=resumed, reason=said, hold_reason=None
    )


async def discontinue_medication(
    tx: Transaction, actor: Actor, *, medication_id: str, reason: str
) -> dict[str, Any]:
    """Stop an order, and say why. What has not begun yet is cancelled."""
    order = await _order(tx, actor, Scope.MEDICATION_DISCONTINUE, medication_id)
    said = _reason(reason)
    ended = medications.discontinue(_status(order), begun=_begun(order, tx.now))
    if isinstance(ended, RuledOut):
        raise Conflict.by(ended)
    return await _end(tx, actor, order, ended, said)


async def complete_medication(
    tx: Transaction, actor: Actor, *, medication_id: str
) -> dict[str, Any]:
    """Say that an order has run its course."""
    order = await _order(tx, actor, Scope.MEDICATION_DISCONTINUE, medication_id)
    Conflict.unless_allowed(medications.become(_status(order), MedicationStatus.COMPLETED))
    return await _end(tx, actor, order, MedicationStatus.COMPLETED, None)


async def mark_medication_entered_in_error(
    tx: Transaction, actor: Actor, *, medication_id: str, reason: str
) -> dict[str, Any]:
    """Take an order back that should never have been: of another patient, of another drug."""
    order = await _order(tx, actor, Scope.MEDICATION_DISCONTINUE, medication_id)
    said = _reason(reason)
    Conflict.unless_allowed(medications.become(_status(order), MedicationStatus.ENTERED_IN_ERROR))
    return await _end(tx, actor, order, MedicationStatus.ENTERED_IN_ERROR, said)


async def _order(tx: Transaction, actor: Actor, scope: Scope, medication_id: str) -> Order:
    """The order, locked after its patient, as whoever orders and imports does."""
    seen = await visible.row(
        tx, actor, scope, models.MedicationOrder, medication_id, field="medicationId"
    )
    await medication_warnings.hold_still(tx, seen["patient_id"])
    return await visible.row(
        tx, actor, scope, models.MedicationOrder, medication_id, field="medicationId", lock=True
    )


def _status(order: Order) -> MedicationStatus:
    return MedicationStatus(order["status"])


def _begun(order: Order, now: datetime) -> bool:
    return order["starts_at"] is None or order["starts_at"] <= now


def _reason(said: str) -> str:
    return inputs.text(said, "reason", most=inputs.FREE_TEXT, lines=True)


async def _answered(tx: Transaction, actor: Actor, order: Order, reason: str | None) -> None:
    """Warnings that nobody has overridden are overridden now, or stand in the way."""
    said = inputs.optional_text(reason, "overrideReason", most=inputs.FREE_TEXT, lines=True)
    standing = await medication_warnings.unanswered(tx, order["id"])
    if not standing:
        return
    if said is None:
        raise medication_warnings.refuse(actor, standing)
    await medication_warnings.override(tx, actor, order["id"], said)
    await tx.run(_OVERRIDDEN, medication=order["id"], said=said)
    await medication_history.add(
        tx,
        actor,
        order_id=order["id"],
        patient_id=order["patient_id"],
        kind=OrderStepKind.OVERRIDDEN,
        status=_status(order),
        reason=said,
    )


async def _end(
    tx: Transaction, actor: Actor, order: Order, ended: MedicationStatus, said: str | None
) -> dict[str, Any]:
    await medication_warnings.end(tx, [order["id"]])
    return await _become(tx, actor, order, ended, reason=said, stopped_at=tx.now, stop_reason=said)


async def _become(
    tx: Transaction,
    actor: Actor,
    order: Order,
    status: MedicationStatus,
    *,
    kind: OrderStepKind | None = None,
    reason: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Change the order's status and these columns, and put it into the history, and by that into
    the chart. `kind` is that of the status where it is not given."""
    kept = {name: order[name] for name in _CHANGED}
    await tx.run(
        _CHANGE,
        medication=order["id"],
        new_status=status.value,
        now=tx.now,
        by=actor.user_id,
        **{f"new_{name}": value for name, value in (kept | changes).items()},
    )
    await medication_history.add(
        tx,
        actor,
        order_id=order["id"],
        patient_id=order["patient_id"],
        kind=kind or OrderStepKind(status.value),
        status=status,
        reason=reason,
    )
    return {"medication": order["id"]}


_TABLE = models.MedicationOrder.__table__
_CHANGED = ("starts_at", "hold_reason", "stopped_at", "stop_reason")
_NOW = bindparam("now", type_=TIMESTAMP(timezone=True))
_CHANGE = (
    update(models.MedicationOrder)
    .where(_TABLE.c.id == bindparam("medication"))
    .values(
        status=bindparam("new_status", type_=Text()),
        updated_at=_NOW,
        updated_by=bindparam("by"),
        **{name: bindparam(f"new_{name}", type_=_TABLE.c[name].type) for name in _CHANGED},
    )
)
_OVERRIDDEN = (
    update(models.MedicationOrder)
    .where(_TABLE.c.id == bindparam("medication"))
    .values(
        # The reason that it was placed with stays; the history has both.
        override_reason=func.coalesce(_TABLE.c.override_reason, bindparam("said", type_=Text()))
    )
)
