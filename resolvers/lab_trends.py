"""Trends of laboratory results: the SELECTs of one test over time, in one unit.

All codes that mean the test are one trend: those of models/rules/trends.same_test, and those that
the hospital's own rules name beside one of them. Its unit is that of the newest result; what cannot
be converted into it is left out and counted, and never drawn in another unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import TypeEngine

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.trends import LeftOut, same_test, sizes
from resolvers.errors import BadInput
from resolvers.reading.aliases import alias_of
from resolvers.reading.shapes import number, words
from resolvers.reading.sources import Derivation, looked_up
from resolvers.trends import parts, period, points, ranged, seen_of_patient, within

_CODES = ARRAY(Text())
_SIZES: Mapping[str, TypeEngine[Any]] = {"unit": Text(), "kind": Integer(), "size": Numeric()}
_DECIMALS = 10
"""A value that was converted is rounded there."""


def lab_trend(patient: FromClause, given: Derivation) -> Select[Any]:
    """The trend of one test of a patient."""
    code = given.argument("code")
    assert code is not None
    static = cast(code(_CODES, lambda one: list(same_test(_text(one)))), _CODES)
    asked = (
        select(
            patient.c.id.label("patient_id"),
            patient.c.hospital_id,
            patient.c.birth_date,
            patient.c.sex,
            _with_rules(patient, static).label("codes"),
            cast(code(JSON(), _sizes), JSON()).label("sizes"),
            *period(given),
            points(given).label("points"),
        )
        .correlate_except()
        # A limit keeps PostgreSQL from looking the codes up once for each result.
        .limit(number(1))
        .subquery("asked")
    )
    newest = _newest_unit(asked, given)
    united = (
        select(*asked.c, newest.label("unit"))
        .select_from(asked)
        .correlate_except(asked)
        .limit(number(1))
        .subquery("united")
    )
    known = known_units(united)
    sized = (
        select(
            *united.c,
            looked_up(known.c.kind, known, known.c.unit == united.c.unit).label("kind"),
            looked_up(known.c.size, known, known.c.unit == united.c.unit).label("size"),
        )
        .select_from(united)
        .correlate_except(united)
        .limit(number(1))
        .subquery("sized")
    )
    return ranged(sized, _drawn(sized, given))


def left_out(trend: FromClause, given: Derivation) -> Select[Any]:
    """The results in the range that are not drawn, by why."""
    row, known = alias_of(models.LabResult, "trend_result"), known_units(trend)
    why = case(
        (row.c.value.is_(None), literal_column(f"'{LeftOut.TEXT}'", Text())),
        else_=literal_column(f"'{LeftOut.UNIT}'", Text()),
    )
    return (
        select(why.label("reason"), row.c.unit, func.count().label("count"))
        .select_from(row.outerjoin(known, known.c.unit == _unit(row)))
        .where(*_counted(trend, row, given), _value(trend, row, known).is_(None))
        .group_by(why, row.c.unit)
        .correlate_except(row, known)
    )


def reference(trend: FromClause, given: Derivation) -> Select[Any]:
    """The newest reference range of the test that there is up to the end of the range, in the unit
    of the trend."""
    row, known = alias_of(models.LabResult, "trend_result"), known_units(trend)
    as_judged = and_(
        row.c.canonical_unit == trend.c.unit, row.c.value != number(0), row.c.canonical_value != 0
    )
    # The range is in the unit as sent. By what factor its own value was converted, so is the range.
    up, down = (
        case(
            (row.c.unit.is_not_distinct_from(trend.c.unit), number(1)),
            (known.c.kind == trend.c.kind, one),
            (as_judged, other),
        )
        for one, other in (
            (known.c.size, row.c.canonical_value),
            (trend.c.size, row.c.value),
        )
    )
    return (
        select(
            *(
                rounded(bound, up, down).label(name)
                for bound, name in ((row.c.reference_low, "low"), (row.c.reference_high, "high"))
            ),
            row.c.observed_at.label("at"),
        )
        .select_from(row.outerjoin(known, known.c.unit == row.c.unit))
        .where(
            *_of_test(trend, row, given),
            row.c.observed_at < func.coalesce(trend.c.until, literal_column("'infinity'")),
            or_(row.c.reference_low.is_not(None), row.c.reference_high.is_not(None)),
            up.is_not(None),
        )
        .order_by(row.c.observed_at.desc(), row.c.id.desc())
        .limit(number(1))
        .correlate_except(row, known)
    )


def _text(code: str) -> str:
    if "\0" in code:
        raise BadInput("code holds a character that no text has", field="code")
    return code.strip()


def _with_rules(patient: FromClause, static: ColumnElement[Any]) -> ColumnElement[Any]:
    """The codes, and those that the hospital's rules name beside one of them."""
    rule = alias_of(models.CriticalRule, "trend_rule")
    named = func.unnest(rule.c.codes).table_valued("code").render_derived("named")
    known = func.unnest(static).table_valued("code").render_derived("static")
    of_rules = (
        select(named.c.code)
        .select_from(rule.join(named, true()))
        .where(
            rule.c.hospital_id == patient.c.hospital_id,
            rule.c.retired_at.is_(None),
            rule.c.codes.bool_op("&&")(static),
        )
        .correlate_except(rule, named)
    )
    codes = union(select(known.c.code).correlate_except(known), of_rules).subquery("meant")
    listed = func.array_agg(aggregate_order_by(codes.c.code, codes.c.code), type_=_CODES)
    return select(listed).select_from(codes).correlate_except(codes).scalar_subquery()


