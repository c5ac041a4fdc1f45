"""Which rows of which table an actor sees. Nothing else decides it.

The planner adds the condition wherever a selection enters a table, and a resolver wherever it loads
a row to change. A row out of scope does not exist: null, absent from lists and from counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.critical_results import CriticalResultKind
from models.rules.scopes import Reach
from resolvers.actors import Actor
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import there_is

HOSPITAL = bindparam("actor_hospital", type_=Uuid())
USER = bindparam("actor_user", type_=Uuid())
SESSION = bindparam("actor_session", type_=Uuid())
PATIENT = bindparam("actor_patient", type_=Uuid())
OPENED = bindparam("actor_opened", type_=ARRAY(Uuid()))
TREATED = bindparam("actor_treated", type_=ARRAY(Uuid()))
WARDS = bindparam("actor_wards", type_=ARRAY(Uuid()))
NOW = bindparam("now", type_=TIMESTAMP(timezone=True))
"""The time of the read, by the app's clock: rows hold the app's times, and two clocks are never
compared."""


def binds(actor: Actor) -> dict[str, Any]:
    """The values of the parameters that conditions of this module use."""
    return {
        "actor_hospital": actor.hospital_id,
        "actor_user": actor.user_id,
        "actor_session": actor.session_id,
        "actor_patient": actor.patient_id,
        "actor_wards": list(actor.ward_ids),
        "actor_treated": list(actor.treated),
        "actor_opened": list(actor.opened),
    }


def visible(
    model: type[models.Base], row: FromClause, reaches: Iterable[Reach], *, listed: bool = False
) -> ColumnElement[bool]:
    """The condition that `row`, an alias of the model's table, is in one of the reaches.

    `listed`: nothing but the actor's reach and a search say which rows there are. A list of
    patients is then read from the patients of the actor on, so that it takes as long as these are
    many, and tells nothing of how many others a search would have found.
    """
    found: list[ColumnElement[bool]] = []
    rest, patient = frozenset(reaches), _patient(model, row)
    together = rest & _OF_PATIENTS
    if patient is not None and together and listed and model is models.Patient:
        ids = func.array(_patients(together).scalar_subquery(), type_=ARRAY(Uuid()))
        found.append(patient == func.any(ids))
        rest -= together
    elif patient is not None and together not in _ALONE:
        found.append(patient.in_(_patients(together)))
        if model is models.CriticalResult and together & _OF_WARDS:
            found.append(_left_the_ward(row, patient))
        rest -= together
    found += [_within(model, row, reach) for reach in sorted(rest)]
    return or_(*found) if found else false()


def told(
    alert: FromClause, reaches: frozenset[Reach], vitals: frozenset[Reach]
) -> ColumnElement[bool] | None:
    """The condition that somebody with these reaches of a scope on critical results may also read
    what this one speaks of: it tells the score of vital signs in words, and what was read back.

    `vitals`: in which reaches vital signs are read. None: wherever critical results are.
    """
    if Reach.HOSPITAL in vitals or reaches <= vitals:
        return None
    of_vitals = visible(models.CriticalResult, alert, vitals)
    return or_(alert.c.kind == _OF_LABORATORY, of_vitals)


def of_hospital(row: FromClause) -> ColumnElement[bool]:
    """The condition that the row belongs to the actor's hospital."""
    return row.c.hospital_id == HOSPITAL


def _within(model: type[models.Base], row: FromClause, reach: Reach) -> ColumnElement[bool]:
    match reach:
        case Reach.HOSPITAL:
            return true()
        case Reach.WARDS:
            return _on_wards(model, row)
        case Reach.TREATMENT:
            return or_(_on_wards(model, row), _bed_of(model, row, TREATED))
        case Reach.OPENED:
            return _bed_of(model, row, OPENED)
        case Reach.OWN if model is models.AuditEntry:
            return entries_of(row, PATIENT)
        case Reach.OWN:
            patient = _patient(model, row)
            return false() if patient is None else patient == PATIENT
        case Reach.AUTHORED:
            return _authored(model, row)


