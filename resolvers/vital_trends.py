"""Trends of vital signs: the SELECTs of one parameter over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Numeric,
    Select,
    Text,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

import models
from models.rules.news2 import Spo2Scale
from models.rules.pregnancies import LONGEST
from models.rules.scopes import Scope
from models.rules.trends import PLAUSIBLE, score_bands
from models.rules.vitals import VitalParameter
from resolvers.reading.aliases import alias_of
from resolvers.reading.shapes import number
from resolvers.reading.sources import Derivation, looked_up, there_is
from resolvers.trends import (
    constants,
    parts,
    period,
    points,
    ranged,
    seen_of_patient,
    within,
)

_LIMITS: Mapping[str, TypeEngine[Any]] = {
    "parameter": Text(),
    "unit": Text(),
    "low": Numeric(),
    "high": Numeric(),
}
_VALUES_OF_BAND: Mapping[str, TypeEngine[Any]] = {
    "parameter": Text(),
    "low": Numeric(),
    "high": Numeric(),
    "points": Integer(),
    "scale": Text(),
    "on_oxygen": Boolean(),
}
_BANDS: Mapping[str, TypeEngine[Any]] = {"place": Integer(), **_VALUES_OF_BAND}


def vital_trend(patient: FromClause, given: Derivation) -> Select[Any]:
    """The trend of one parameter of a patient."""
    parameter = given.argument("parameter")
    assert parameter is not None
    limit = constants(
        (
            {"parameter": one, "unit": two.unit, "low": two.low, "high": two.high}
            for one, two in PLAUSIBLE.items()
        ),
        _LIMITS,
        "plausible",
    )
    asked = (
        select(
            patient.c.id.label("patient_id"),
            patient.c.birth_date,
            limit.c.parameter,
            limit.c.unit,
            limit.c.low.label("plausible_low"),
            limit.c.high.label("plausible_high"),
            *period(given),
            points(given).label("points"),
        )
        .where(limit.c.parameter == parameter(Text(), str))
        .correlate_except(limit)
        .limit(number(1))
        .subquery("asked")
    )
    return ranged(asked, _measured(asked, given))


def score_bands_of(trend: FromClause, given: Derivation) -> Select[Any]:
    """The bands of NEWS2 for the parameter, by the scale in force at the end of the range; none
    where the score is not for the patient."""
    band = constants(
        (
            {"place": place, **{key: getattr(one, key) for key in _VALUES_OF_BAND}}
            for place, one in enumerate(score_bands())
        ),
        _BANDS,
        "band",
    )
    day = cast(func.timezone(literal_column("'UTC'"), trend.c.moment), Date())
    # Sixteen years: models/rules/news2. An unknown age is scored as an adult's.
    old_enough = cast(trend.c.birth_date + literal_column("interval '16 years'"), Date()) <= day
    return (
        select(*band.c)
        .where(
            band.c.parameter == trend.c.parameter,
            or_(trend.c.birth_date.is_(None), old_enough),
            ~_pregnant(trend, day, given),
            or_(band.c.scale.is_(None), band.c.scale == _scale(trend, given)),
        )
        .correlate_except(band)
    )


def _scale(trend: FromClause, given: Derivation) -> ColumnElement[Any]:
    made = alias_of(models.Spo2ScaleDecision, "scale_decision")
    decided = looked_up(
        func.max(made.c.scale),
        made,
        made.c.patient_id == trend.c.patient_id,
        made.c.decided_at <= trend.c.moment,
        or_(made.c.ended_at.is_(None), made.c.ended_at > trend.c.moment),
        *given.seen(models.Spo2ScaleDecision, made, Scope.VITALS_READ),
    )
    return func.coalesce(decided, literal_column(f"'{Spo2Scale.SCALE_1}'"))


def _pregnant(trend: FromClause, day: ColumnElement[Any], given: Derivation) -> ColumnElement[bool]:
    """models/rules/pregnancies.pregnant, as a condition."""
    one = alias_of(models.Pregnancy, "trend_pregnancy")
    return there_is(
        one,
        one.c.patient_id == trend.c.patient_id,
        one.c.entered_in_error_at.is_(None),
        one.c.onset <= day,
        or_(one.c.abatement.is_(None), one.c.abatement > day),
        day < one.c.onset + number(LONGEST.days),
        *given.seen(models.Pregnancy, one, Scope.VITALS_READ),
    )


def _measured(trend: FromClause, given: Derivation) -> Select[Any]:
    """The values of the parameter in the range."""
    row = alias_of(models.VitalSigns, "trend_vitals")
    value = case(
        *(
            (
                trend.c.parameter == literal_column(f"'{one.value}'"),
                cast(row.c[one.lower()], Numeric),
            )
            for one in VitalParameter
        )
    )
    return (
        select(
            row.c.recorded_at.label("at"),
            value.label("value"),
            cast(null(), Text()).label("comparator"),
            row.c.id,
        )
        .where(
            row.c.patient_id == trend.c.patient_id,
            within(trend, row.c.recorded_at),
            row.c.entered_in_error_at.is_(None),
            value.is_not(None),
            *seen_of_patient(given, models.VitalSigns, row),
        )
        .correlate_except(row)
    )


vital_buckets, first_vital, last_vital = parts(_measured)
