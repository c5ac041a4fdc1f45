"""Leaves: a patient goes away for a while and comes back; the bed stays the patient's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import bindparam, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import BedEvent, LeaveEnded, LeaveStarted
from models.rules import admissions as rules
from models.rules.admissions import AdmissionStatus
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.scopes import Scope
from resolvers import bed_transitions, inputs, stays
from resolvers.actors import Actor
from resolvers.admissions import heard, locked
from resolvers.errors import Conflict
from resolvers.transaction import Transaction


async def start_leave(
    tx: Transaction,
    actor: Actor,
    *,
    admission_id: str,
    reason: str | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """The patient goes on leave now; `until`: when to expect them back, which ends nothing."""
    admission = await locked(tx, actor, Scope.LEAVE_RECORD, admission_id)
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if until is not None:
        inputs.future(until, "until", tx.now)
    Conflict.unless_allowed(rules.start_leave(AdmissionStatus(admission["status"])))
    leave = {"new_status": AdmissionStatus.ON_LEAVE.value, "since": tx.now, "until": until}
    await tx.run(_PUT, admission=admission["id"], now=tx.now, by=actor.user_id, **leave)
    await _tell(tx, actor, admission, LeaveStarted, said)
    return {"admission": admission["id"]}


async def end_leave(tx: Transaction, actor: Actor, *, admission_id: str) -> dict[str, Any]:
    """The patient is back."""
    admission = await locked(tx, actor, Scope.LEAVE_RECORD, admission_id)
    Conflict.unless_allowed(rules.end_leave(AdmissionStatus(admission["status"])))
    leave = {"new_status": AdmissionStatus.IN_PROGRESS.value, "since": None, "until": None}
    await tx.run(_PUT, admission=admission["id"], now=tx.now, by=actor.user_id, **leave)
    await _tell(tx, actor, admission, LeaveEnded, None)
    return {"admission": admission["id"]}


async def _tell(
    tx: Transaction,
    actor: Actor,
    admission: asyncpg.Record,
    event: type[BedEvent],
    reason: str | None,
) -> None:
    """The ward hears it and the bed's history has it; of somebody in none the chart alone tells."""
    tx.chart(admission["patient_id"])
    stay = await stays.current(tx, admission["patient_id"])
    if stay is None:
        return
    bed = (await stays.lock_beds(tx, [stay["bed_id"]]))[stay["bed_id"]]
    await bed_transitions.change(
        tx,
        actor,
        bed,
        BedChangeEventKind(event.label),
        BedStatus.OCCUPIED,
        admission_id=admission["id"],
        reason=reason,
    )
    tx.record(heard(event, bed, admission["patient_id"]))


_TIME = TIMESTAMP(timezone=True)
_PUT = (
    update(models.Admission)
    .where(models.Admission.id == bindparam("admission"))
    .values(
        status=bindparam("new_status", type_=Text()),
        leave_since=bindparam("since", type_=_TIME),
        leave_until=bindparam("until", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
