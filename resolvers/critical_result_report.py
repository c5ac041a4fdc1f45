"""The report on critical results: its SELECTs, from the stored steps alone.

An episode is what models/rules/timeliness says, and `_episodes` is the one place that makes it of
rows. Every figure is an aggregate over episodes, and the list of episodes is what it counted.
Whose they are is a matter of the ward on which one began: a patient who has left takes nothing out
of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Numeric,
    Select,
    Subquery,
    Text,
    Uuid,
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
)
from sqlalchemy import column as sql_column
from sqlalchemy.types import TypeEngine

import models
from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.scopes import Scope
from models.rules.timeliness import CLOSING, GOALS, OPENING, PERCENTILES, UNRULED, check_period
from resolvers import periods
from resolvers.errors import BadInput
from resolvers.periods import MOMENT
from resolvers.reading.pages import MOST_ROWS
from resolvers.reading.scope import HOSPITAL
from resolvers.reading.shapes import number, words
from resolvers.reading.sources import Derivation, looked_up

SCOPE = Scope.CRITICAL_RESULT_REPORT_READ
_Kind = CriticalResultStepKind
MOST_EPISODES = 10_000
"""Of a page: a year of most hospitals. Each page gathers the report anew."""
_COLLATION = "C"
"""Names are in the order of their bytes, whatever the database's own order is."""

Name = Callable[[FromClause, FromClause], ColumnElement[Any]]
"""(report, episode) → what its episodes are gathered under."""


def report(_: None, given: Derivation) -> Select[Any]:
    """The period and the ward that are asked for, and its episodes, gathered once for whatever is
    counted of them; no row where there is no such ward in reach."""
    asked = _asked(given).subquery("asked")
    one = _episodes(asked, given)
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
        one = _gathered(asked)
        if name is None:
            return select(cast(null(), Text()).label("name"), *_aggregates(one))
        found = cast(name(asked, one), Text()).collate(_COLLATION)
        return select(found.label("name"), *_aggregates(one)).group_by(found)

    return rows


