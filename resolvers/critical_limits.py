"""Critical limits of a trend: which of the hospital's rules a value at its end is judged by.

The SELECT form of models/rules/critical_values: on each side the most specific rule that covers the
age and sex, the adult one where none does; where age, sex or specimen is not known, each that may
apply.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union,
)

import models
from models.rules.critical_rules import Side
from models.rules.patients import Sex
from resolvers.lab_trends import known_units, rounded
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import NOW
from resolvers.reading.shapes import words
from resolvers.reading.sources import Derivation, there_is

_DAY, _HOUR = literal_column("interval '1 day'", Interval()), 3600
_ALL_AGES = literal_column("1000000000", Integer())
_SIDES = ", ".join(f"'{side.name}'" for side in Side)
_LOW = literal_column(f"'{Side.LOW.name}'", Text())


def critical_limits(trend: FromClause, given: Derivation) -> Select[Any]:
    """The limits, each in the unit of the trend; one that cannot be converted is left out."""
    chosen = _chosen(trend, given)
    rule, known = alias_of(models.CriticalRule, "limit_rule"), known_units(trend)
    low = chosen.c.side == _LOW
    bound = case((low, rule.c.low), else_=rule.c.high)
    value = case(
        (rule.c.unit == trend.c.unit, bound),
        (known.c.kind == trend.c.kind, rounded(bound, known.c.size, trend.c.size)),
    )
    return (
        select(
            chosen.c.side,
            value.label("value"),
            case((low, rule.c.low_inclusive), else_=rule.c.high_inclusive).label("inclusive"),
            *(rule.c[name] for name in ("key", "version", "source", "specimen", "sex")),
            rule.c.min_age_hours,
            rule.c.max_age_hours,
        )
        .select_from(
            chosen.join(rule, rule.c.id == chosen.c.id).outerjoin(
                known, known.c.unit == rule.c.unit
            )
        )
        .where(value.is_not(None))
        .correlate_except(chosen, rule, known)
    )


def _chosen(trend: FromClause, given: Derivation) -> FromClause:
    """Side and id of each rule that gives a limit."""
    age, sex, specimen = _ages(trend, given), _sexes(trend, given), _specimens(trend, given)
    side = (
        func.unnest(literal_column(f"ARRAY[{_SIDES}]")).table_valued("side").render_derived("sides")
    )
    rule = _rules(trend, given).subquery("fitting")
    covers = and_(
        func.coalesce(rule.c.min_age_hours, 0) <= age.c.hours,
        or_(rule.c.max_age_hours.is_(None), age.c.hours < rule.c.max_age_hours),
    )
    born = func.coalesce(rule.c.min_age_hours, 0)
    best = (
        select(rule.c.id)
        .where(
            case((side.c.side == _LOW, rule.c.low), else_=rule.c.high).is_not(None),
            or_(rule.c.sex.is_(None), rule.c.sex == sex.c.sex),
            or_(
                rule.c.specimen.is_(None),
                func.lower(rule.c.specimen) == func.lower(specimen.c.specimen),
            ),
            # The adult limits stand in where none covers the age.
            or_(covers, rule.c.max_age_hours.is_(None)),
        )
        .order_by(
            covers.desc(),
            rule.c.ward_id.is_(None),
            rule.c.specimen.is_(None),
            rule.c.sex.is_(None),
            func.coalesce(rule.c.max_age_hours - born, _ALL_AGES),
            born.desc(),
            rule.c.key.collate("C"),
        )
        .limit(literal_column("1"))
        .correlate_except(rule)
        .lateral("best")
    )
    return (
        select(side.c.side, best.c.id)
        .select_from(
            age.join(sex, true()).join(specimen, true()).join(side, true()).join(best, true())
        )
        .distinct()
        .correlate_except(age, sex, specimen, side, best)
        .subquery("chosen")
    )


def _rules(trend: FromClause, given: Derivation) -> Select[Any]:
    """The rules in force for the test, where the patient lay at the end of the range."""
    rule = alias_of(models.CriticalRule, "candidate")
    stay = alias_of(models.BedStay, "limit_stay")
    lay_there = there_is(
        stay,
        stay.c.patient_id == trend.c.patient_id,
        stay.c.ward_id == rule.c.ward_id,
        stay.c.started_at <= trend.c.moment,
        or_(stay.c.ended_at.is_(None), stay.c.ended_at > trend.c.moment),
        *given.seen(models.BedStay, stay),
    )
    return (
        select(rule)
        .where(
            rule.c.hospital_id == trend.c.hospital_id,
            rule.c.retired_at.is_(None),
            rule.c.active_from <= NOW,
            rule.c.codes.bool_op("&&")(trend.c.codes),
            or_(rule.c.ward_id.is_(None), lay_there),
        )
        .correlate_except(rule)
    )


def _ages(trend: FromClause, given: Derivation) -> FromClause:
    """Ages in hours that stand for all that are possible: the youngest, and each edge of a band up
    to the oldest. A date of birth does not say the hour."""
    born = func.timezone(literal_column("'UTC'"), cast(trend.c.birth_date, TIMESTAMP))
    youngest = _hours(trend.c.moment - born - _DAY, unknown=literal_column("0", Integer()))
    oldest = _hours(trend.c.moment - born, unknown=_ALL_AGES)
    lower, upper = (_rules(trend, given).subquery(name) for name in ("lower_edge", "upper_edge"))
    edges = [
        select(edge.label("hours")).where(edge > youngest, edge <= oldest).correlate_except(rows)
        for rows, edge in ((lower, lower.c.min_age_hours), (upper, upper.c.max_age_hours))
    ]
    return union(select(youngest.label("hours")).correlate_except(), *edges).subquery("ages")


def _hours(span: ColumnElement[Any], unknown: ColumnElement[int]) -> ColumnElement[int]:
    whole = func.floor(extract("epoch", span) / literal_column(str(_HOUR), Numeric()))
    hours = cast(func.greatest(whole, literal_column("0")), Integer)
    return case((span.is_(None), unknown), else_=hours)


def _sexes(trend: FromClause, given: Derivation) -> FromClause:
    """The patient's, or, where it is not known, none and each that a rule is for."""
    rule = _rules(trend, given).subquery("sexed")
    known = trend.c.sex.in_(words((Sex.FEMALE, Sex.MALE)))
    own = select(case((known, trend.c.sex)).label("sex")).correlate_except()
    others = select(rule.c.sex).where(~known, rule.c.sex.is_not(None)).correlate_except(rule)
    return union(own, others).subquery("sexes")


def _specimens(trend: FromClause, given: Derivation) -> FromClause:
    """None, and each that a rule is for: a trend is of all specimens."""
    rule = _rules(trend, given).subquery("of_specimen")
    none = select(cast(null(), Text()).label("specimen")).correlate_except()
    others = select(rule.c.specimen).where(rule.c.specimen.is_not(None)).correlate_except(rule)
    return union(none, others).subquery("specimens")
