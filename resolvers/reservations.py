"""Reservations: a bed kept for a patient, until it is used, released or out of time.

Whoever changes the reservation of a bed holds the bed's lock; the clock alone (`expire`) does not
wait for one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import BedReleased, BedReserved
from resolvers import rows
from resolvers.actors import Actor
from resolvers.transaction import Transaction

_R, _BED = models.Reservation.__table__, models.Bed.__table__
_DUE = _R.alias("due")
_TIME = TIMESTAMP(timezone=True)


async def holder(tx: Transaction, bed_id: UUID) -> UUID | None:
    """The patient for whom the bed is kept now. A reservation out of time is ended on the way."""
    await _release(tx, _OUT_OF_TIME_BED, bed=bed_id, ended_as="EXPIRED", by=None)
    patient: UUID | None = await tx.scalar(_HOLDER, bed=bed_id)
    return patient


async def keep(
    tx: Transaction,
    actor: Actor,
    *,
    bed_id: UUID,
    ward_id: UUID,
    patient_id: UUID,
    until: datetime | None,
) -> None:
    """Keep the bed for the patient, who is its holder or it has none: anew, or with a new end."""
    moved = await tx.run(_MOVE, bed=bed_id, until=until, now=tx.now, by=actor.user_id)
    if not moved:
        await rows.add(
            tx,
            actor,
            models.Reservation,
            bed_id=bed_id,
            patient_id=patient_id,
            reserved_until=until,
        )
    tx.record(BedReserved(subject_id=bed_id, ward_id=ward_id, patient_id=patient_id))


async def fulfil(tx: Transaction, actor: Actor, bed_id: UUID) -> None:
    """The patient has come: the bed's reservation, which is the patient's, ends."""
    await tx.run(_FULFIL, bed=bed_id, now=tx.now, by=actor.user_id)


async def release(tx: Transaction, actor: Actor, bed_id: UUID) -> None:
    """The bed is kept no longer."""
    await _release(tx, _OF_BED, bed=bed_id, ended_as="RELEASED", by=actor.user_id)


async def release_all_of(tx: Transaction, actor: Actor, patient_id: UUID) -> None:
    """The patient has left: no bed is kept any longer."""
    await _release(tx, _OF_PATIENT, patient=patient_id, ended_as="RELEASED", by=actor.user_id)


async def expire(tx: Transaction) -> int:
    """End the reservations of the hospital that are out of time; how many."""
    return await _release(tx, _OUT_OF_TIME, hospital=tx.hospital_id, ended_as="EXPIRED", by=None)


async def _release(tx: Transaction, statement: Any, **values: Any) -> int:
    released = await tx.all(statement, now=tx.now, **values)
    for row in released:
        tx.record(
            BedReleased(
                subject_id=row["bed_id"], ward_id=row["ward_id"], patient_id=row["patient_id"]
            )
        )
    return len(released)


_HOLDER = select(_R.c.patient_id).where(_R.c.bed_id == bindparam("bed"), _R.c.ended_at.is_(None))
_MOVE = (
    update(models.Reservation)
    .where(_R.c.bed_id == bindparam("bed"), _R.c.ended_at.is_(None))
    .values(
        reserved_until=bindparam("until", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_END = update(models.Reservation).values(
    ended_at=bindparam("now", type_=_TIME),
    ended_as=bindparam("ended_as", type_=Text()),
    updated_at=bindparam("now", type_=_TIME),
    updated_by=bindparam("by"),
)
_FULFIL = (
    update(models.Reservation)
    .where(_R.c.bed_id == bindparam("bed"), _R.c.ended_at.is_(None))
    .values(
        ended_at=bindparam("now", type_=_TIME),
        ended_as="FULFILLED",
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_RELEASE = _END.where(_R.c.bed_id == _BED.c.id, _R.c.ended_at.is_(None)).returning(
    _R.c.bed_id, _R.c.patient_id, _BED.c.ward_id
)
_OUT_OF_TIME_BED = _RELEASE.where(
    _R.c.bed_id == bindparam("bed"), _R.c.reserved_until <= bindparam("now", type_=_TIME)
)
# Somebody who is at work on one of them will end it, or leave it for the next turn of the clock.
_OUT_OF_TIME = _RELEASE.where(
    _R.c.id.in_(
        select(_DUE.c.id)
        .where(
            _DUE.c.hospital_id == bindparam("hospital"),
            _DUE.c.ended_at.is_(None),
            _DUE.c.reserved_until <= bindparam("now", type_=_TIME),
        )
        .with_for_update(skip_locked=True)
    )
)
_OF_BED = _RELEASE.where(_R.c.bed_id == bindparam("bed"))
_OF_PATIENT = _RELEASE.where(_R.c.patient_id == bindparam("patient"))