def by_kind(_: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """Of what it speaks."""
    return episode.c.kind


def by_rule(_: FromClause, episode: FromClause) -> ColumnElement[Any]:
    """The rule by whose verdict it began, in words."""
    named: ColumnElement[Any] = episode.c.rule
    for what_and_instead in UNRULED:
        texts = (literal_column(f"'{one}'", Text()) for one in what_and_instead)
        named = func.regexp_replace(named, *texts)
    return named


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


def episodes(asked: FromClause, given: Derivation) -> Select[Any]:
    """A page of the episodes that were counted, in the order in which they began."""
    one = _gathered(asked)
    user, session = _USERS.alias("ended_by"), _SESSIONS.alias("ended_from")
    rows = select(
        *one.c,
        looked_up(user.c.display_name, user, user.c.id == one.c.user_id).label("ended_by"),
        looked_up(session.c.address, session, session.c.id == one.c.session_id).label("station"),
    ).order_by(one.c.began_at, one.c.step_id)
    first, skip = given.argument("first"), given.argument("skip")
    rows = rows.limit(number(MOST_ROWS) if first is None else first(BigInteger(), _page))
    return rows if skip is None else rows.offset(skip(BigInteger(), _skipped))


def _check(begin: datetime, end: datetime) -> None:
    refusal = check_period(begin, end)
    if refusal is not None:
        raise BadInput(refusal.reason, field="to", limit=refusal.reason)


def _page(first: int) -> int:
    if not 0 <= first <= MOST_EPISODES:
        raise BadInput("first is out of range", field="first", limit=f"0 to {MOST_EPISODES}")
    return first


def _skipped(skip: int) -> int:
    if skip < 0:
        raise BadInput("skip is out of range", field="skip", limit="at least 0")
    return skip


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
            for name in _ATTEMPTS
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


def _episodes(asked: FromClause, given: Derivation) -> Subquery:
    """The episodes that begin in the period, on the ward if one is asked for, within reach."""
    span = _spans(asked)
    alert, ward = _ALERTS.alias("of_episode"), _WARDS.alias("began_on")
    opened, closed = _STEPS.alias("opened"), _STEPS.alias("closed")
    ended_as = case(
        *((closed.c.kind.in_(words([kind])), words([how])[0]) for kind, how in CLOSING.items()),
        else_=words([CriticalResultStatus.OPEN])[0],
    )
    apart = extract("epoch", closed.c.occurred_at - opened.c.occurred_at)
    # The clock of another process may have been behind.
    waited = case((apart < number(0), number(0)), else_=apart)
    read_back = and_(
        closed.c.kind.in_(words([_Kind.ACKNOWLEDGED])), closed.c.read_back.is_not(None)
    )
    rows = (
        select(
            opened.c.id.label("step_id"),
            opened.c.critical_result_id,
            alert.c.patient_id,
            alert.c.kind,
            ward.c.code.label("ward"),
            opened.c.rule,
            opened.c.occurred_at.label("began_at"),
            opened.c.kind.in_(words([_Kind.REOPENED])).label("reopened"),
            ended_as.label("outcome"),
            closed.c.occurred_at.label("ended_at"),
            closed.c.user_id,
            closed.c.session_id,
            func.coalesce(read_back, literal_column("false")).label("read_back_given"),
            cast(waited * number(1_000_000), BigInteger()).label("microseconds"),
            span.c.escalation_level,
            span.c.breached,
            *(span.c[name] for name in _ATTEMPTS),
        )
        .select_from(
            span.join(
                opened,
                and_(
                    opened.c.critical_result_id == span.c.critical_result_id,
                    opened.c.number == span.c.first,
                ),
            )
            .join(alert, alert.c.id == span.c.critical_result_id)
            .outerjoin(
                closed,
                and_(
                    closed.c.critical_result_id == span.c.critical_result_id,
                    closed.c.number == span.c.closed,
                ),
            )
            .outerjoin(ward, ward.c.id == opened.c.ward_id)
        )
        .where(
            opened.c.occurred_at >= asked.c.from_at,
            opened.c.occurred_at < asked.c.to_at,
            or_(asked.c.ward_id.is_(None), opened.c.ward_id == asked.c.ward_id),
            *given.seen(models.CriticalResultStep, opened, SCOPE),
        )
    )
    return rows.correlate(asked).subquery("episode")


def _gathered(asked: FromClause) -> FromClause:
    """The episodes of a report, as it has gathered them."""
    columns = (sql_column(name, type_) for name, type_ in _EPISODE.items())
    lines = func.json_to_recordset(asked.c.lines).table_valued(*columns)
    return lines.render_derived(name="episode", with_types=True)


def _spans(asked: FromClause) -> Subquery:
    """The steps of each episode, counted; `first` and `closed` are the numbers of those that begin
    and end it. What comes after its end (a repeat that joins it) is of the episode before."""
    step = _marked(asked)
    opens = step.c.kind.in_(words(OPENING))
    # The first to open after as many ends is the one that begins.
    leading = (
        func.min(step.c.number)
        .filter(opens)
        .over(partition_by=(step.c.critical_result_id, step.c.ends))
    )
    begins = and_(opens, leading == step.c.number).label("begins")
    begun = select(*step.c, begins).subquery("begun")
    first = func.max(begun.c.number).filter(begun.c.begins)
    spanned = select(
        *begun.c,
        first.over(partition_by=begun.c.critical_result_id, order_by=begun.c.number).label("first"),
    ).subquery("spanned")

    def of(*kinds: CriticalResultStepKind) -> ColumnElement[bool]:
        return spanned.c.kind.in_(words(kinds))

    counted = {
        "read_backs_refused": of(_Kind.READ_BACK_REFUSED),
        "repeated": of(_Kind.REPEATED),
        "worsened": of(_Kind.WORSENED),
        "corrected": and_(of(_Kind.REOPENED), ~spanned.c.begins),
    }
    assert counted.keys() == set(_ATTEMPTS)
    level = func.max(spanned.c.level).filter(of(_Kind.ESCALATED))
    return (
        select(
            spanned.c.critical_result_id,
            spanned.c.first,
            func.min(spanned.c.number).filter(of(*CLOSING)).label("closed"),
            func.coalesce(level, number(0)).label("escalation_level"),
            func.coalesce(func.bool_or(of(_Kind.BREACHED)), literal_column("false")).label(
                "breached"
            ),
            *(_count(condition).label(name) for name, condition in counted.items()),
        )
        .where(spanned.c.first.is_not(None))
        .group_by(spanned.c.critical_result_id, spanned.c.first)
        .subquery("span")
    )


def _marked(asked: FromClause) -> Subquery:
    """Every step of the critical results that opened in the period, and how many ends there were
    until then."""
    step, opening = _STEPS.alias("step"), _STEPS.alias("opening")
    concerned = (
        select(opening.c.critical_result_id)
        .where(
            opening.c.hospital_id == HOSPITAL,
            opening.c.kind.in_(words(OPENING)),
            opening.c.occurred_at >= asked.c.from_at,
            opening.c.occurred_at < asked.c.to_at,
        )
        .correlate(asked)
    )
    ends = func.count().filter(step.c.kind.in_(words(CLOSING)))
    return (
        select(
            step.c.critical_result_id,
            step.c.number,
            step.c.kind,
            step.c.level,
            ends.over(partition_by=step.c.critical_result_id, order_by=step.c.number).label("ends"),
        )
        .where(step.c.hospital_id == HOSPITAL, step.c.critical_result_id.in_(concerned))
        .subquery("marked")
    )


_ATTEMPTS = ("read_backs_refused", "repeated", "worsened", "corrected")
"""What can come more than once in an episode: each time counts."""
_PERCENTILES = ("median_minutes", "p90_minutes", "p99_minutes")

_EPISODE: Mapping[str, TypeEngine[Any]] = {
    **dict.fromkeys(("step_id", "critical_result_id", "patient_id"), Uuid()),
    **dict.fromkeys(("kind", "ward", "rule", "outcome"), Text()),
    **dict.fromkeys(("began_at", "ended_at"), MOMENT),
    **dict.fromkeys(("reopened", "read_back_given", "breached"), Boolean()),
    **dict.fromkeys(("user_id", "session_id"), Uuid()),
    **dict.fromkeys(("escalation_level", *_ATTEMPTS), Integer()),
    "microseconds": BigInteger(),
}
"""What is gathered of each."""

_STEPS, _ALERTS = models.CriticalResultStep.__table__, models.CriticalResult.__table__
_WARDS, _HOSPITALS = models.Ward.__table__, models.Hospital.__table__
_USERS, _SESSIONS = models.User.__table__, models.Session.__table__
