"""Critical rules: the limits beyond which a result is critical, and who set them."""

from datetime import date, datetime
from decimal import Decimal

import strawberry
from sqlalchemy import Boolean, ColumnElement, Date, FromClause, Integer, Text, Uuid, case, or_

import models
from models.rules.critical_rules import REPEAT_WINDOW
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import Descending, looked_up
from schema.enums import Sex
from schema.fields import (
    Argument,
    column,
    expression,
    given,
    given_rows,
    identifier,
    many,
    one,
    produced,
)
from schema.labs import LabResult
from schema.nodes import Node
from schema.wards import Ward


def _author(rule: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == rule.c.created_by)


def _retirer(rule: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == rule.c.retired_by)


def _low_comparator(rule: FromClause) -> ColumnElement[object]:
    return case((rule.c.low.is_not(None), case((rule.c.low_inclusive, "<="), else_="<")))


def _high_comparator(rule: FromClause) -> ColumnElement[object]:
    return case((rule.c.high.is_not(None), case((rule.c.high_inclusive, ">="), else_=">")))


def _for_code(row: FromClause, given: Given) -> ColumnElement[bool]:
    return given(Text()) == row.c.codes.any_()


def _on_ward(row: FromClause, given: Given) -> ColumnElement[bool]:
    ward = alias_of(models.Ward)
    named = looked_up(
        ward.c.id,
        ward,
        ward.c.hospital_id == row.c.hospital_id,
        ward.c.code == given(Text()),
        *given.visible(models.Ward, ward),
    )
    return or_(row.c.ward_id.is_(None), row.c.ward_id == named)


def _retired(row: FromClause, given: Given) -> ColumnElement[bool]:
    if given.truth():
        return row.c.retired_at.is_not(None)
    return row.c.retired_at.is_(None)


CRITICAL_RULE_ARGUMENTS = {
    "code": Argument(str | None, _for_code, description="A LOINC code."),
    "ward": Argument(
        str | None, _on_ward, description="The code of a ward: its rules, and those of all wards."
    ),
    "retired": Argument(
        bool | None,
        _retired,
        description="false: what is in force; true: the versions that were.",
    ),
}


@strawberry.type(
    description=(
        "One version of a rule. A value is critical that is `lowComparator` low or `highComparator`"
        " high, in `unit` (UCUM), for any of `codes` (LOINC). Of several the most specific judges:"
        " of the ward, for the specimen, for the sex, for the narrowest ages."
    )
)
class CriticalRule(Node):
    """None is edited: a change retires the version and adds the next, under the same key. Ages are
    completed hours, from minAgeHours to before maxAgeHours. createdBy is null for what shipped."""

    id: strawberry.ID = identifier(models.CriticalRule)
    key: str = column()
    version: int = column()
    test: str = column()
    codes: list[str] = column()
    unit: str = column()
    low: Decimal | None = column()
    low_comparator: str | None = expression(_low_comparator)
    high: Decimal | None = column()
    high_comparator: str | None = expression(_high_comparator)
    min_age_hours: int | None = column()
    max_age_hours: int | None = column()
    sex: Sex | None = column()
    specimen: str | None = column()
    ward: Ward | None = one(models.Ward, lambda rule, ward: ward.c.id == rule.c.ward_id)
    repeat_window_minutes: int = column(models.CriticalRule.repeat_window)
    source: str = column()
    active_from: datetime = column()
    created_by: str | None = expression(_author)
    retired_at: datetime | None = column()
    retired_by: str | None = expression(_retirer)
    retired_reason: str | None = column()
    versions: list["CriticalRule"] | None = many(
        models.CriticalRule,
        lambda rule, other: (
            (other.c.hospital_id == rule.c.hospital_id) & (other.c.key == rule.c.key)
        ),
        order=(Descending(models.CriticalRule.version),),
    )


