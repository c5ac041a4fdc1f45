"""Placements: whether a patient may come to a bed."""

from __future__ import annotations

from uuid import UUID

import asyncpg

import models
from models.rules import beds
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from models.rules.scopes import Scope
from resolvers import ids, inputs, isolations, reservations, stays, visible
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.transaction import Transaction


async def check(tx: Transaction, bed: asyncpg.Record, patient_id: UUID) -> None:
    """Raise Conflict where the bed, which is locked, is not to be had by the patient."""
    held_by = await reservations.holder(tx, bed["id"])
    Conflict.unless_allowed(
        beds.take(
            BedStatus(bed["status"]),
            occupied=await stays.lies_in(tx, bed["id"]) is not None,
            reserved=held_by is not None,
            reserved_for_patient=held_by == patient_id,
        )
    )


async def check_isolation(
    tx: Transaction,
    actor: Actor,
    bed: asyncpg.Record,
    patient_id: UUID,
    override_reason: str | None,
) -> str | None:
    """The reason that is to be kept where the patient comes to a bed that is not fit for the own
    isolation; None: it is. Conflict without one; FORBIDDEN, or NOT_FOUND, to whom it is not for."""
    said = inputs.optional_text(
        override_reason, "overrideReason", most=inputs.FREE_TEXT, lines=True
    )
    ruled_out = beds.fits(
        BedStatus(bed["status"]),
        await isolations.in_force(tx, patient_id),
        map(IsolationKind, bed["isolation_for"]),
    )
    if ruled_out is None:
        return None
    if said is None:
        raise Conflict(
            f"{ruled_out.reason}: overrideReason says why it is taken all the same",
            field="overrideReason",
        )
    public_id = ids.encode(models.Bed, bed["id"])
    await visible.row(
        tx, actor, Scope.ISOLATION_OVERRIDE, models.Bed, public_id, field="overrideReason"
    )
    return said
