"""Emergency access: breaking the glass, ending what it opened, and judging it afterwards.

Nothing has to run for an access to end: who looks up rights compares its end with the time
(resolvers/sessions.py). The clock only says in the log that it has ended. Decision:
docs/decisions/0007.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, literal_column, null, select, update
from sqlalchemy.types import TIMESTAMP, Date, Text, Uuid

import models
from models.events import EmergencyAccessEnded, EmergencyAccessReviewed, GlassBroken
from models.rules import emergency_access
from models.rules.emergency_access import EmergencyAccessOutcome
from models.rules.scopes import Reach, Scope
from resolvers import ids, inputs, rows, user_attempts, visible
from resolvers.actors import Actor
from resolvers.database import Connection
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from resolvers.policy import Policy
from resolvers.reading import scope as scoping
from resolvers.transaction import Transaction

SHORTEST_REASON = 10
"""Characters: a reviewer must be able to do something with it."""

_CHART = Scope.VITALS_READ
"""What stands for a patient's chart: everybody who may break a glass holds it for their own."""


class NobodyFound(NotFound):
    """There is no such patient; the attempt stays and is counted."""

    keeps = True


class SeveralFound(Conflict):
    """The name and birth date are those of several patients; the attempt stays and is counted."""

    keeps = True


async def break_glass(
    tx: Transaction,
    actor: Actor,
    *,
    reason: str,
    patient_id: str | None = None,
    mrn: str | None = None,
    family_name: str | None = None,
    birth_date: date | None = None,
) -> dict[str, Any]:
    """Open one patient, whom the actor does not see otherwise, for `Policy.emergency_access_lasts`.

    Named by id, by MRN, or by family name and birth date, each exactly: this is the one place that
    tells somebody out of reach that a patient is there, it opens the patient in the same step, and
    it is heard. THROTTLED after too many attempts, found or not; NOT_FOUND where nobody is named;
    CONFLICT where the actor sees the patient already. Open already: the older one ends with this.
    """
    actor.reaches(Scope.PATIENT_BREAK_GLASS)
    if actor.user_id is None:
        raise Forbidden("a glass is broken by a person")
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    if len(said) < SHORTEST_REASON:
        raise BadInput(
            f"reason is shorter than {SHORTEST_REASON} characters",
            field="reason",
            limit=f">= {SHORTEST_REASON} characters",
        )
    find, field, named = _named(patient_id, mrn, family_name, birth_date)
    # One at a time for each user: so "open already" is right as well.
    await user_attempts.admit(
        tx,
        actor.user_id,
        models.EmergencyAccessAttempt,
        "break the glass",
        most=tx.policy.emergency_access_attempts,
        window=tx.policy.emergency_access_window,
    )
    await user_attempts.note(tx, actor, models.EmergencyAccessAttempt)
    found = await tx.all(find, hospital=tx.hospital_id, **named)
    if not found:
        raise NobodyFound(f"{field} names nobody here", field=field)
    if len(found) > 1:
        raise SeveralFound(
            "several patients have this family name and birth date: give the MRN",
            field=field,
        )
    patient: UUID = found[0]["id"]
    otherwise = actor.rights.reaches(_CHART) - {Reach.OPENED}
    if await tx.scalar(_seen(otherwise), patient=patient, **scoping.binds(actor)) is not None:
        raise Conflict("you see this patient already: there is no glass to break")
    await _end_open(tx, actor, patient)
    access = await rows.add(
        tx,
        actor,
        models.EmergencyAccess,
        user_id=actor.user_id,
        patient_id=patient,
        session_id=actor.session_id,
        reason=said,
        opened_at=tx.now,
        expires_at=tx.now + tx.policy.emergency_access_lasts,
    )
    tx.record(GlassBroken(subject_id=access, ward_id=None, patient_id=patient))
    return {"emergency_access": access, "patient": patient}


async def end_emergency_access(
    tx: Transaction, actor: Actor, *, emergency_access_id: str
) -> dict[str, Any]:
    """End an open one before its time: one's own, or anybody's as a reviewer."""
    access = await visible.row(
        tx,
        actor,
        Scope.EMERGENCY_ACCESS_END,
        models.EmergencyAccess,
        emergency_access_id,
        field="emergencyAccessId",
        lock=True,
    )
    Conflict.unless_allowed(emergency_access.end(access["ended_at"], access["expires_at"], tx.now))
    # Opened by a process whose clock is ahead of this one's.
    at = max(tx.now, access["opened_at"])
    await tx.run(_END, access=access["id"], at=at, by=actor.user_id)
    tx.record(_ended(access["id"], access["patient_id"]))
    return {"emergency_access": access["id"]}


async def review_emergency_access(
    tx: Transaction,
    actor: Actor,
    *,
    emergency_access_id: str,
    outcome: EmergencyAccessOutcome,
    note: str | None = None,
) -> dict[str, Any]:
    """Say whether the glass was broken for good reason; once, and not by who broke it.

    What was read under it stands in the audit: the entries of its user and patient from its opening
    to its end.
    """
    access = await visible.row(
        tx,
        actor,
        Scope.EMERGENCY_ACCESS_REVIEW,
        models.EmergencyAccess,
        emergency_access_id,
        field="emergencyAccessId",
        lock=True,
    )
    said = inputs.optional_text(note, "note", most=inputs.FREE_TEXT, lines=True)
    Conflict.unless_allowed(
        emergency_access.review(
            reviewed_at=access["reviewed_at"], opened_by=access["user_id"], reviewer=actor.user_id
        )
    )
    await tx.run(
        _REVIEW,
        access=access["id"],
        now=tx.now,
        by=actor.user_id,
        found=outcome.value,
        said=said,
    )
    tx.record(
        EmergencyAccessReviewed(
            subject_id=access["id"], ward_id=None, patient_id=access["patient_id"]
        )
    )
    return {"emergency_access": access["id"]}


