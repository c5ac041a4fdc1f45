"""Isolations: who is isolated, for what, and until when.

The patient's, and not the stay's: it goes on through transfers and discharges until somebody ends
it. What it asks of a bed is in `placements`, what it leaves in one in `stays`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.events import BedEvent, IsolationEnded, IsolationSet
from models.rules import isolations
from models.rules.isolations import IsolationKind
from models.rules.scopes import Scope
from resolvers import inputs, rows, stays, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict
from resolvers.transaction import Transaction


async def set_isolation(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    kind: IsolationKind,
    reason: str,
    since: datetime | None = None,
    expected_end: datetime | None = None,
) -> dict[str, Any]:
    """Isolate a patient, now or since an earlier time (null: now). Where an isolation of the kind
    is in force it gets this reason and expected end, and keeps its beginning."""
    patient = await visible.row(
        tx, actor, Scope.ISOLATION_SET, models.Patient, patient_id, field="patientId", lock=True
    )
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    began = tx.now if since is None else min(inputs.past(since, "since", tx.now), tx.now)
    if patient["birth_date"] is not None and began.date() < patient["birth_date"]:
        raise BadInput("since is before the birth date", field="since", limit=">= birthDate")
    if expected_end is not None:
        inputs.future(expected_end, "expectedEnd", tx.now)
    isolation_id: UUID | None = await tx.scalar(_OF_KIND, patient=patient["id"], kind=kind.value)
    if isolation_id is None:
        isolation_id = await rows.add(
            tx,
            actor,
            models.Isolation,
            patient_id=patient["id"],
            kind=kind.value,
            reason=said,
            started_at=began,
            expected_end=expected_end,
        )
    else:
        await tx.run(
            _SAY,
            isolation=isolation_id,
            said=said,
            expected_end=expected_end,
            now=tx.now,
            by=actor.user_id,
        )
    await _tell(tx, IsolationSet, patient["id"])
    return {"isolation": isolation_id}


async def end_isolation(tx: Transaction, actor: Actor, *, isolation_id: str) -> dict[str, Any]:
    """End an isolation now. What it has left in the bed is there until the patient leaves it."""
    # Seen before anything is waited for, and locked after the patient, as everywhere.
    seen = await visible.row(
        tx, actor, Scope.ISOLATION_END, models.Isolation, isolation_id, field="isolationId"
    )
    await stays.lock_patients(tx, [seen["patient_id"]])
    isolation = await visible.row(
        tx, actor, Scope.ISOLATION_END, models.Isolation, isolation_id, field="isolationId",
        lock=True,
    )  # fmt: skip
    Conflict.unless_allowed(isolations.end(isolation["ended_at"]))
    await tx.run(
        _END,
        isolation=isolation["id"],
        at=max(tx.now, isolation["started_at"]),
        now=tx.now,
        by=actor.user_id,
    )
    await _tell(tx, IsolationEnded, isolation["patient_id"])
    return {"isolation": isolation["id"]}


async def in_force(tx: Transaction, patient_id: UUID) -> frozenset[IsolationKind]:
    """What the patient is isolated for now."""
    return frozenset(
        IsolationKind(row["kind"]) for row in await tx.all(_IN_FORCE, patient=patient_id)
    )


async def _tell(tx: Transaction, event: type[BedEvent], patient_id: UUID) -> None:
    """The ward hears it by the bed; of somebody in none the chart alone tells."""
    tx.chart(patient_id)
    stay = await stays.current(tx, patient_id)
    if stay is not None:
        tx.record(event(subject_id=stay["bed_id"], ward_id=stay["ward_id"], patient_id=patient_id))


_TIME = TIMESTAMP(timezone=True)
_I = models.Isolation.__table__
_OF_PATIENT = (_I.c.patient_id == bindparam("patient"), _I.c.ended_at.is_(None))
_IN_FORCE = select(_I.c.kind).where(*_OF_PATIENT)
_OF_KIND = select(_I.c.id).where(*_OF_PATIENT, _I.c.kind == bindparam("kind", type_=Text()))
_SAY = (
    update(models.Isolation)
    .where(_I.c.id == bindparam("isolation"))
    .values(
        reason=bindparam("said", type_=Text()),
        expected_end=bindparam("expected_end", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_END = (
    update(models.Isolation)
    .where(_I.c.id == bindparam("isolation"))
    .values(
        ended_at=bindparam("at", type_=_TIME),
        ended_by=bindparam("by"),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
