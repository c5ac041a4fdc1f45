"""Episodes of critical results, made of the stored steps alone: what a report counts.

An episode is what models/rules/timeliness says, and `begun` is the one place that makes it of rows.
Whose it is is a matter of the ward on which it began: a patient who has left takes nothing out of a
report. Nothing here tells what was found of anybody: who counts need not be one who treats.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
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
    or_,
    select,
)
from sqlalchemy import column as sql_column
from sqlalchemy.types import TypeEngine

import models
from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.scopes import Scope
from models.rules.timeliness import CLOSING, OPENING, UNRULED
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
ATTEMPTS = ("read_backs_refused", "repeated", "worsened", "corrected")
"""What can come more than once in an episode: each time counts."""


def begun(asked: FromClause, given: Derivation) -> Subquery:
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
            _ruled(opened.c.rule).label("rule"),
            opened.c.occurred_at.label("began_at"),
            opened.c.kind.in_(words([_Kind.REOPENED])).label("reopened"),
            ended_as.label("outcome"),
            closed.c.occurred_at.label("ended_at"),
            closed.c.user_id,
            closed.c.session_id,
            func.coalesce(read_back, literal_column("false")).label("read_back_given"),
            cast(waited * number(1_000_000), BigInteger()).label("microseconds"),
            span.c.first,
            span.c.last,
            span.c.escalation_level,
            span.c.breached,
            *(span.c[name] for name in ATTEMPTS),
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


def gathered(asked: FromClause) -> FromClause:
    """The episodes of a report, as it has gathered them."""
    columns = (sql_column(name, type_) for name, type_ in _EPISODE.items())
    lines = func.json_to_recordset(asked.c.lines).table_valued(*columns)
    return lines.render_derived(name="episode", with_types=True)


def listed(asked: FromClause, given: Derivation) -> Select[Any]:
    """A page of the episodes that were counted, in the order in which they began."""
    one = gathered(asked)
    user, session = _USERS.alias("ended_by"), _SESSIONS.alias("ended_from")
    rows = select(
        *one.c,
        looked_up(user.c.display_name, user, user.c.id == one.c.user_id).label("ended_by"),
        looked_up(session.c.address, session, session.c.id == one.c.session_id).label("station"),
    ).order_by(one.c.began_at, one.c.step_id)
    first, skip = given.argument("first"), given.argument("skip")
    rows = rows.limit(number(MOST_ROWS) if first is None else first(BigInteger(), _page))
    return rows if skip is None else rows.offset(skip(BigInteger(), _skipped))


def steps(episode: FromClause, _: Derivation) -> Select[Any]:
    """The steps of an episode, with whoever sees it: also those that were heard on another ward,
    where the patient was taken meanwhile. Without what was found, what was read back, and notes."""
    step, ward = _STEPS.alias("step_of"), _WARDS.alias("heard_on")
    read_back = step.c.kind.in_(words([_Kind.ACKNOWLEDGED])) & step.c.read_back.is_not(None)
    columns = ("number", "kind", "occurred_at", "level", "audience", "called", "user_id")
    return select(
        *(step.c[name] for name in (*columns, "session_id")),
        looked_up(ward.c.code, ward, ward.c.id == step.c.ward_id).label("ward"),
        read_back.label("read_back_given"),
    ).where(
        step.c.hospital_id == HOSPITAL,
        step.c.critical_result_id == episode.c.critical_result_id,
        step.c.number.between(episode.c.first, episode.c.last),
    )


def _ruled(verdict: ColumnElement[Any]) -> ColumnElement[Any]:
    """The rule of a verdict in words, without what is of the patient."""
    named = verdict
    for what_and_instead in UNRULED:
        texts = (literal_column(f"'{one}'", Text()) for one in what_and_instead)
        named = func.regexp_replace(named, *texts)
    return named


def _page(first: int) -> int:
    if not 0 <= first <= MOST_EPISODES:
        raise BadInput("first is out of range", field="first", limit=f"0 to {MOST_EPISODES}")
    return first


def _skipped(skip: int) -> int:
    if skip < 0:
        raise BadInput("skip is out of range", field="skip", limit="at least 0")
    return skip


def _spans(asked: FromClause) -> Subquery:
    """The steps of each episode, counted; `first` and `closed` are the numbers of those that begin
    and end it. What comes after its end (a repeat that joins it) is of it, until `last`."""
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
    assert counted.keys() == set(ATTEMPTS)
    level = func.max(spanned.c.level).filter(of(_Kind.ESCALATED))
    return (
        select(
            spanned.c.critical_result_id,
            spanned.c.first,
            func.max(spanned.c.number).label("last"),
            func.min(spanned.c.number).filter(of(*CLOSING)).label("closed"),
            func.coalesce(level, number(0)).label("escalation_level"),
            func.coalesce(func.bool_or(of(_Kind.BREACHED)), literal_column("false")).label(
                "breached"
            ),
            *(func.count().filter(one).label(name) for name, one in counted.items()),
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


_EPISODE: Mapping[str, TypeEngine[Any]] = {
    **dict.fromkeys(("step_id", "critical_result_id", "patient_id"), Uuid()),
    **dict.fromkeys(("kind", "ward", "rule", "outcome"), Text()),
    **dict.fromkeys(("began_at", "ended_at"), MOMENT),
    **dict.fromkeys(("reopened", "read_back_given", "breached"), Boolean()),
    **dict.fromkeys(("user_id", "session_id"), Uuid()),
    **dict.fromkeys(("first", "last", "escalation_level", *ATTEMPTS), Integer()),
    "microseconds": BigInteger(),
}
"""What is gathered of each."""

_STEPS, _ALERTS = models.CriticalResultStep.__table__, models.CriticalResult.__table__
_WARDS = models.Ward.__table__
_USERS, _SESSIONS = models.User.__table__, models.Session.__table__