def _on_wards(model: type[models.Base], row: FromClause) -> ColumnElement[bool]:
    if model is models.Ward:
        return row.c.id == WARDS.any_()
    if model in (models.Bed, models.BedTransition, models.Room, models.CriticalResultStep):
        # A step is evidence of the ward that heard it, wherever its patient lies now.
        return row.c.ward_id == WARDS.any_()
    patient = _patient(model, row)
    if patient is None:
        return false()
    lies_here = _stays(patient, _STAY.c.ward_id == WARDS.any_())
    if model is models.CriticalResult:
        return or_(lies_here, _left_the_ward(row, patient))
    return lies_here


def _left_the_ward(row: FromClause, patient: ColumnElement[UUID]) -> ColumnElement[bool]:
    """A critical result's ward goes on hearing it while the patient lies in no bed at all."""
    return and_(row.c.ward_id == WARDS.any_(), ~_stays(patient))


def _bed_of(
    model: type[models.Base], row: FromClause, patients: BindParameter[Any]
) -> ColumnElement[bool]:
    """The beds in which these patients lie: of their wards nothing else."""
    if model is not models.Bed:
        return false()
    return there_is(
        _STAY,
        _STAY.c.bed_id == row.c.id,
        _STAY.c.ended_at.is_(None),
        _STAY.c.patient_id == patients.any_(),
    )


def _patients(reaches: frozenset[Reach]) -> CompoundSelect[Any]:
    """The patients of several reaches as one set.

    PostgreSQL turns IN over it into a join, and can begin with the few patients that somebody has
    rather than with the many of the hospital; an OR of conditions would be asked of each of those.
    """
    sets: list[Select[Any]] = []
    if reaches & _OF_WARDS:
        lying = select(_STAY.c.patient_id).select_from(_STAY)
        sets.append(lying.where(_STAY.c.ended_at.is_(None), _STAY.c.ward_id == WARDS.any_()))
    for reach, patients in ((Reach.TREATMENT, TREATED), (Reach.OPENED, OPENED)):
        if reach in reaches:
            sets.append(select(func.unnest(patients)))
    if Reach.OWN in reaches:
        sets.append(select(PATIENT))
    return union_all(*sets)


def entries_of(entry: FromClause, subject: ColumnElement[UUID]) -> ColumnElement[bool]:
    """The audit entry is about somebody: the patient whose rows it read, or the user who did, or
    who was in the audience of a push.

    `audit_entries_of` is a function of migrations 0006 and 0012: it asks the index that is written
    as entries are sealed, and looks at those of the last moments one by one; a user's stays lead to
    what was pushed meanwhile. Asked once a statement.
    """
    ids = ARRAY(BigInteger())
    found = select(func.audit_entries_of(subject, type_=ids)).scalar_subquery()
    # The cast makes it an array: ANY of a bare subquery would be of its rows.
    return entry.c.id == func.any(cast(found, ids))


def _authored(model: type[models.Base], row: FromClause) -> ColumnElement[bool]:
    if model is models.EmergencyAccess:
        return row.c.user_id == USER
    return row.c.created_by == USER if "created_by" in row.c else false()


_STAY = alias_of(models.BedStay, "scope_stay")
_OF_LABORATORY = literal_column(f"'{CriticalResultKind.LABORATORY}'", Text())
_OF_WARDS = frozenset({Reach.WARDS, Reach.TREATMENT})
_OF_PATIENTS = _OF_WARDS | {Reach.OPENED, Reach.OWN}
"""The reaches that go by the patient of a row."""
_ALONE = frozenset({frozenset(), frozenset({Reach.WARDS}), frozenset({Reach.OWN})})
"""Those of them that are a plain condition."""


def _stays(patient: ColumnElement[UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The patient lies in a bed now, under these conditions."""
    return there_is(_STAY, _STAY.c.patient_id == patient, _STAY.c.ended_at.is_(None), *conditions)


def _patient(model: type[models.Base], row: FromClause) -> ColumnElement[UUID] | None:
    """Whose row it is; None for what belongs to no patient (wards, beds)."""
    if model is models.Patient:
        return row.c.id
    return row.c.patient_id if "patient_id" in row.c else None
