"""Vital signs: recording one set at the bedside, and taking in many from elsewhere.

A set is never changed once recorded; its NEWS2 score is the verdict of the rule at that time, and
where it asks for somebody, somebody hears of it (resolvers/deteriorations).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

import models
from models.events import VitalsRecorded
from models.rules.results import IngestOutcome
from models.rules.scopes import Scope
from models.rules.vital_limits import implausible, impossible, pressures_cross
from models.rules.vitals import Consciousness, VitalParameter
from resolvers import deteriorations, inputs, locks, rows, visible, vitals_scores
from resolvers.actors import Actor
from resolvers.deteriorations import Sign
from resolvers.errors import BadInput, Conflict, NotFound, Refusal
from resolvers.transaction import Transaction
from resolvers.vitals_scores import BOUNDED, MEASURED, Measurements, Scored, Subject

__all__ = ["Ingested", "Measurements", "NewVitals", "ingest", "record_vitals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVitals:
    """One set from a sender. The same `external_id` again is the same set. `confirmed`: what is
    taken although it is not plausible."""

    patient_id: UUID
    recorded_at: datetime
    measured: Measurements
    external_id: str | None = None
    confirmed: frozenset[VitalParameter] = frozenset()


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
    confirmed: Collection[VitalParameter] | None = None,
) -> dict[str, Any]:
    """Record one set of measurements; BAD_USER_INPUT with field and limit where one is implausible
    and `confirmed` does not name it, or is impossible."""
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
    taken = NewVitals(
        patient_id=patient["id"],
        recorded_at=recorded_at,
        measured=measured,
        confirmed=frozenset(confirmed or ()),
    )
    _check(taken, tx.now)
    subject = (await vitals_scores.subjects(tx, [patient["id"]]))[patient["id"]]
    scored = vitals_scores.scored(measured, subject, recorded_at)
    row = _row(tx, actor, taken, scored, sender=None)
    await tx.insert(models.VitalSigns, row)
    _record(tx, row, subject)
    await deteriorations.judge(tx, actor, _signs(row, scored))
    return {"vitals": row["id"]}


async def ingest(
    tx: Transaction, actor: Actor, sets: Sequence[NewVitals], *, sender: str, events: bool = True
) -> list[Ingested]:
    """Take in sets in their order, each with an outcome of its own, in a fixed number of statements
    for any number of them. The caller has decided that the actor may write to these patients.

    A set whose `external_id` the sender has used is a DUPLICATE if it is the same and REJECTED
    (CONFLICT) if it is not: a set is never changed. `events` false leaves the stations alone and
    alerts nobody, for what happened long ago.
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
    subjects = await vitals_scores.subjects(tx, (each.patient_id for each in sets))
    made: list[dict[str, Any]] = []
    signs: list[Sign] = []
    outcomes: list[Ingested] = []
    for each in sets:
        subject, earlier = subjects.get(each.patient_id), known.get(each.external_id)
        try:
            if subject is None:
                raise NotFound("patientId names nothing here", field="patientId")
            _check(each, tx.now)
            scored = vitals_scores.scored(each.measured, subject, each.recorded_at)
            row = _row(tx, actor, each, scored, sender=sender)
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
            _record(tx, row, subject)
            signs += _signs(row, scored)
        outcomes.append(Ingested(outcome=IngestOutcome.CREATED, vital_signs_id=row["id"]))
    await tx.insert_all(models.VitalSigns, made)
    await deteriorations.judge(tx, actor, signs)
    return outcomes


_V = models.VitalSigns.__table__
_BY_EXTERNAL_ID = select(_V).where(
    _V.c.hospital_id == bindparam("hospital"),
    _V.c.sender == bindparam("sender", type_=Text()),
    _V.c.external_id == func.any(bindparam("external_ids", type_=ARRAY(Text()))),
)


def _check(taken: NewVitals, now: datetime) -> None:
    """BadInput for a set that cannot be: empty, of the future, or outside what is plausible."""
    inputs.past(taken.recorded_at, "recordedAt", now)
    values = {name: getattr(taken.measured, name) for name in MEASURED}
    if all(value is None for name, value in values.items() if name != "on_oxygen"):
        raise BadInput(
            "a set of vital signs has at least one measurement", field="input", limit=">= 1"
        )
    for parameter, name in BOUNDED.items():
        if values[name] is not None:
            _check_one(MEASURED[name], values[name], confirmed=parameter in taken.confirmed)
    if pressures_cross(taken.measured.systolic, taken.measured.diastolic):
        raise BadInput("diastolic is over systolic", field="diastolic", limit="<= systolic")


def _check_one(field: str, value: Decimal | int, *, confirmed: bool) -> None:
    limit = implausible(field, value)
    if limit is None:
        return
    possible = impossible(field, value) is None
    if confirmed and possible:
        return
    if confirmed and limit.confirmable:
        raise BadInput(
            f"{field} is not possible, and cannot be confirmed", field=field, limit=limit.outermost
        )
    hint = ": it is taken where `confirmed` names it" if possible else ""
    raise BadInput(f"{field} is not plausible{hint}", field=field, limit=str(limit))


def _row(
    tx: Transaction, actor: Actor, taken: NewVitals, scored: Scored, *, sender: str | None
) -> dict[str, Any]:
    return rows.fresh(
        tx,
        actor,
        models.VitalSigns,
        patient_id=taken.patient_id,
        recorded_at=taken.recorded_at,
        arrived_late=tx.now - taken.recorded_at > tx.policy.stale_result_after,
        **vitals_scores.columns(taken.measured),
        **scored.columns(),
        sender=sender,
        external_id=taken.external_id,
    )


def _signs(row: dict[str, Any], scored: Scored) -> list[Sign]:
    """The set where it asks for somebody, and is not of long ago."""
    found = scored.deterioration
    if found is None or row["arrived_late"]:
        return []
    return [Sign(vital_signs_id=row["id"], patient_id=row["patient_id"], deterioration=found)]


def _same(earlier: Any, row: dict[str, Any]) -> bool:
    return all(earlier[name] == row[name] for name in ("patient_id", "recorded_at", *MEASURED))


def _record(tx: Transaction, row: dict[str, Any], subject: Subject) -> None:
    tx.record(
        VitalsRecorded(subject_id=row["id"], ward_id=subject.ward_id, patient_id=row["patient_id"])
    )
