"""Doses that are due: the SELECTs of a schedule (models/rules/schedules), made in the database.

Nothing is planned ahead: a dose is where the times of its order say, as long as the history of the
order says that it was running then. So what is held, resumed or stopped has no rows to be mended
(docs/decisions/0026).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    ColumnElement,
    Date,
    FromClause,
    Interval,
    Select,
    Text,
    Time,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

import models
from models.rules.administrations import RECORDED, DoseState
from models.rules.medications import DEFAULT_TIMES, Frequency, MedicationStatus
from models.rules.schedules import LOOKED_BACK, TOLERANCE
from models.rules.scopes import Scope
from resolvers import inputs, periods
from resolvers.errors import BadInput
from resolvers.periods import MOMENT
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import NOW
from resolvers.reading.shapes import number, words
from resolvers.reading.sources import Derivation, looked_up, there_is

LONGEST = timedelta(days=31)
AHEAD = timedelta(hours=24)
"""How far ahead a ward looks; by the clock of whoever asks, which may differ from ours."""
_TIMES = ARRAY(Text())


def _span(length: timedelta) -> ColumnElement[Any]:
    return literal_column(f"interval '{length.total_seconds():.0f} seconds'", Interval())


_DAY = literal_column("interval '1 day'", Interval())
_AROUND = _span(timedelta(days=2))
"""What is shown where only one end is said: two days; where none is, a day either way."""


def doses_of_order(order: FromClause, given: Derivation) -> Select[Any]:
    """The doses of one order: those that wait, and all that was recorded of it."""
    since, until = _period(given)
    asked = select(since, until).correlate_except().subquery("asked")
    waits = _waiting(order, asked).lateral("waits")
    waiting = (
        select(
            order.c.id.label("medication_id"),
            order.c.patient_id,
            waits.c.due_at,
            waits.c.late_at,
            waits.c.state,
            cast(null(), Uuid()).label("administration_id"),
            waits.c.due_at.label("at"),
        )
        .select_from(asked.join(waits, true()))
        .correlate_except(asked, waits)
    )
    done = alias_of(models.MedicationAdministration, "recorded_dose")
    at = func.coalesce(done.c.due_at, done.c.given_at)
    recorded = (
        select(
            order.c.id,
            order.c.patient_id,
            done.c.due_at,
            (done.c.due_at + _span(TOLERANCE)).label("late_at"),
            done.c.status.label("state"),
            done.c.id.label("administration_id"),
            at.label("at"),
        )
        .select_from(done.join(asked, and_(at >= asked.c.since, at < asked.c.until)))
        .where(
            done.c.medication_order_id == order.c.id,
            done.c.status.in_(words(RECORDED)),
            *given.seen(models.MedicationAdministration, done),
        )
        .correlate_except(done, asked)
    )
    both = union_all(waiting, recorded).subquery("doses")
    return select(*both.c).correlate_except(both)


def medications_due(_: None, given: Derivation) -> Select[Any]:
    """The doses of the patients of a ward that wait: late for up to a day, or due before a time."""
    code = given.argument("ward")
    assert code is not None
    ward = alias_of(models.Ward, "due_ward")
    stay = alias_of(models.BedStay, "due_stay")
    order = alias_of(models.MedicationOrder, "due_order")
    asked = _round(given).subquery("asked")
    waits = _waiting(order, asked).lateral("waits")
    lying = stay.join(ward, and_(ward.c.id == stay.c.ward_id, ward.c.code == code(Text())))
    ordered = lying.join(order, order.c.patient_id == stay.c.patient_id)
    return (
        select(
            order.c.id.label("medication_id"),
            order.c.patient_id,
            waits.c.due_at,
            waits.c.late_at,
            waits.c.state,
            cast(null(), Uuid()).label("administration_id"),
        )
        .select_from(ordered.join(asked, true()).join(waits, true()))
        .where(
            stay.c.ended_at.is_(None),
            order.c.status.in_(words([MedicationStatus.ACTIVE])),
            waits.c.state.in_(words([DoseState.DUE, DoseState.LATE])),
            *given.seen(models.Ward, ward),
            # Whoever reads the orders of a ward's patients is told that they lie there.
            *given.seen(models.BedStay, stay, Scope.MEDICATION_READ),
            *given.seen(models.MedicationOrder, order),
        )
    )


def _round(given: Derivation) -> Select[Any]:
    """From when until when a dose is one of the round, as `since` and `until`."""
    until = given.argument("until")
    begin: ColumnElement[Any] = NOW - _span(LOOKED_BACK)
    end: ColumnElement[Any] = NOW + _span(TOLERANCE)
    if until is not None:
        end = cast(until.by_now(MOMENT, _ahead), MOMENT)
    return select(begin.label("since"), end.label("until")).correlate_except()


def _ahead(until: datetime, now: datetime) -> datetime:
    if until > now + AHEAD + inputs.CLOCK_SKEW:
        hours = AHEAD // timedelta(hours=1)
        raise BadInput(
            "doses are told of the day to come", field="until", limit=f"within {hours} hours of now"
        )
    return until


def _period(given: Derivation) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    begin, end = periods.asked(given, _at_most)
    if begin is None:
        begin, end = (NOW - _DAY, NOW + _DAY) if end is None else (end - _AROUND, end)
    elif end is None:
        end = begin + _AROUND
    return begin.label("since"), end.label("until")


def _at_most(since: datetime, until: datetime) -> None:
    if not timedelta() < until - since <= LONGEST:
        raise BadInput(
            "doses are shown of a stretch of time",
            field="to",
            limit=f"after from, within {LONGEST.days} days of it",
        )


def _waiting(order: FromClause, asked: FromClause) -> Select[Any]:
    """The doses of an order in the range that asked for nobody has recorded."""
    hospital = alias_of(models.Hospital, "dose_hospital")
    zone = looked_up(hospital.c.time_zone, hospital, hospital.c.id == order.c.hospital_id)
    begins = func.coalesce(order.c.starts_at, order.c.ordered_at)
    since = func.greatest(asked.c.since, begins)
    ends = func.least(asked.c.until, order.c.ends_at, order.c.stopped_at)
    placed = (
        select(
            zone.label("zone"),
            begins.label("begins"),
            since.label("since"),
            ends.label("ends"),
            _times(order).label("times"),
        )
        .correlate_except()
        # Looked up once, and not for each dose.
        .limit(number(1))
        .subquery("placed")
    )
    day = (
        func.generate_series(
            _local_day(placed, placed.c.since) - _DAY,
            _local_day(placed, placed.c.ends) + _DAY,
            _DAY,
        )
        .table_valued("at")
        .render_derived("day")
    )
    time = func.unnest(placed.c.times).table_valued("at").render_derived("time_of_day")
    first = cast(_local_day(placed, placed.c.begins), Date())
    date = cast(day.c.at, Date())
    due_at = func.timezone(placed.c.zone, date + cast(time.c.at, Time()), type_=MOMENT)
    on_its_day = or_(
        order.c.frequency != literal_column(f"'{Frequency.QOD}'"),
        func.mod(date - first, number(2)) == number(0),
    )
    found = (
        # A time that the clock leaves out may fall on another.
        select(due_at.label("due_at"), placed.c.since, placed.c.ends)
        .distinct()
        .select_from(placed.join(day, true()).join(time, true()))
        .where(date >= first, on_its_day)
        .correlate_except(placed, day, time)
        .subquery("found")
    )
    was = _status_at(order, found.c.due_at)
    late_at = found.c.due_at + _span(TOLERANCE)
    held = was == literal_column(f"'{MedicationStatus.ON_HOLD}'")
    state = case(
        (held, literal_column(f"'{DoseState.HELD}'")),
        (late_at < NOW, literal_column(f"'{DoseState.LATE}'")),
        else_=literal_column(f"'{DoseState.DUE}'", Text()),
    )
    done = alias_of(models.MedicationAdministration, "settled")
    settled = there_is(
        done,
        done.c.medication_order_id == order.c.id,
        done.c.due_at == found.c.due_at,
        done.c.status.in_(words(RECORDED)),
    )
    running = (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD)
    return (
        select(found.c.due_at, late_at.label("late_at"), state.label("state"))
        .where(
            found.c.due_at >= found.c.since,
            found.c.due_at < found.c.ends,
            was.in_(words(running)),
            ~settled,
        )
        .correlate_except(found)
    )


def _times(order: FromClause) -> ColumnElement[Any]:
    """The local times of a day: the order's own, else ours for its frequency; none as needed."""
    ours = case(
        *(
            (
                order.c.frequency == literal_column(f"'{frequency}'"),
                literal_column("ARRAY[" + ", ".join(f"'{at}'" for at in times) + "]", _TIMES),
            )
            for frequency, times in DEFAULT_TIMES.items()
        )
    )
    chosen = func.cardinality(order.c.times) > number(0)
    return case(
        (or_(order.c.as_needed, ours.is_(None)), null()), (chosen, order.c.times), else_=ours
    )


def _local_day(placed: FromClause, at: ColumnElement[Any]) -> ColumnElement[Any]:
    """The beginning of the local day, as a time without a zone."""
    local = func.timezone(placed.c.zone, at, type_=TIMESTAMP())
    return func.date_trunc(literal_column("'day'"), local, type_=TIMESTAMP())


def _status_at(order: FromClause, at: ColumnElement[Any]) -> ColumnElement[Any]:
    """What the order was then, by its history; what it is, where that does not go back so far."""
    step = alias_of(models.MedicationOrderStep, "step_before")
    last = (
        select(step.c.status)
        .where(step.c.medication_order_id == order.c.id, step.c.occurred_at <= at)
        .order_by(step.c.occurred_at.desc(), step.c.id.desc())
        .limit(number(1))
        .correlate_except(step)
        .scalar_subquery()
    )
    return func.coalesce(last, order.c.status)
