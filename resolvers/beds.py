"""Beds: reserving one, and saying in what state it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import models
from models.events import BedStatusSet
from models.rules import beds
from models.rules.beds import BedStatus
from models.rules.scopes import Scope
from resolvers import arrivals, inputs, reservations, stays, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
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
    ruled_out = beds.reserve(
        BedStatus(bed["status"]),
        occupied=await stays.lies_in(tx, bed["id"]) is not None,
        reserved=held_by is not None,
        reserved_for_patient=held_by == patient["id"],
    )
    if ruled_out is not None:
        raise Conflict.by(ruled_out)
    await reservations.keep(
        tx,
        actor,
        bed_id=bed["id"],
        ward_id=bed["ward_id"],
        patient_id=patient["id"],
        until=until,
    )
    return {"bed": bed["id"]}


async def set_bed_status(
    tx: Transaction, actor: Actor, *, bed_id: str, status: BedStatus
) -> dict[str, Any]:
    """Set the state of an empty bed. OCCUPIED is not set by hand: a stay does it."""
    bed = await visible.row(
        tx, actor, Scope.BED_STATUS_SET, models.Bed, bed_id, field="bedId", lock=True
    )
    current = BedStatus(bed["status"])
    occupied = current is BedStatus.OCCUPIED or await stays.lies_in(tx, bed["id"]) is not None
    ruled_out = beds.set_status(current, status, occupied=occupied)
    if ruled_out is not None:
        raise Conflict.by(ruled_out)
    if status is not current:
        await stays.put_status(tx, actor, bed["id"], status)
        tx.record(BedStatusSet(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=None))
    return {"bed": bed["id"]}


async def expire_reservations(tx: Transaction) -> int:
    """End the reservations that are out of time; how many. For a job on a clock."""
    return await reservations.expire(tx)
