"""Scores of vital signs: what the patients of a batch bring to them, and the row that keeps one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, and_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules import news2, pregnancies
from models.rules.deteriorations import Deterioration, deterioration
from models.rules.news2 import News2, News2NotApplicable, Spo2Scale
from models.rules.patients import age_in_years
from models.rules.vital_limits import implausible
from models.rules.vitals import Consciousness, VitalParameter, VitalSet
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


def spelled(column: str) -> str:
    """The GraphQL field of a column."""
    first, *rest = column.split("_")
    return first + "".join(word.title() for word in rest)


MEASURED = {field.name: spelled(field.name) for field in fields(Measurements)}
"""Column to GraphQL field."""
BOUNDED = {parameter: parameter.value.lower() for parameter in VitalParameter}
"""What has a range, and its column."""
POINTS = {spelled(field.name): f"news2_points_{field.name}" for field in fields(VitalSet)}
"""The column that keeps the points of a parameter."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A patient as far as a score goes. `ward_id` is that of the bed of now."""

    birth_date: date | None
    ward_id: UUID | None
    decisions: tuple[asyncpg.Record, ...] = ()
    pregnancies: tuple[asyncpg.Record, ...] = ()

    def scale(self, at: datetime) -> Spo2Scale:
        """The scale of the decision that was in force then; without any, the first."""
        for one in self.decisions:
            if one["decided_at"] <= at and (one["ended_at"] is None or at < one["ended_at"]):
                return Spo2Scale(one["scale"])
        return Spo2Scale.SCALE_1

    def pregnant(self, at: datetime) -> bool:
        """Whether one of the pregnancies counted on that day."""
        return any(
            pregnancies.pregnant(one["onset"], one["abatement"], at.date())
            for one in self.pregnancies
        )


@dataclass(frozen=True, slots=True)
class Scored:
    """The verdict on a set: a score, or why there is none."""

    score: News2 | None
    why_not: News2NotApplicable | None

    @property
    def deterioration(self) -> Deterioration | None:
        """What the score asks for."""
        return deterioration(self.score)

    def columns(self) -> dict[str, Any]:
        """The verdict in the columns of `vital_signs`."""
        if self.score is None:
            why_not = None if self.why_not is None else self.why_not.value
            return dict.fromkeys(_VERDICT) | {
                "news2_applies": False,
                "news2_not_applicable": why_not,
                "news2_scale": Spo2Scale.SCALE_1.value,
                "news2_missing": [],
            }
        risk = self.score.risk
        return {
            "news2_applies": True,
            "news2_not_applicable": None,
            "news2_scale": self.score.scale.value,
            "news2_total": self.score.total,
            "news2_highest_single": self.score.highest_single,
            "news2_risk": None if risk is None else risk.value,
            "news2_missing": list(self.score.missing),
            **{column: self.score.parts.get(field) for field, column in POINTS.items()},
        }


_VERDICT = ("news2_total", "news2_highest_single", "news2_risk", *POINTS.values())


async def subjects(tx: Transaction, patient_ids: Iterable[UUID]) -> dict[UUID, Subject]:
    """The patients of these ids who are here, in one statement where nothing was ever decided or
    expected of them, and in three otherwise."""
    rows = await tx.all(_PATIENTS, hospital=tx.hospital_id, ids=sorted(set(patient_ids)))
    decided = [row["id"] for row in rows if row["decided"]]
    expecting = [row["id"] for row in rows if row["expecting"]]
    decisions = _by_patient(await tx.all(_DECISIONS, ids=decided) if decided else ())
    expected = _by_patient(await tx.all(_PREGNANCIES, ids=expecting) if expecting else ())
    return {
        row["id"]: Subject(
            row["birth_date"],
            row["ward_id"],
            tuple(decisions.get(row["id"], ())),
            tuple(expected.get(row["id"], ())),
        )
        for row in rows
    }


def _by_patient(rows: Iterable[asyncpg.Record]) -> dict[UUID, list[asyncpg.Record]]:
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row["patient_id"], []).append(row)
    return found


def scored(measured: Measurements, subject: Subject, at: datetime) -> Scored:
    """The verdict on what was measured then."""
    born = subject.birth_date
    age = None if born is None else age_in_years(born, at)
    pregnant = subject.pregnant(at)
    vitals = VitalSet(**{field.name: getattr(measured, field.name) for field in fields(VitalSet)})
    return Scored(
        news2.score(vitals, age, scale=subject.scale(at), pregnant=pregnant),
        news2.not_applicable(age, pregnant=pregnant),
    )


def known(row: asyncpg.Record) -> Deterioration | None:
    """What a set that is held asks for, by the verdict that it was recorded with."""
    if not row["news2_applies"]:
        return None
    points = {field: row[column] for field, column in POINTS.items()}
    parts = {field: given for field, given in points.items() if given is not None}
    scale = Spo2Scale(row["news2_scale"])
    missing = tuple(row["news2_missing"])
    highest = row["news2_highest_single"]
    return deterioration(News2(row["news2_total"], highest, None, missing, parts, scale))


def columns(measured: Measurements) -> dict[str, Any]:
    """What was measured in the columns of `vital_signs`, with what of it needed to be confirmed."""
    found = {name: getattr(measured, name) for name in MEASURED}
    consciousness = measured.consciousness
    found["consciousness"] = None if consciousness is None else consciousness.value
    beyond = [
        parameter.value
        for parameter, column in BOUNDED.items()
        if found[column] is not None and implausible(MEASURED[column], found[column]) is not None
    ]
    return found | {"confirmed": beyond}


_P, _STAY = models.Patient.__table__, models.BedStay.__table__
_DECISION, _PREGNANCY = models.Spo2ScaleDecision.__table__, models.Pregnancy.__table__
_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_DECISIONS = select(_DECISION).where(_DECISION.c.patient_id == func.any(_IDS))
_PREGNANCIES = select(_PREGNANCY).where(
    _PREGNANCY.c.patient_id == func.any(_IDS), _PREGNANCY.c.entered_in_error_at.is_(None)
)
_PATIENTS = (
    select(
        _P.c.id,
        _P.c.birth_date,
        _STAY.c.ward_id,
        exists().where(_DECISION.c.patient_id == _P.c.id).label("decided"),
        exists().where(_PREGNANCY.c.patient_id == _P.c.id).label("expecting"),
    )
    .select_from(
        _P.outerjoin(_STAY, and_(_STAY.c.patient_id == _P.c.id, _STAY.c.ended_at.is_(None)))
    )
    .where(_P.c.hospital_id == bindparam("hospital"), _P.c.id == func.any(_IDS))
)
