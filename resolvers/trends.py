"""Trends: the SELECTs of a parameter or a test over time, sampled in the database.

A trend is a row that says what was asked for and in which unit it is drawn; what is drawn hangs on
it. The range is cut into buckets of one width, as many as half the points that were asked for, and
a bucket tells its least and its greatest value with their times: whatever is left out of a drawing
lies between two that are in it (docs/decisions/0026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    Numeric,
    Select,
    Text,
    and_,
    cast,
    column,
    extract,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.types import TypeEngine

import models
from models.rules.trends import (
    FEWEST_POINTS,
    MOST_POINTS,
    POINTS_A_BUCKET,
    USUAL_POINTS,
)
from resolvers import periods
from resolvers.errors import BadInput
from resolvers.periods import MOMENT
from resolvers.reading.scope import NOW, of_hospital
from resolvers.reading.shapes import number
from resolvers.reading.sources import Derivation

_EVER, _NEVER = (
    literal_column(f"'{word}'::timestamptz", MOMENT) for word in ("-infinity", "infinity")
)
_EPOCH = literal_column("'epoch'::timestamptz", MOMENT)
_COMPARATORS = literal_column("(ARRAY[NULL, '<', '<=', '>', '>='])", ARRAY(Text()))
_MICROSECOND = literal_column("interval '1 microsecond'", Interval())
_NO_COMPARATOR = cast(null(), Text())


Drawn = Callable[[FromClause, Derivation], Select[Any]]
"""(trend, given) → what is drawn of it: at, value, comparator, id."""


def period(given: Derivation) -> list[ColumnElement[Any]]:
    """The range that is asked for, as `since` and `until`; null where it is open."""
    begin, end = (
        cast(null(), MOMENT) if one is None else one for one in periods.asked(given, _ordered)
    )
    return [begin.label("since"), end.label("until")]


def _ordered(since: datetime, until: datetime) -> None:
    if since >= until:
        raise BadInput("a range ends after it begins", field="to", limit="after from")


def points(given: Derivation) -> ColumnElement[Any]:
    """How many points are drawn at most."""
    argument = given.argument("points")
    return number(USUAL_POINTS) if argument is None else cast(argument(Integer(), _points), Integer)


def _points(asked: int) -> int:
    if FEWEST_POINTS <= asked <= MOST_POINTS:
        return asked
    raise BadInput(
        "a trend has so many points",
        field="points",
        limit=f"{FEWEST_POINTS} to {MOST_POINTS}",
    )


def within(asked: FromClause, at: ColumnElement[Any]) -> ColumnElement[bool]:
    """The time is in the range that was asked for."""
    since, until = func.coalesce(asked.c.since, _EVER), func.coalesce(asked.c.until, _NEVER)
    return and_(at >= since, at < until)


def seen_of_patient(
    given: Derivation, model: type[models.Base], row: FromClause
) -> list[ColumnElement[bool]]:
    """The conditions under which the actor sees a row of a patient who is seen already. Not again
    that it is of the hospital, as the patient is: for PostgreSQL that would be a reason to read all
    of the hospital's rows of the time by their index."""
    ours = of_hospital(row)
    return [one for one in given.seen(model, row) if not one.compare(ours)]


def constants(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, TypeEngine[Any]], name: str
) -> FromClause:
    """Rows of a table of ours, as a table of the statement."""
    text = orjson.dumps(list(rows), default=str).decode().replace("'", "''")
    return (
        func.json_to_recordset(literal_column(f"'{text}'::json"))
        .table_valued(*(column(key, type_) for key, type_ in columns.items()))
        .render_derived(name=name, with_types=True)
    )


