"""Beds: reserving one, and saying in what state it is and what it is fit for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import BedEquipped, BedStatusSet
from models.rules import beds
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.isolations import IsolationKind
from models.rules.scopes import Scope
from resolvers import arrivals, bed_transitions, inputs, reservations, stays, visible, ward_changes
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction


async def reserve_bed(
    tx: Transaction,
    actor: Actor,
    *,
    bed_id: str,
    patient_id: str,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Keep a bed for a patient; once more for the same patient moves `until`.

    CONFLICT where it is kept for another, or is in a state in which it cannot be promised.
    """
    patient = await arrivals.patient(tx, actor, Scope.BED_RESERVE, patient_id, field="patientId")
    bed = await visible.row(
        tx, actor, Scope.BED_RESERVE, models.Bed, bed_id, field="bedId", lock=True
    )
    if until is not None:
        inputs.future(until, "until", tx.now)
    held_by = await reservations.holder(tx, bed["id"])
    Conflict.unless_allowed(
        beds.reserve(
            BedStatus(bed["status"]),
            occupied=await stays.lies_in(tx, bed["id"]) is not None,
            reserved=held_by is not None,
            reserved_for_patient=held_by == patient["id"],
        )
    )
    await reservations.keep(
        tx,
        actor,
        bed_id=bed["id"],
        ward_id=bed["ward_id"],
        patient_id=patient["id"],
        until=until,
    )
    return {"bed": bed["id"]}


async def release_reservation(tx: Transaction, actor: Actor, *, bed_id: str) -> dict[str, Any]:
    """Keep a bed no longer. CONFLICT where it is not kept for anybody."""
    bed = await visible.row(
        tx, actor, Scope.BED_RESERVE, models.Bed, bed_id, field="bedId", lock=True
    )
    if await reservations.holder(tx, bed["id"]) is None:
        raise Conflict("the bed is not reserved")
    await reservations.release(tx, actor, bed["id"])
    return {"bed": bed["id"]}


async def set_bed_status(
    tx: Transaction, actor: Actor, *, bed_id: str, status: BedStatus, reason: str | None = None
) -> dict[str, Any]:
    """Set the state of an empty bed; CLOSED with a reason. OCCUPIED is not set by hand: a stay
    does it."""
    bed = await visible.row(
        tx, actor, Scope.BED_STATUS_SET, models.Bed, bed_id, field="bedId", lock=True
    )
    ward_changes.in_service(bed)
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if status is BedStatus.CLOSED and said is None:
        raise BadInput("reason is needed to close a bed", field="reason", limit="not empty")
    current = BedStatus(bed["status"])
    occupied = current is BedStatus.OCCUPIED or await stays.lies_in(tx, bed["id"]) is not None
    Conflict.unless_allowed(beds.set_status(current, status, occupied=occupied))
    if status is not current or (status is BedStatus.CLOSED and said != bed["closed_reason"]):
        await bed_transitions.change(
            tx, actor, bed, BedChangeEventKind.STATUS_CHANGED, status, reason=said
        )
        tx.record(BedStatusSet(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=None))
    return {"bed": bed["id"]}


async def equip_bed(
    tx: Transaction, actor: Actor, *, bed_id: str, isolation_for: list[IsolationKind]
) -> dict[str, Any]:
    """Say for which kinds of isolation a bed is fit, instead of those said before."""
    bed = await visible.row(
        tx, actor, Scope.BED_EQUIP, models.Bed, bed_id, field="bedId", lock=True
    )
    ward_changes.in_service(bed)
    kinds = sorted({kind.value for kind in isolation_for})
    if kinds != sorted(bed["isolation_for"]):
        await tx.run(_EQUIP, bed=bed["id"], kinds=kinds, now=tx.now, by=actor.user_id)
        tx.record(BedEquipped(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=None))
    return {"bed": bed["id"]}


async def expire_reservations(tx: Transaction) -> int:
    """End the reservations that are out of time; how many. For a job on a clock."""
    return await reservations.expire(tx)


_EQUIP = (
    update(models.Bed)
    .where(models.Bed.id == bindparam("bed"))
    .values(
        isolation_for=bindparam("kinds", type_=ARRAY(Text())),
        updated_at=bindparam("now", type_=TIMESTAMP(timezone=True)),
        updated_by=bindparam("by"),
    )
)
