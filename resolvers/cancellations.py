"""Cancellations: an admission, a transfer or a discharge that was never meant (A11, A12, A13).

What was written stays on record: a stay in error is marked, and so is an admission. Each can be
taken back for `Policy.cancel_stay_within` after it was written; who may do the one may undo it.
Whether the bed of before is fit for an isolation is not asked: the patient was there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, exists, null, select, union_all, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import AdmissionCancelled, DischargeCancelled, TransferCancelled
from models.rules import admissions as rules
from models.rules import beds
from models.rules.administrations import AdministrationStatus
from models.rules.admissions import AdmissionStatus
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.medications import MedicationStatus
from models.rules.scopes import Scope
from resolvers import (
    care_teams,
    departures,
    ids,
    inputs,
    placements,
    reservations,
    rows,
    stays,
    visible,
)
from resolvers.actors import Actor
from resolvers.admissions import ADMITTED, heard, locked
from resolvers.errors import Conflict
from resolvers.reading.shapes import words
from resolvers.transaction import Transaction


async def cancel_admission(
    tx: Transaction, actor: Actor, *, admission_id: str, reason: str
) -> dict[str, Any]:
    """Take an admission back: the bed is free again, once it is cleaned.

    CONFLICT where the patient was cared for in it (vital signs, an order, a dose): then there was
    an admission, and it is ended by a discharge.
    """
    admission = await locked(tx, actor, Scope.PATIENT_ADMIT, admission_id)
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    patient_id: UUID = admission["patient_id"]
    charted = await tx.scalar(_CHARTED, patient=patient_id, since=admission["created_at"])
    Conflict.unless_allowed(
        rules.cancel_admission(AdmissionStatus(admission["status"]), charted=charted)
    )
    _in_time(tx, admission["created_at"])
    tx.chart(patient_id)
    stay = await stays.current(tx, patient_id)
    if stay is not None:
        bed = (await stays.lock_beds(tx, [stay["bed_id"]]))[stay["bed_id"]]
        await stays.end(
            tx,
            actor,
            stay,
            max(tx.now, stay["started_at"]),
            bed=bed,
            kind=BedChangeEventKind.ADMISSION_CANCELLED,
            reason=said,
            cancelled=True,
        )
        tx.record(heard(AdmissionCancelled, bed, patient_id))
    given = {"admission": admission["id"], "now": tx.now, "by": actor.user_id}
    await tx.run(_CANCEL_STAYS, **given)
    await tx.run(_CANCEL, **given, said=said)
    # There is no letter to write: whoever treats the patient by it has no reason to go on.
    await care_teams.discharged(tx, actor, patient_id, tx.now - tx.policy.care_team_tail)
    return {"admission": admission["id"]}


async def cancel_transfer(
    tx: Transaction, actor: Actor, *, admission_id: str, reason: str
) -> dict[str, Any]:
    """Take the last transfer back: the patient has lain in the bed of before all the time.

    CONFLICT, with why, where that bed is not to be had; NOT_FOUND where it is out of reach.
    """
    scope, field = Scope.PATIENT_TRANSFER, "admissionId"
    seen = await visible.row(tx, actor, scope, models.Admission, admission_id, field=field)
    patient_id: UUID = seen["patient_id"]
    lay = await stays.current(tx, patient_id)
    admission = await locked(tx, actor, scope, admission_id)
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    Conflict.unless_allowed(rules.transfer(AdmissionStatus(admission["status"])))
    stay = await stays.unmoved(tx, patient_id, lay)
    before = None
    if stay is not None:
        before = await tx.first(_BEFORE, admission=admission["id"], began=stay["started_at"])
    if stay is None or before is None:
        raise Conflict("the patient did not come here by a transfer")
    _in_time(tx, stay["created_at"])
    public_id = ids.encode(models.Bed, before["bed_id"])
    await visible.row(tx, actor, scope, models.Bed, public_id, field=field)
    held = await stays.lock_beds(tx, [stay["bed_id"], before["bed_id"]])
    left, bed = held[stay["bed_id"]], held[before["bed_id"]]
    await _check_bed_of_before(tx, bed, patient_id)
    kind = BedChangeEventKind.TRANSFER_CANCELLED
    with rows.conflicting(stays.TAKEN):
        ended_at = max(tx.now, stay["started_at"])
        await stays.end(tx, actor, stay, ended_at, bed=left, kind=kind, reason=said, cancelled=True)
        await stays.resume(tx, actor, before, bed=bed, kind=kind, reason=said)
    tx.record(heard(TransferCancelled, left, patient_id))
    tx.record(heard(TransferCancelled, bed, patient_id))
    return {"admission": admission["id"]}


async def cancel_discharge(
    tx: Transaction, actor: Actor, *, admission_id: str, reason: str, bed_id: str | None = None
) -> dict[str, Any]:
    """Take a discharge back: the patient is admitted as before, in the same bed, or from now on in
    another one that is named. Reservations that the discharge released stay so."""
    admission = await _discharged(tx, actor, admission_id)
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    patient_id: UUID = admission["patient_id"]
    Conflict.unless_allowed(rules.cancel_discharge(AdmissionStatus(admission["status"])))
    _in_time(tx, admission["discharged_at"])
    if await tx.scalar(_DECEASED, patient=patient_id):
        raise Conflict("the patient is deceased")
    if await tx.scalar(ADMITTED, patient=patient_id) is not None:
        raise Conflict("the patient is admitted already")
    before = await tx.first(_LAST, admission=admission["id"])
    tx.chart(patient_id)
    with rows.conflicting(stays.TAKEN):
        given = {"admission": admission["id"], "now": tx.now, "by": actor.user_id}
        await tx.run(_RESUME, **given)
        if bed_id is not None or before is not None:
            await _lay_down(tx, actor, admission, before=before, bed_id=bed_id, reason=said)
    await care_teams.undischarged(tx, actor, patient_id, admission["discharged_at"])
    return {"admission": admission["id"]}


async def _lay_down(
    tx: Transaction,
    actor: Actor,
    admission: asyncpg.Record,
    *,
    before: asyncpg.Record | None,
    bed_id: str | None,
    reason: str,
) -> None:
    """Into the bed of before, or into the one that is named."""
    scope, patient_id = Scope.PATIENT_DISCHARGE, admission["patient_id"]
    if bed_id is None:
        assert before is not None
        bed_id = ids.encode(models.Bed, before["bed_id"])
    bed = await visible.row(tx, actor, scope, models.Bed, bed_id, field="bedId", lock=True)
    kind = BedChangeEventKind.DISCHARGE_CANCELLED
    if before is not None and bed["id"] == before["bed_id"]:
        await _check_bed_of_before(tx, bed, patient_id)
        await stays.resume(tx, actor, before, bed=bed, kind=kind, reason=reason)
    else:
        await placements.check(tx, bed, patient_id)
        await placements.check_isolation(tx, actor, bed, patient_id, None)
        await stays.begin(
            tx,
            actor,
            admission_id=admission["id"],
            patient_id=patient_id,
            bed=bed,
            since=await stays.free_since(tx, bed["id"], patient_id),
            kind=kind,
            reason=reason,
        )
    tx.record(heard(DischargeCancelled, bed, patient_id))


async def _discharged(tx: Transaction, actor: Actor, admission_id: str) -> asyncpg.Record:
    """The admission, its patient locked before it: also of a patient who has left the own ward."""
    scope, field = Scope.PATIENT_DISCHARGE, "admissionId"
    seen = await departures.admission(tx, actor, scope, admission_id, field=field)
    await stays.lock_patients(tx, [seen["patient_id"]])
    return await departures.admission(tx, actor, scope, admission_id, field=field, lock=True)


async def _check_bed_of_before(tx: Transaction, bed: asyncpg.Record, patient_id: UUID) -> None:
    held_by = await reservations.holder(tx, bed["id"])
    Conflict.unless_allowed(
        beds.take_back(
            BedStatus(bed["status"]),
            occupied=await stays.lies_in(tx, bed["id"]) is not None,
            reserved=held_by is not None,
            reserved_for_patient=held_by == patient_id,
        )
    )


def _in_time(tx: Transaction, written_at: datetime) -> None:
    Conflict.unless_allowed(rules.in_time(written_at, tx.now, tx.policy.cancel_stay_within))


_TIME = TIMESTAMP(timezone=True)
_A, _STAY = models.Admission.__table__, models.BedStay.__table__
_V, _O, _D = (
    model.__table__
    for model in (models.VitalSigns, models.MedicationOrder, models.MedicationAdministration)
)
_NEVER = words(
    (MedicationStatus.DRAFT, MedicationStatus.CANCELLED, MedicationStatus.ENTERED_IN_ERROR)
)
_CARED_FOR = [
    select(table.c.id).where(
        table.c.patient_id == bindparam("patient"),
        table.c.created_at >= bindparam("since", type_=_TIME),
        condition,
    )
    for table, condition in (
        (_V, _V.c.entered_in_error_at.is_(None)),
        (_O, _O.c.status.not_in(_NEVER)),
        (_D, _D.c.status != AdministrationStatus.ENTERED_IN_ERROR.value),
    )
]
_CHARTED = select(exists(union_all(*_CARED_FOR)))
_OF_ADMISSION = (
    _STAY.c.admission_id == bindparam("admission"),
    _STAY.c.cancelled_at.is_(None),
)
# A transfer ends the one stay when it begins the other.
_BEFORE = (
    select(_STAY)
    .where(*_OF_ADMISSION, _STAY.c.ended_at == bindparam("began", type_=_TIME))
    .order_by(_STAY.c.started_at.desc(), _STAY.c.id.desc())
    .limit(1)
)
_LAST = (
    select(_STAY)
    .where(*_OF_ADMISSION)
    .order_by(_STAY.c.ended_at.desc(), _STAY.c.id.desc())
    .limit(1)
)
_DECEASED = select(models.Patient.deceased_at.is_not(None)).where(
    models.Patient.id == bindparam("patient")
)
_WRITTEN = {
    "updated_at": bindparam("now", type_=_TIME),
    "updated_by": bindparam("by"),
}
_CANCEL_STAYS = (
    update(models.BedStay)
    .where(*_OF_ADMISSION, _STAY.c.ended_at.is_not(None))
    .values(cancelled_at=bindparam("now", type_=_TIME), **_WRITTEN)
)
_CANCEL = (
    update(models.Admission)
    .where(_A.c.id == bindparam("admission"))
    .values(
        status=AdmissionStatus.CANCELLED.value,
        cancel_reason=bindparam("said", type_=Text()),
        **_WRITTEN,
    )
)
_RESUME = (
    update(models.Admission)
    .where(_A.c.id == bindparam("admission"))
    .values(
        status=AdmissionStatus.IN_PROGRESS.value,
        discharged_at=null(),
        disposition=null(),
        **_WRITTEN,
    )
)