def ranged(asked: FromClause, drawn: Select[Any]) -> Select[Any]:
    """A trend: what was asked, and of what is drawn how many there are, from when to when.

    A range that is open begins with the first value, and ends right after the last.
    """
    values = drawn.subquery("drawn")
    found = (
        select(
            func.count().label("count"),
            func.min(values.c.at).label("first_at"),
            func.max(values.c.at).label("last_at"),
        )
        .select_from(values)
        .correlate_except(values)
        .lateral("found")
    )
    return select(
        *asked.c,
        found.c.count,
        func.coalesce(asked.c.since, found.c.first_at).label("start"),
        func.coalesce(asked.c.until, found.c.last_at + _MICROSECOND).label("end"),
        func.coalesce(asked.c.until, NOW).label("moment"),
    ).select_from(asked.join(found, true()))


def buckets(trend: FromClause, drawn: Select[Any]) -> Select[Any]:
    """What is drawn, bucket by bucket; those without a value are not there.

    Of equal values the earliest is told. Widths are whole microseconds, so that edges are exact.
    """
    values = drawn.subquery("drawn")
    begin, end = _microseconds(trend.c.start), _microseconds(trend.c.end)
    parts = func.greatest(trend.c.points // number(POINTS_A_BUCKET), number(1))
    width = func.greatest(
        cast(func.ceil((end - begin) / cast(parts, Numeric)), BigInteger), number(1)
    )
    place = ((_microseconds(values.c.at) - begin) // width).label("place")
    numbered = (
        select(
            _packed(values, 1).label("least"),
            _packed(values, -1).label("greatest"),
            place,
            width.label("width"),
        )
        .select_from(values)
        .correlate_except(values)
        .subquery("numbered")
    )
    start = trend.c.start + numbered.c.place * numbered.c.width * _MICROSECOND
    return (
        select(
            numbered.c.place,
            start.label("start"),
            func.least(start + numbered.c.width * _MICROSECOND, trend.c.end).label("end"),
            func.count().label("count"),
            *_extreme("minimum", func.min(numbered.c.least, type_=ARRAY(Numeric())), 1),
            *_extreme("maximum", func.max(numbered.c.greatest, type_=ARRAY(Numeric())), -1),
        )
        .select_from(numbered)
        .group_by(numbered.c.place, numbered.c.width)
    )


def parts(drawn: Drawn) -> tuple[Drawn, Drawn, Drawn]:
    """The SELECTs of what hangs on a trend: its buckets, and the first and the last value."""

    def bucketed(trend: FromClause, given: Derivation) -> Select[Any]:
        return buckets(trend, drawn(trend, given))

    def at_edge(trend: FromClause, given: Derivation, *, last: bool) -> Select[Any]:
        return edge(drawn(trend, given), last=last)

    return bucketed, partial(at_edge, last=False), partial(at_edge, last=True)


def _extreme(name: str, found: ColumnElement[Any], sign: int) -> list[ColumnElement[Any]]:
    """What `_packed` holds, taken apart."""
    at = _EPOCH + found[number(2)] * number(sign) * _MICROSECOND
    rank = cast(found[number(3)] * number(sign), Integer)
    return [
        found[number(1)].label(f"{name}_value"),
        at.label(f"{name}_at"),
        _COMPARATORS[rank].label(f"{name}_comparator"),
    ]


def _packed(values: FromClause, sign: int) -> ColumnElement[Any]:
    """Value, time and comparator as one array of numbers: the least of them is that of the least
    value, and the earliest of equals, found without a sort. With the sign turned, the greatest."""
    rank = func.coalesce(func.array_position(_COMPARATORS, values.c.comparator), number(1))
    parts = (values.c.value, _microseconds(values.c.at) * number(sign), rank * number(sign))
    return array([cast(one, Numeric()) for one in parts], type_=ARRAY(Numeric()))


def _microseconds(at: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(extract("epoch", at) * number(1_000_000), BigInteger)


def edge(drawn: Select[Any], *, last: bool) -> Select[Any]:
    """The first or the last of what is drawn."""
    at, row_id = drawn.selected_columns["at"], drawn.selected_columns["id"]
    order = (at.desc(), row_id.desc()) if last else (at.asc(), row_id.asc())
    return drawn.order_by(*order).limit(number(1))
