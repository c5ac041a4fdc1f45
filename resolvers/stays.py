"""Stays: who lies where, since when, and until when.

`begin`, `end` and `resume` write what a stay carries with it: the bed's status and history, its
reservation, and the ward in which the patient's open critical results are heard. Their callers hold
the locks of the patient and of the beds, and have asked the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, func, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Uuid

import models
from models.rules import beds
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.isolations import IsolationKind
from resolvers import bed_transitions, critical_result_moves, reservations, rows
from resolvers.actors import Actor
from resolvers.errors import Conflict
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


async def unmoved(
    tx: Transaction, patient_id: UUID, seen: asyncpg.Record | None
) -> asyncpg.Record | None:
    """The patient's stay of now, the patient being locked, where it is the one that was seen before
    the lock was waited for. Conflict otherwise: what goes from where somebody lies would be done a
    second time, from where the first has brought them."""
    found = await current(tx, patient_id)
    if (found and found["id"]) != (seen and seen["id"]):
        raise Conflict("the patient was moved meanwhile: look again")
    return found


async def current_ward(tx: Transaction, patient_id: UUID) -> UUID | None:
    """The ward in which the patient lies now; None: in no bed."""
    ward: UUID | None = await tx.scalar(_WARD, patient=patient_id)
    return ward


async def lies_in(tx: Transaction, bed_id: UUID) -> UUID | None:
    """The patient who lies in the bed now."""
    patient: UUID | None = await tx.scalar(_LIES_IN, bed=bed_id)
    return patient


async def lock_patients(tx: Transaction, patient_ids: Iterable[UUID]) -> None:
    """Lock the patients, in the order of their ids."""
    await tx.all(_LOCK_PATIENTS, patients=list(patient_ids), hospital=tx.hospital_id)


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
    kind: BedChangeEventKind = BedChangeEventKind.ADMITTED,
    reason: str | None = None,
    override_reason: str | None = None,
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
        override_reason=override_reason,
    )
    await bed_transitions.change(
        tx, actor, bed, kind, BedStatus.OCCUPIED, admission_id=admission_id, reason=reason
    )
    await _arrived(tx, actor, bed, patient_id)


async def end(
    tx: Transaction,
    actor: Actor,
    stay: asyncpg.Record,
    at: datetime,
    *,
    bed: asyncpg.Record,
    kind: BedChangeEventKind,
    reason: str | None = None,
    cancelled: bool = False,
    vacant: bool = True,
) -> None:
    """The patient leaves the bed, which is cleaned next; it is not `vacant` where somebody else
    takes it at once. `cancelled`: the patient was never to be there, though the bed does not know.
    """
    tx.chart(stay["patient_id"])
    cancelled_at = tx.now if cancelled else None
    await tx.run(
        _END, stay=stay["id"], at=at, cancelled_at=cancelled_at, now=tx.now, by=actor.user_id
    )
    after = BedStatus.OCCUPIED
    if vacant:
        isolated = await tx.all(
            _ISOLATED, patient=stay["patient_id"], since=stay["started_at"], at=at
        )
        after = beds.after_stay(IsolationKind(row["kind"]) for row in isolated)
    await bed_transitions.change(
        tx, actor, bed, kind, after, admission_id=stay["admission_id"], reason=reason
    )


async def resume(
    tx: Transaction,
    actor: Actor,
    stay: asyncpg.Record,
    *,
    bed: asyncpg.Record,
    kind: BedChangeEventKind,
    reason: str | None,
) -> None:
    """The stay has never ended: what ended it was not meant."""
    tx.chart(stay["patient_id"])
    await tx.run(_RESUME, stay=stay["id"], now=tx.now, by=actor.user_id)
    await bed_transitions.change(
        tx, actor, bed, kind, BedStatus.OCCUPIED, admission_id=stay["admission_id"], reason=reason
    )
    await _arrived(tx, actor, bed, stay["patient_id"])


async def _arrived(tx: Transaction, actor: Actor, bed: asyncpg.Record, patient_id: UUID) -> None:
    """What comes with a patient who lies in the bed now."""
    await reservations.fulfil(tx, actor, bed["id"])
    await critical_result_moves.follow(tx, actor, patient_id, bed["ward_id"])


_TIME = TIMESTAMP(timezone=True)
_STAY, _BED = models.BedStay.__table__, models.Bed.__table__
_I = models.Isolation.__table__
_NOW_OF_PATIENT = (_STAY.c.patient_id == bindparam("patient"), _STAY.c.ended_at.is_(None))
_CURRENT = select(_STAY).where(*_NOW_OF_PATIENT)
_WARD = select(_STAY.c.ward_id).where(*_NOW_OF_PATIENT)
_LIES_IN = select(_STAY.c.patient_id).where(
    _STAY.c.bed_id == bindparam("bed"), _STAY.c.ended_at.is_(None)
)
_P = models.Patient.__table__
_LOCK_PATIENTS = (
    select(_P.c.id)
    .where(
        _P.c.id == func.any(bindparam("patients", type_=ARRAY(Uuid()))),
        _P.c.hospital_id == bindparam("hospital"),
    )
    .order_by(_P.c.id)
    .with_for_update(of=_P, key_share=True)
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
    _STAY.c.cancelled_at.is_(None),
)
_END = (
    update(models.BedStay)
    .where(_STAY.c.id == bindparam("stay"))
    .values(
        ended_at=bindparam("at", type_=_TIME),
        cancelled_at=bindparam("cancelled_at", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_RESUME = (
    update(models.BedStay)
    .where(_STAY.c.id == bindparam("stay"))
    .values(
        ended_at=null(),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
# At any time of the stay: what is over now may have been left in the bed all the same.
_ISOLATED = select(_I.c.kind).where(
    _I.c.patient_id == bindparam("patient"),
    _I.c.started_at <= bindparam("at", type_=_TIME),
    or_(_I.c.ended_at.is_(None), _I.c.ended_at > bindparam("since", type_=_TIME)),
)
