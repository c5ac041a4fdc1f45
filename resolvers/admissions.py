"""Admissions: a patient comes to a bed, changes beds, and leaves.

Locks are taken in one order by everybody who moves patients: the patients by id, the admissions,
the beds by id. So nobody waits for each other, and what is read after the locks is what holds until
the commit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, literal_column, null, or_, select, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import (
    BedEvent,
    PatientAdmitted,
    PatientDischarged,
    PatientTransferredIn,
    PatientTransferredOut,
)
from models.rules import admissions
from models.rules.admissions import AdmissionStatus
from models.rules.beds import BedChangeEventKind
from models.rules.scopes import Scope
from resolvers import (
    arrivals,
    care_teams,
    inputs,
    placements,
    reservations,
    rows,
    stays,
    visible,
)
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction


async def admit_patient(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    bed_id: str,
    reason: str | None = None,
    admitted_at: datetime | None = None,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Admit a patient to a bed, now or at an earlier time (null: now).

    CONFLICT where the patient is admitted already, or the bed is not to be had: occupied, kept for
    another, not clean, taken at that earlier time, or not fit for the isolation of the patient
    (which an `override_reason` may say is to be so).
    """
    patient = await arrivals.patient(tx, actor, Scope.PATIENT_ADMIT, patient_id, field="patientId")
    bed = await visible.row(
        tx, actor, Scope.PATIENT_ADMIT, models.Bed, bed_id, field="bedId", lock=True
    )
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if patient["deceased_at"] is not None:
        raise Conflict("the patient is deceased")
    if await tx.scalar(ADMITTED, patient=patient["id"]) is not None:
        raise Conflict("the patient is admitted already")
    await placements.check(tx, bed, patient["id"])
    overridden = await placements.check_isolation(tx, actor, bed, patient["id"], override_reason)
    if admitted_at is None:
        since = await stays.free_since(tx, bed["id"], patient["id"])
    else:
        since = min(inputs.past(admitted_at, "admittedAt", tx.now), tx.now)
        if patient["birth_date"] is not None and since.date() < patient["birth_date"]:
            raise BadInput(
                "admittedAt is before the birth date", field="admittedAt", limit=">= birthDate"
            )
    with rows.conflicting(stays.TAKEN):
        admission_id = await rows.add(
            tx,
            actor,
            models.Admission,
            patient_id=patient["id"],
            status=AdmissionStatus.IN_PROGRESS.value,
            admitted_at=since,
            reason=said,
        )
        await stays.begin(
            tx,
            actor,
            admission_id=admission_id,
            patient_id=patient["id"],
            bed=bed,
            since=since,
            override_reason=overridden,
        )
    await care_teams.attend(tx, actor, patient["id"])
    tx.record(heard(PatientAdmitted, bed, patient["id"]))
    return {"admission": admission_id}


async def transfer_patient(
    tx: Transaction,
    actor: Actor,
    *,
    admission_id: str,
    bed_id: str,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Move the patient of an admission to another bed, or to a first one."""
    admission = await locked(tx, actor, Scope.PATIENT_TRANSFER, admission_id)
    patient_id: UUID = admission["patient_id"]
    target = await visible.row(tx, actor, Scope.PATIENT_TRANSFER, models.Bed, bed_id, field="bedId")
    Conflict.unless_allowed(admissions.transfer(AdmissionStatus(admission["status"])))
    stay = await stays.current(tx, patient_id)
    if stay is not None and stay["bed_id"] == target["id"]:
        raise Conflict("the patient lies in this bed already")
    held = await stays.lock_beds(tx, [target["id"], *([stay["bed_id"]] if stay else [])])
    bed = held[target["id"]]
    await placements.check(tx, bed, patient_id)
    overridden = await placements.check_isolation(tx, actor, bed, patient_id, override_reason)
    with rows.conflicting(stays.TAKEN):
        since = await stays.free_since(tx, bed["id"], patient_id)
        if stay is not None:
            since = max(since, stay["started_at"])
            left = held[stay["bed_id"]]
            await stays.end(
                tx, actor, stay, since, bed=left, kind=BedChangeEventKind.TRANSFERRED_OUT
            )
            tx.record(heard(PatientTransferredOut, left, patient_id))
        await stays.begin(
            tx,
            actor,
            admission_id=admission["id"],
            patient_id=patient_id,
            bed=bed,
            since=since,
            kind=BedChangeEventKind.TRANSFERRED_IN,
            override_reason=overridden,
        )
    tx.record(heard(PatientTransferredIn, bed, patient_id))
    return {"admission": admission["id"]}


async def discharge_patient(
    tx: Transaction, actor: Actor, *, admission_id: str, disposition: str | None = None
) -> dict[str, Any]:
    """End an admission now; the bed is cleaned next."""
    admission = await locked(tx, actor, Scope.PATIENT_DISCHARGE, admission_id)
    patient_id: UUID = admission["patient_id"]
    said = inputs.optional_text(disposition, "disposition", most=inputs.FREE_TEXT, lines=True)
    Conflict.unless_allowed(
        admissions.become(AdmissionStatus(admission["status"]), AdmissionStatus.FINISHED)
    )
    stay = await stays.current(tx, patient_id)
    left_at = max(tx.now, admission["admitted_at"])
    if stay is not None:
        left_at = max(left_at, stay["started_at"])
        held = await stays.lock_beds(tx, [stay["bed_id"]])
        bed = held[stay["bed_id"]]
        await stays.end(
            tx, actor, stay, left_at, bed=bed, kind=BedChangeEventKind.DISCHARGED, reason=said
        )
        tx.record(heard(PatientDischarged, bed, patient_id))
    await reservations.release_all_of(tx, actor, patient_id)
    await care_teams.discharged(tx, actor, patient_id, left_at)
    await tx.run(
        _FINISH,
        admission=admission["id"],
        left_at=left_at,
        said=said,
        now=tx.now,
        by=actor.user_id,
    )
    return {"admission": admission["id"]}


async def locked(tx: Transaction, actor: Actor, scope: Scope, admission_id: str) -> asyncpg.Record:
    """The admission that the actor may change, its patient locked before it."""
    # Seen before anything is waited for: a lock on what is out of reach must not be felt.
    seen = await visible.row(tx, actor, scope, models.Admission, admission_id, field="admissionId")
    await stays.lock_patients(tx, [seen["patient_id"]])
    return await visible.row(
        tx, actor, scope, models.Admission, admission_id, field="admissionId", lock=True
    )


def heard(event: type[BedEvent], bed: asyncpg.Record, patient_id: UUID) -> BedEvent:
    """The event of a patient in a bed."""
    return event(subject_id=bed["id"], ward_id=bed["ward_id"], patient_id=patient_id)


_TIME = TIMESTAMP(timezone=True)
_A = models.Admission.__table__

# The statuses as constants in the SQL: the index of current admissions is a partial one.
ADMITTED = select(_A.c.id).where(
    _A.c.patient_id == bindparam("patient"),
    or_(*(_A.c.status == literal_column(f"'{each.value}'") for each in sorted(admissions.CURRENT))),
)
_FINISH = (
    update(models.Admission)
    .where(_A.c.id == bindparam("admission"))
    .values(
        status=AdmissionStatus.FINISHED.value,
        discharged_at=bindparam("left_at", type_=_TIME),
        disposition=bindparam("said", type_=Text()),
        leave_since=null(),
        leave_until=null(),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