def _newest_unit(asked: FromClause, given: Derivation) -> ColumnElement[Any]:
    """The unit of the newest number of the test that has one; looked for by each code, so that the
    index on code and time finds it."""
    same = func.unnest(asked.c.codes).table_valued("code").render_derived("same")
    row = alias_of(models.LabResult, "newest_result")
    newest = (
        select(_unit(row).label("unit"), row.c.observed_at, row.c.id)
        .where(
            *_standing(asked, row, given),
            row.c.code == same.c.code,
            row.c.value.is_not(None),
            _unit(row).is_not(None),
        )
        .order_by(row.c.observed_at.desc(), row.c.id.desc())
        .limit(number(1))
        .correlate_except(row)
        .lateral("newest")
    )
    return (
        select(newest.c.unit)
        .select_from(same.join(newest, true()))
        .order_by(newest.c.observed_at.desc(), newest.c.id.desc())
        .limit(number(1))
        .correlate_except(same, newest)
        .scalar_subquery()
    )


def _drawn(trend: FromClause, given: Derivation) -> Select[Any]:
    """The values in the range, in the unit of the trend."""
    row, known = alias_of(models.LabResult, "trend_result"), known_units(trend)
    value = _value(trend, row, known)
    return (
        select(row.c.observed_at.label("at"), value.label("value"), row.c.comparator, row.c.id)
        .select_from(row.outerjoin(known, known.c.unit == _unit(row)))
        .where(*_counted(trend, row, given), value.is_not(None))
        .correlate_except(row, known)
    )


def _counted(trend: FromClause, row: FromClause, given: Derivation) -> list[ColumnElement[bool]]:
    return [*_of_test(trend, row, given), within(trend, row.c.observed_at)]


def _of_test(trend: FromClause, row: FromClause, given: Derivation) -> list[ColumnElement[bool]]:
    return [*_standing(trend, row, given), row.c.code == func.any(trend.c.codes)]


def _standing(trend: FromClause, row: FromClause, given: Derivation) -> list[ColumnElement[bool]]:
    """The newest version of a result of the patient, unless it was taken back."""
    return [
        row.c.patient_id == trend.c.patient_id,
        row.c.superseded_at.is_(None),
        row.c.status.not_in(words(sorted(TAKEN_BACK))),
        *seen_of_patient(given, models.LabResult, row),
    ]


def _unit(row: FromClause) -> ColumnElement[Any]:
    """UCUM where it is known, else as sent."""
    return func.coalesce(row.c.canonical_unit, row.c.unit)


def _value(trend: FromClause, row: FromClause, known: FromClause) -> ColumnElement[Any]:
    """The value in the unit of the trend; null where there is none."""
    value = case((row.c.canonical_unit.is_not(None), row.c.canonical_value), else_=row.c.value)
    return case(
        (_unit(row).is_not_distinct_from(trend.c.unit), value),
        (known.c.kind == trend.c.kind, rounded(value, known.c.size, trend.c.size)),
    )


def rounded(
    value: ColumnElement[Any], up: ColumnElement[Any], down: ColumnElement[Any]
) -> ColumnElement[Any]:
    return func.trim_scale(func.round(value * up / down, number(_DECIMALS)))


def known_units(trend: FromClause) -> FromClause:
    """The units that convert, with their sizes."""
    return (
        func.json_to_recordset(trend.c.sizes)
        .table_valued(*(column(key, type_) for key, type_ in _SIZES.items()))
        .render_derived(name="known", with_types=True)
    )


def _sizes(code: str) -> bytes:
    found = sizes(_text(code))
    return orjson.dumps(
        [{"unit": unit, "kind": kind, "size": str(size)} for unit, kind, size in found]
    )


lab_buckets, first_result, last_result = parts(_drawn)
