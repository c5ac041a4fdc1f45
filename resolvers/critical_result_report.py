"""The report on critical results: its SELECTs, from the stored steps alone.

Every figure is an aggregate over episodes (critical_result_episodes), and the list of episodes is
what it counted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
)

import models
from models.rules.critical_results import CriticalResultStatus
from models.rules.timeliness import GOALS, PERCENTILES, check_period
from resolvers import periods
from resolvers.critical_result_episodes import ATTEMPTS, SCOPE, begun, gathered
from resolvers.errors import BadInput
from resolvers.reading.scope import HOSPITAL
from resolvers.reading.shapes import number, words
from resolvers.reading.sources import Derivation

_COLLATION = "C"
"""Names are in the order of their bytes, whatever the database's own order is."""

Name = Callable[[FromClause, FromClause], ColumnElement[Any]]
"""(report, episode) → what its episodes are gathered under."""


def report(_: None, given: Derivation) -> Select[Any]:
    """The period and the ward that are asked for, and its episodes, gathered once for whatever is
    counted of them; no row where there is no such ward in reach."""
    asked = _asked(given).subquery("asked")
    one = begun(asked, given)
    line = select(*one.c).subquery("line")
    lines = func.coalesce(func.json_agg(line.table_valued()), literal_column("'[]'::json"))
    gathered = select(lines.label("lines")).select_from(line).lateral("gathered")
    return select(*asked.c, gathered.c.lines).select_from(asked.join(gathered, true()))


def _asked(given: Derivation) -> Select[Any]:
    hospital = _HOSPITALS.alias("report_hospital")
    begin, end = periods.asked(given, _check)
    assert begin is not None
    assert end is not None
    asked = [begin.label("from_at"), end.label("to_at"), hospital.c.time_zone]
    code = given.argument("ward")
    if code is None:
        none: list[ColumnElement[Any]] = [
            cast(null(), Uuid()).label("ward_id"),
            cast(null(), Text()).label("ward"),
        ]
        return select(*asked, *none).where(hospital.c.id == HOSPITAL)
    ward = _WARDS.alias("report_ward")
    return (
        select(*asked, ward.c.id.label("ward_id"), ward.c.code.label("ward"))
        .select_from(hospital.join(ward, ward.c.hospital_id == hospital.c.id))
        .where(hospital.c.id == HOSPITAL, ward.c.code == code(Text()))
        .where(*given.seen(models.Ward, ward, SCOPE))
    )


def figures(name: Name | None = None) -> Callable[[FromClause, Derivation], Select[Any]]:
    """The figures of all episodes, or of those of each name."""

    def rows(asked: FromClause, _: Derivation) -> Select[Any]:
        one = gathered(asked)
        if name is None:
            return select(cast(null(), Text()).label("name"), *_aggregates(one))
        found = cast(name(asked, one), Text()).collate(_COLLATION)
        return select(found.label("name"), *_aggregates(one)).group_by(found)

    return rows


def by_kind(_: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """Of what it speaks."""
    return episode.c.kind


def by_rule(_: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """The rule by whose verdict it began."""
    return episode.c.rule


def by_ward(_: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """The ward on which it began."""
    return episode.c.ward


def by_hour(asked: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """The hour of the hospital's day in which it began, 00 to 23."""
    local = func.timezone(asked.c.time_zone, episode.c.began_at)
    return func.to_char(local, literal_column("'HH24'", Text()))


def escalations(figure: FromClause, _: Derivation) -> Select[Any]:
    """Of some figures: how many episodes were escalated to each level, or beyond it."""
    top = func.unnest(figure.c.tops).table_valued("value").render_derived("top")
    level = func.generate_series(number(1), top.c.value).table_valued("value")
    level = level.render_derived("level")
    counted: list[ColumnElement[Any]] = [
        cast(level.c.value, Integer()).label("level"),
        func.count().label("episodes"),
    ]
    return select(*counted).select_from(top.join(level, true())).group_by(level.c.value)


def _check(begin: datetime, end: datetime) -> None:
    refusal = check_period(begin, end)
    if refusal is not None:
        raise BadInput(refusal.reason, field="to", limit=refusal.reason)


def _aggregates(one: FromClause) -> list[ColumnElement[Any]]:
    """Every figure over the episodes."""
    answered = one.c.outcome.in_(words([CriticalResultStatus.ACKNOWLEDGED]))
    withdrawn = one.c.outcome.in_(words([CriticalResultStatus.WITHDRAWN]))
    waited: ColumnElement[Any] = cast(one.c.microseconds, Double())
    counts: dict[str, ColumnElement[Any]] = {
        "episodes": func.count(),
        "raised": _count(~one.c.reopened),
        "reopened": _count(one.c.reopened),
        "acknowledged": _count(answered),
        "withdrawn": _count(withdrawn),
        "open": _count(one.c.ended_at.is_(None)),
        "breached": _count(one.c.breached),
        "tops": func.coalesce(
            func.array_agg(one.c.escalation_level, type_=ARRAY(Integer())).filter(
                one.c.escalation_level > number(0)
            ),
            literal_column("'{}'::int[]"),
        ),
        **{
            name: cast(func.coalesce(func.sum(one.c[name]), number(0)), Integer())
            for name in ATTEMPTS
        },
        "share_read_back": _share(_count(one.c.read_back_given), _count(~withdrawn)),
    }
    for fraction, name in zip(PERCENTILES, _PERCENTILES, strict=True):
        found = func.percentile_cont(literal_column(f"{float(fraction)}"))
        spread = found.within_group(waited).filter(answered)
        minutes = cast(spread / literal_column("60000000.0::float8", Double()), Numeric())
        counts[name] = func.round(minutes, number(3))
    for goal in GOALS:
        inside = one.c.microseconds <= number(goal.minutes * 60_000_000)
        # Who withdraws later than the goal has let it wait for longer than that.
        counts[f"within{goal.minutes}_minutes"] = _share(
            _count(and_(answered, inside)), _count(~and_(withdrawn, inside))
        )
    return [value.label(name) for name, value in counts.items()]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _share(part: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[Any]:
    """A part of the whole, with four decimals; null of nothing."""
    return func.round(cast(part, Numeric()) / func.nullif(whole, number(0)), number(4))


_PERCENTILES = ("median_minutes", "p90_minutes", "p99_minutes")

_WARDS, _HOSPITALS = models.Ward.__table__, models.Hospital.__table__