async def tell_ended(tx: Transaction) -> int:
    """Write down, and say in the log, which accesses of the hospital time has ended; how many.

    For a job on a clock: they open nothing since they expired, whether or not it runs.
    """
    ended = await tx.all(_OUT_OF_TIME, hospital=tx.hospital_id, now=tx.now)
    for row in ended:
        tx.record(_ended(row["id"], row["patient_id"]))
    return len(ended)


async def forget_attempts(connection: Connection, *, now: datetime, policy: Policy) -> int:
    """Drop the attempts that no count asks for any more; how many. For a job on a clock."""
    before = now - policy.emergency_access_window
    return await user_attempts.forget(connection, models.EmergencyAccessAttempt, before=before)


def _named(
    patient_id: str | None, mrn: str | None, family_name: str | None, birth_date: date | None
) -> tuple[Select[Any], str, dict[str, Any]]:
    """The statement that finds whom the input names, the field that does, and the values."""
    by_name = family_name is not None or birth_date is not None
    if [patient_id is not None, mrn is not None, by_name].count(True) != 1:
        raise BadInput(
            "name one patient: by patientId, by mrn, or by familyName with birthDate",
            field="input",
            limit="one of patientId, mrn, familyName with birthDate",
        )
    if patient_id is not None:
        # What is no id names nobody: it is found as such, and counted like any other.
        return _BY_ID, "patientId", {"id": ids.decode(models.Patient, patient_id)}
    if mrn is not None:
        return _BY_MRN, "mrn", {"mrn": inputs.text(mrn, "mrn")}
    if family_name is None or birth_date is None:
        missing = "familyName" if family_name is None else "birthDate"
        raise BadInput(f"{missing} is needed as well", field=missing)
    family = inputs.text(family_name, "familyName")
    return _BY_NAME, "familyName", {"family": family, "born": birth_date}


async def _end_open(tx: Transaction, actor: Actor, patient: UUID) -> None:
    ended = await tx.all(_END_OPEN, user=actor.user_id, patient=patient, now=tx.now)
    for row in ended:
        tx.record(_ended(row["id"], patient))


def _ended(access: UUID, patient: UUID) -> EmergencyAccessEnded:
    return EmergencyAccessEnded(subject_id=access, ward_id=None, patient_id=patient)


@lru_cache(maxsize=16)
def _seen(reaches: frozenset[Reach]) -> Select[Any]:
    table = models.Patient.__table__.alias("found")
    return select(table.c.id).where(
        table.c.id == bindparam("patient", type_=Uuid()),
        scoping.of_hospital(table),
        scoping.visible(models.Patient, table, reaches),
    )


_TIME = TIMESTAMP(timezone=True)
_NOW = bindparam("now", type_=_TIME)
_P, _A = models.Patient.__table__.c, models.EmergencyAccess.__table__.c
_DUE = models.EmergencyAccess.__table__.alias("due")

_OF_HOSPITAL = _P.hospital_id == bindparam("hospital")
_BY_ID = select(_P.id).where(_OF_HOSPITAL, _P.id == bindparam("id", type_=Uuid()))
_BY_MRN = select(_P.id).where(_OF_HOSPITAL, _P.mrn == bindparam("mrn", type_=Text()))
_FAMILY = func.lower(bindparam("family", type_=Text()))
# The family name is the beginning of name_key, up to a space: a range of its index.
_BY_NAME = (
    select(_P.id)
    .where(
        _OF_HOSPITAL,
        _P.name_key >= _FAMILY.op("||")(literal_column("' '", Text())),
        _P.name_key < _FAMILY.op("||")(literal_column("'!'", Text())),
        func.lower(_P.family_name) == _FAMILY,
        _P.birth_date == bindparam("born", type_=Date()),
    )
    .limit(2)
)
_END = (
    update(models.EmergencyAccess)
    .where(_A.id == bindparam("access"))
    .values(ended_at=bindparam("at", type_=_TIME), ended_by=bindparam("by"))
)
_END_OPEN = (
    update(models.EmergencyAccess)
    .where(
        _A.user_id == bindparam("user"),
        _A.patient_id == bindparam("patient"),
        _A.ended_at.is_(None),
    )
    .values(
        ended_at=func.greatest(_A.opened_at, func.least(_A.expires_at, _NOW)),
        # By time, where that had come already.
        ended_by=case((_A.expires_at > _NOW, _A.user_id), else_=null()),
    )
    .returning(_A.id)
)
_REVIEW = (
    update(models.EmergencyAccess)
    .where(_A.id == bindparam("access"))
    .values(
        reviewed_at=_NOW,
        reviewed_by=bindparam("by"),
        outcome=bindparam("found", type_=Text()),
        review_note=bindparam("said", type_=Text()),
    )
)
_OUT_OF_TIME = (
    update(models.EmergencyAccess)
    .where(
        _A.id.in_(
            select(_DUE.c.id)
            .where(
                _DUE.c.hospital_id == bindparam("hospital"),
                _DUE.c.ended_at.is_(None),
                _DUE.c.expires_at <= _NOW,
            )
            .with_for_update(skip_locked=True)
        )
    )
    .values(ended_at=_A.expires_at)
    .returning(_A.id, _A.patient_id)
)
