"""Vital signs: recording one set at the bedside, and taking in many from elsewhere.

A set is never changed once recorded; its NEWS2 score is the verdict of the rule at that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid

import models
from models.events import VitalsRecorded
from models.rules import news2
from models.rules.patients import age_in_years
from models.rules.results import IngestOutcome
from models.rules.scopes import Scope
from models.rules.vital_limits import implausible, pressures_cross
from models.rules.vitals import Consciousness, VitalSet
from resolvers import inputs, locks, rows, stays, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict, NotFound, Refusal
from resolvers.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What was measured. Units: /min, mm[Hg], Cel, %, kg, cm; None: not measured."""

    heart_rate: int | None = None
    systolic: int | None = None
    diastolic: int | None = None
    respiratory_rate: int | None = None
    temperature: Decimal | None = None
    oxygen_saturation: int | None = None
    on_oxygen: bool | None = None
    consciousness: Consciousness | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    pain_score: int | None = None


_MEASURED = {
    field.name: field.name.split("_")[0] + "".join(w.title() for w in field.name.split("_")[1:])
    for field in fields(Measurements)
}
"""Column to GraphQL field."""
_BOUNDED = frozenset(_MEASURED) - {"on_oxygen", "consciousness"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVitals:
    """One set from a sender. The same `external_id` again is the same set."""

    patient_id: UUID
    recorded_at: datetime
    measured: Measurements
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one set: CREATED, DUPLICATE or REJECTED (then `refusal` says why)."""

    outcome: IngestOutcome
    vital_signs_id: UUID | None = None
    refusal: Refusal | None = None


async def record_vitals(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    recorded_at: datetime,
    heart_rate: int | None = None,
    systolic: int | None = None,
    diastolic: int | None = None,
    respiratory_rate: int | None = None,
    temperature: Decimal | None = None,
    oxygen_saturation: int | None = None,
    on_oxygen: bool | None = None,
    consciousness: Consciousness | None = None,
    weight_kg: Decimal | None = None,
    height_cm: Decimal | None = None,
    pain_score: int | None = None,
) -> dict[str, Any]:
    """Record one set of measurements; BAD_USER_INPUT with field and limit where implausible."""
    patient = await visible.row(
        tx, actor, Scope.VITALS_RECORD, models.Patient, patient_id, field="patientId"
    )
    measured = Measurements(
        heart_rate=heart_rate,
        systolic=systolic,
        diastolic=diastolic,
        respiratory_rate=respiratory_rate,
        temperature=temperature,
        oxygen_saturation=oxygen_saturation,
        on_oxygen=on_oxygen,
        consciousness=consciousness,
        weight_kg=weight_kg,
        height_cm=height_cm,
        pain_score=pain_score,
    )
    taken = NewVitals(patient_id=patient["id"], recorded_at=recorded_at, measured=measured)
    _check(taken, tx.now)
    row = _row(tx, actor, taken, patient["birth_date"], sender=None)
    await tx.insert(models.VitalSigns, row)
    _record(tx, row, await stays.current_ward(tx, patient["id"]))
    return {"vitals": row["id"]}


async def ingest(
    tx: Transaction, actor: Actor, sets: Sequence[NewVitals], *, sender: str, events: bool = True
) -> list[Ingested]:
    """Take in sets in their order, each with an outcome of its own, in four statements for any
    number of them. The caller has decided that the actor may write to these patients.

    A set whose `external_id` the sender has used is a DUPLICATE if it is the same and REJECTED
    (CONFLICT) if it is not: a set is never changed. `events` false leaves the stations alone, for
    what happened long ago.
    """
    if not sets:
        return []
    # Two runs of one import at once must not both find an id unused.
    await locks.hold(tx, "vitals", sender)
    known: dict[str | None, Any] = {
        row["external_id"]: row
        for row in await tx.all(
            _BY_EXTERNAL_ID,
            hospital=tx.hospital_id,
            sender=sender,
            external_ids=[each.external_id for each in sets if each.external_id is not None],
        )
    }
    patients = {
        row["id"]: row
        for row in await tx.all(
            _PATIENTS, hospital=tx.hospital_id, ids=list({each.patient_id for each in sets})
        )
    }
    made: list[dict[str, Any]] = []
    outcomes: list[Ingested] = []
    for each in sets:
        patient, earlier = patients.get(each.patient_id), known.get(each.external_id)
        try:
            if patient is None:
                raise NotFound("patientId names nothing here", field="patientId")
            _check(each, tx.now)
            row = _row(tx, actor, each, patient["birth_date"], sender=sender)
            if earlier is not None and not _same(earlier, row):
                raise Conflict("this externalId has been used for another set of vital signs")
        except Refusal as refusal:
            outcomes.append(Ingested(outcome=IngestOutcome.REJECTED, refusal=refusal))
            continue
        if earlier is not None:
            outcomes.append(Ingested(outcome=IngestOutcome.DUPLICATE, vital_signs_id=earlier["id"]))
            continue
        made.append(row)
        if each.external_id is not None:
            known[each.external_id] = row
        if events:
            _record(tx, row, patient["ward_id"])
        outcomes.append(Ingested(outcome=IngestOutcome.CREATED, vital_signs_id=row["id"]))
    await tx.insert_all(models.VitalSigns, made)
    return outcomes


_V, _P, _STAY = models.VitalSigns.__table__, models.Patient.__table__, models.BedStay.__table__
_BY_EXTERNAL_ID = select(_V).where(
    _V.c.hospital_id == bindparam("hospital"),
    _V.c.sender == bindparam("sender", type_=Text()),
    _V.c.external_id == func.any(bindparam("external_ids", type_=ARRAY(Text()))),
)
_PATIENTS = (
    select(_P.c.id, _P.c.birth_date, _STAY.c.ward_id)
    .select_from(
        _P.outerjoin(_STAY, and_(_STAY.c.patient_id == _P.c.id, _STAY.c.ended_at.is_(None)))
    )
    .where(
        _P.c.hospital_id == bindparam("hospital"),
        _P.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid()))),
    )
)


def _check(taken: NewVitals, now: datetime) -> None:
    """BadInput for a set that cannot be: empty, of the future, or outside what is plausible."""
    inputs.past(taken.recorded_at, "recordedAt", now)
    values = {name: getattr(taken.measured, name) for name in _MEASURED}
    if all(value is None for name, value in values.items() if name != "on_oxygen"):
        raise BadInput(
            "a set of vital signs has at least one measurement", field="input", limit=">= 1"
        )
    for name, field in _MEASURED.items():
        if name not in _BOUNDED or values[name] is None:
            continue
        limit = implausible(field, values[name])
        if limit is not None:
            raise BadInput(f"{field} is not plausible", field=field, limit=str(limit))
    if pressures_cross(taken.measured.systolic, taken.measured.diastolic):
        raise BadInput("diastolic is over systolic", field="diastolic", limit="<= systolic")


def _row(
    tx: Transaction, actor: Actor, taken: NewVitals, born: date | None, *, sender: str | None
) -> dict[str, Any]:
    measured = {name: getattr(taken.measured, name) for name in _MEASURED}
    consciousness = taken.measured.consciousness
    measured["consciousness"] = None if consciousness is None else consciousness.value
    age = None if born is None else age_in_years(born, taken.recorded_at)
    score = news2.score(_scored(taken.measured), age)
    return rows.fresh(
        tx,
        actor,
        models.VitalSigns,
        patient_id=taken.patient_id,
        recorded_at=taken.recorded_at,
        **measured,
        news2_applies=score is not None,
        news2_not_applicable=news2.not_applicable(age),
        news2_total=None if score is None else score.total,
        news2_highest_single=None if score is None else score.highest_single,
        news2_risk=None if score is None or score.risk is None else score.risk.value,
        news2_missing=[] if score is None else list(score.missing),
        sender=sender,
        external_id=taken.external_id,
    )


def _scored(measured: Measurements) -> VitalSet:
    return VitalSet(**{field.name: getattr(measured, field.name) for field in fields(VitalSet)})


def _same(earlier: Any, row: dict[str, Any]) -> bool:
    return all(earlier[name] == row[name] for name in ("patient_id", "recorded_at", *_MEASURED))


def _record(tx: Transaction, row: dict[str, Any], ward_id: UUID | None) -> None:
    tx.record(VitalsRecorded(subject_id=row["id"], ward_id=ward_id, patient_id=row["patient_id"]))
