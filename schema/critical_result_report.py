"""Report on critical results: how long they waited, and for whom; each figure from stored steps."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Numeric, Text, cast, func, literal_column

import models
from resolvers import critical_result_report as reported
from resolvers import ids
from resolvers.critical_result_episodes import MOST_EPISODES, SCOPE, listed, steps
from resolvers.reading.shapes import number
from schema.critical_results import called_by, done_by, done_from
from schema.enums import (
    Audience,
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
)
from schema.fields import Argument, column, derived, expression


def _public(row: FromClause) -> ColumnElement[Any]:
    prefix = literal_column(f"'{ids.PREFIXES[models.CriticalResult]}_'", Text())
    return prefix.op("||")(cast(row.c.critical_result_id, Text()))


def _minutes(row: FromClause) -> ColumnElement[Any]:
    return func.round(cast(row.c.microseconds, Numeric()) / number(60_000_000), number(3))


@strawberry.type(description="How many episodes were escalated to a level, or beyond it.")
class CriticalResultEscalations:
    """Level 1 is the first after those who were told at once."""

    level: int = column()
    episodes: int = column()


@strawberry.type(
    description=(
        "Figures over some episodes: docs/report.md says what each counts. Minutes are those to"
        " acknowledgement, percentiles are interpolated; a share of nothing is null."
    )
)
class CriticalResultFigures:
    """`name` is what the episodes have in common: a kind, a rule, a ward, an hour; null for all of
    them, and for those that have none."""

    name: str | None = column()
    episodes: int = column()
    raised: int = column()
    reopened: int = column()
    acknowledged: int = column()
    withdrawn: int = column()
    open: int = column()
    breached: int = column()
    escalations: list[CriticalResultEscalations] | None = derived(
        reported.escalations, requires=SCOPE, order=("level",), size=4
    )
    read_backs_refused: int = column()
    repeated: int = column()
    worsened: int = column()
    corrected: int = column()
    median_minutes: Decimal | None = column()
    p90_minutes: Decimal | None = column()
    p99_minutes: Decimal | None = column()
    share_read_back: Decimal | None = column()
    within15_minutes: Decimal | None = column()
    within30_minutes: Decimal | None = column()
    within60_minutes: Decimal | None = column()


@strawberry.type(
    description=(
        "A step of an episode as it happened, and nothing of what was found: who may see the"
        " critical result reads that in CriticalResult.steps, by the same `number`. `ward` is the"
        " code of the ward that heard it; `readBackGiven` is of ACKNOWLEDGED."
    )
)
class CriticalResultEpisodeStep:
    """`called`, `by` and `station` as in CriticalResultStep."""

    number: int = column()
    kind: CriticalResultStepKind = column()
    occurred_at: datetime = column()
    level: int = column()
    audience: Audience | None = column()
    called: list[str] = expression(called_by)
    by: str | None = expression(done_by)
    station: str | None = expression(done_from)
    ward: str | None = column()
    read_back_given: bool = column()


@strawberry.type(
    description=(
        "From the step with which a critical result began to wait for somebody to the one that"
        " ended it. It names no patient; who may see the critical result finds it by its id."
    )
)
class CriticalResultEpisode:
    """`ward` and `rule` are those with which it began, the rule in words without what the verdict
    says of the patient; `endedBy` and `station` tell who ended it, and from which address."""

    critical_result_id: strawberry.ID = expression(_public)
    kind: CriticalResultKind = column()
    ward: str | None = column()
    rule: str | None = column()
    began_at: datetime = column()
    reopened: bool = column()
    outcome: CriticalResultStatus = column()
    ended_at: datetime | None = column()
    minutes: Decimal | None = expression(_minutes)
    ended_by: str | None = column()
    station: str | None = column()
    read_back_given: bool = column()
    escalation_level: int = column()
    breached: bool = column()
    read_backs_refused: int = column()
    repeated: int = column()
    worsened: int = column()
    corrected: int = column()
    steps: list[CriticalResultEpisodeStep] | None = derived(
        steps, requires=SCOPE, order=("number",), size=6
    )


def _figures(name: reported.Name | None = None, *, size: int = 10) -> Any:
    return derived(
        reported.figures(name),
        requires=SCOPE,
        order=() if name is None else ("name",),
        single=name is None,
        size=size,
    )


@strawberry.type(
    description=(
        "The critical results that began to wait in a period, as their stored steps have them now."
        " Hours are those of `timeZone`."
    )
)
class CriticalResultReport:
    """`ward` null: all wards in reach of the reader."""

    from_at: datetime = column()
    to_at: datetime = column()
    ward: str | None = column()
    time_zone: str = column()
    whole: CriticalResultFigures | None = _figures()
    by_kind: list[CriticalResultFigures] | None = _figures(reported.by_kind, size=2)
    by_rule: list[CriticalResultFigures] | None = _figures(reported.by_rule, size=50)
    by_ward: list[CriticalResultFigures] | None = _figures(reported.by_ward, size=25)
    by_hour: list[CriticalResultFigures] | None = _figures(reported.by_hour, size=24)
    episodes: list[CriticalResultEpisode] | None = derived(
        listed,
        requires=SCOPE,
        order=("began_at", "step_id"),
        of=models.CriticalResult,
        sized_by="first",
        arguments={
            "first": Argument(
                int | None,
                default=100,
                description=f"How many, at most {MOST_EPISODES}.",
            ),
            "skip": Argument(int | None, default=0, description="How many before them to leave."),
        },
    )


def critical_result_report() -> Any:
    """The root field."""
    return derived(
        reported.report,
        requires=SCOPE,
        single=True,
        arguments={
            "from": Argument(datetime, default=...),
            "to": Argument(
                datetime, default=..., description="At most 400 days after `from`, and outside."
            ),
            "ward": Argument(
                str | None, description="Its code: episodes that began on that ward alone."
            ),
        },
    )
