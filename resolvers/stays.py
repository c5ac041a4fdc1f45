"""Stays: who lies where, since when, and until when.

`begin` and `end` write what a stay carries with it: the bed's status, its reservation, and the ward
in which the patient's open critical results are heard. Their callers hold the locks of the patient
and of the beds, and have asked the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Text, Uuid

import models
from models.rules.beds import AFTER_STAY, BedStatus
from models.rules.critical_results import CriticalResultStatus
from resolvers import reservations, rows
from resolvers.actors import Actor
from resolvers.transaction import Transaction

TAKEN = {
    "uq_admissions_current_patient": "the patient is admitted already",
    "uq_bed_stays_current_bed": "the bed is occupied",
    "uq_bed_stays_current_patient": "the patient lies in a bed already",
    "ex_bed_stays_bed_overlap": "somebody else lay in the bed at that time",
    "ex_bed_stays_patient_overlap": "the patient lay in a bed at that time",
}
"""What the constraints on stays say, by name."""


async def current(tx: Transaction, patient_id: UUID) -> asyncpg.Record | None:
    """The patient's stay of now."""
    return await tx.first(_CURRENT, patient=patient_id)


async def current_ward(tx: Transaction, patient_id: UUID) -> UUID | None:
    """The ward in which the patient lies now; None: in no bed."""
    ward: UUID | None = await tx.scalar(_WARD, patient=patient_id)
    return ward


async def lies_in(tx: Transaction, bed_id: UUID) -> UUID | None:
    """The patient who lies in the bed now."""
    patient: UUID | None = await tx.scalar(_LIES_IN, bed=bed_id)
    return patient


async def lock_beds(tx: Transaction, bed_ids: Iterable[UUID]) -> dict[UUID, asyncpg.Record]:
    """The beds, locked in the order of their ids."""
    found = await tx.all(_LOCK_BEDS, beds=list(bed_ids), hospital=tx.hospital_id)
    return {bed["id"]: bed for bed in found}


async def free_since(tx: Transaction, bed_id: UUID, patient_id: UUID) -> datetime:
    """Now, or a moment later.

    `tx.now` was read before the locks were waited for, and by another clock than that of the
    process that has just emptied the bed; a stay that ended "after now" must not refuse this one.
    """
    ended: datetime | None = await tx.scalar(
        _ENDED_AFTER, bed=bed_id, patient=patient_id, now=tx.now
    )
    return tx.now if ended is None else max(tx.now, ended)


async def begin(
    tx: Transaction,
    actor: Actor,
    *,
    admission_id: UUID,
    patient_id: UUID,
    bed: asyncpg.Record,
    since: datetime,
) -> None:
    """Lay the patient into the bed."""
    await rows.add(
        tx,
        actor,
        models.BedStay,
        admission_id=admission_id,
        patient_id=patient_id,
        bed_id=bed["id"],
        ward_id=bed["ward_id"],
        started_at=since,
    )
    await put_status(tx, actor, bed["id"], BedStatus.OCCUPIED)
    await reservations.fulfil(tx, actor, bed["id"])
    await tx.run(_FOLLOW, patient=patient_id, ward=bed["ward_id"])


async def end(tx: Transaction, actor: Actor, stay: asyncpg.Record, at: datetime) -> None:
    """The patient leaves the bed, which is cleaned next."""
    await tx.run(_END, stay=stay["id"], at=at, now=tx.now, by=actor.user_id)
    await put_status(tx, actor, stay["bed_id"], AFTER_STAY)


async def put_status(tx: Transaction, actor: Actor, bed_id: UUID, status: BedStatus) -> None:
    """Write a bed's status."""
    await tx.run(_PUT_STATUS, bed=bed_id, new_status=status.value, now=tx.now, by=actor.user_id)


_TIME = TIMESTAMP(timezone=True)
_STAY, _BED = models.BedStay.__table__, models.Bed.__table__
_NOW_OF_PATIENT = (_STAY.c.patient_id == bindparam("patient"), _STAY.c.ended_at.is_(None))
_CURRENT = select(_STAY).where(*_NOW_OF_PATIENT)
_WARD = select(_STAY.c.ward_id).where(*_NOW_OF_PATIENT)
_LIES_IN = select(_STAY.c.patient_id).where(
    _STAY.c.bed_id == bindparam("bed"), _STAY.c.ended_at.is_(None)
)
_LOCK_BEDS = (
    select(_BED)
    .where(
        _BED.c.id == func.any(bindparam("beds", type_=ARRAY(Uuid()))),
        _BED.c.hospital_id == bindparam("hospital"),
    )
    .order_by(_BED.c.id)
    .with_for_update(of=_BED, key_share=True)
)
# In the words of the EXCLUDE constraints, so that their indexes serve it.
_ENDED_AFTER = select(func.max(_STAY.c.ended_at)).where(
    or_(
        text("uuidrange(bed_id, bed_id, '[]') && uuidrange(:bed, :bed, '[]')").bindparams(
            bindparam("bed", type_=Uuid())
        ),
        text(
            "uuidrange(patient_id, patient_id, '[]') && uuidrange(:patient, :patient, '[]')"
        ).bindparams(bindparam("patient", type_=Uuid())),
    ),
    text("tstzrange(started_at, ended_at) && tstzrange(:now, NULL)").bindparams(
        bindparam("now", type_=_TIME)
    ),
)
_END = (
    update(models.BedStay)
    .where(_STAY.c.id == bindparam("stay"))
    .values(
        ended_at=bindparam("at", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_PUT_STATUS = (
    update(models.Bed)
    .where(_BED.c.id == bindparam("bed"))
    .values(
        status=bindparam("new_status", type_=Text()),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
# A critical result that nobody has acknowledged yet is heard where the patient lies.
_FOLLOW = (
    update(models.CriticalResult)
    .where(
        models.CriticalResult.patient_id == bindparam("patient"),
        models.CriticalResult.status == CriticalResultStatus.OPEN.value,
    )
    .values(ward_id=bindparam("ward"))
)