@strawberry.input(
    description=(
        "What a rule says. At least one of low and high, each with its comparator (< or <=, > or"
        " >=); the unit must convert into that of the other rules for the same codes."
    )
)
class CriticalRuleInput:
    """ward is a ward's code, specimen what the laboratory calls it; null: any. Ages in hours, from
    minAgeHours to before maxAgeHours."""

    test: str
    codes: list[str]
    unit: str
    source: str
    low: Decimal | None = None
    low_comparator: str | None = None
    high: Decimal | None = None
    high_comparator: str | None = None
    min_age_hours: int | None = None
    max_age_hours: int | None = None
    sex: Sex | None = None
    specimen: str | None = None
    ward: str | None = None
    repeat_window_minutes: int = REPEAT_WINDOW


@strawberry.input(description="A new rule under a key that no rule in force has.")
class AddCriticalRuleInput:
    """Input of addCriticalRule."""

    key: str
    rule: CriticalRuleInput
    idempotency_key: str | None = None


@strawberry.type(description="Answer of addCriticalRule.")
class AddCriticalRulePayload:
    """Answer of addCriticalRule."""

    critical_rule: CriticalRule | None = produced(models.CriticalRule)


@strawberry.input(
    description="The next version of a rule; version is the one that one has seen in force."
)
class ChangeCriticalRuleInput:
    """Input of changeCriticalRule."""

    key: str
    version: int
    rule: CriticalRuleInput
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of changeCriticalRule: the new version.")
class ChangeCriticalRulePayload:
    """Answer of changeCriticalRule."""

    critical_rule: CriticalRule | None = produced(models.CriticalRule)


@strawberry.input(description="Take a rule out of force; its results keep their verdict.")
class RetireCriticalRuleInput:
    """Input of retireCriticalRule."""

    key: str
    version: int
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of retireCriticalRule.")
class RetireCriticalRulePayload:
    """Answer of retireCriticalRule."""

    critical_rule: CriticalRule | None = produced(models.CriticalRule)


@strawberry.input(
    description=(
        "Judge the stored results of the last days (1 to 365) as if the rule were in force beside"
        " those that are; with key, in the place of that one. ward: those that arrived there."
        " Writes nothing but the audit."
    )
)
class DryRunCriticalRuleInput:
    """Input of dryRunCriticalRule."""

    rule: CriticalRuleInput
    days: int
    key: str | None = None
    ward: str | None = None


@strawberry.type(description="How many results of a day and a ward the rule would have raised.")
class CriticalRuleTrialCount:
    """The day of the observation by the hospital's clock; the ward on which the patient lay when
    the result arrived, null: in no bed."""

    day: date = column()
    ward: Ward | None = one(models.Ward, lambda count, ward: ward.c.id == count.c.ward)
    raised: int = column()


@strawberry.type(description="A result that the rule would have raised.")
class CriticalRuleTrialResult:
    """alreadyCritical: what is in force finds it critical, too."""

    lab_result: LabResult | None = one(
        models.LabResult, lambda trial, result: result.c.id == trial.c.lab_result
    )
    already_critical: bool = column()


@strawberry.type(
    description=(
        "Answer of dryRunCriticalRule: of the judged results those that the rule finds critical"
        " (raised), those of them that are so already, those that are critical now and would not"
        " be any more, those that it finds critical and a more specific rule in force judges in"
        " its place (overruled), and those that could not be judged."
    )
)
class DryRunCriticalRulePayload:
    """results are the newest 200 of those raised; counts are of all."""

    judged: int = given(Integer())
    not_judged: int = given(Integer())
    raised: int = given(Integer())
    already_critical: int = given(Integer())
    no_longer_critical: int = given(Integer())
    overruled: int = given(Integer())
    counts: list[CriticalRuleTrialCount] = given_rows(
        {"day": Date(), "ward": Uuid(), "raised": Integer()}
    )
    results: list[CriticalRuleTrialResult] = given_rows(
        {"lab_result": Uuid(), "already_critical": Boolean()}
    )
