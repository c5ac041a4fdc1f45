"""Laboratory results."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import TIMESTAMP, ColumnElement, FromClause, Text, Uuid, and_, func, or_

import models
from models.rules.critical_results import TAKEN_BACK
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import Descending, looked_up, there_is
from schema.enums import IngestOutcome, Interpretation, ResultStatus
from schema.fields import (
    AUTHENTICATED,
    Argument,
    column,
    expression,
    given_rows,
    identifier,
    many,
    one,
    words,
)
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.critical_results import CriticalResult
    from schema.critical_rules import CriticalRule
    from schema.patients import Patient

_MOMENT = TIMESTAMP(timezone=True)


def _lies_on(row: FromClause, given: Given) -> ColumnElement[bool]:
    """The patient lies on the ward now."""
    stay, ward = alias_of(models.BedStay), alias_of(models.Ward)
    named = looked_up(
        ward.c.id,
        ward,
        ward.c.hospital_id == row.c.hospital_id,
        ward.c.code == given(Text()),
        # A ward out of reach is none.
        *given.visible(models.Ward, ward),
    )
    return there_is(
        stay,
        stay.c.patient_id == row.c.patient_id,
        stay.c.ended_at.is_(None),
        stay.c.ward_id == named,
    )


def _interpreted(row: FromClause, given: Given) -> ColumnElement[bool]:
    asked = row.c.interpretation.in_(given.words())
    # What was taken back is no finding: nobody has to judge it.
    counts = row.c.interpretation.not_in(words(Interpretation.NOT_JUDGED))
    return and_(asked, or_(counts, row.c.status.not_in(words(*sorted(TAKEN_BACK)))))


LAB_RESULT_ARGUMENTS = {
    "ward": Argument(str | None, _lies_on, description="The code of the ward of now."),
    "interpretation": Argument(
        list[Interpretation] | None,
        _interpreted,
        description="NOT_JUDGED lists no result that was taken back (CANCELLED, ENTERED_IN_ERROR).",
    ),
    "not_judged_reason": Argument(
        str | None,
        lambda row, given: row.c.not_judged_reason == given(Text(), str.strip),
        description="As LabResult.notJudgedReason tells it: unit, text, comparator, no rule …",
    ),
    "from": Argument(datetime | None, lambda row, given: row.c.observed_at >= given(_MOMENT)),
    "to": Argument(datetime | None, lambda row, given: row.c.observed_at < given(_MOMENT)),
}


def _orderer(result: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == result.c.ordered_by)


@strawberry.type(
    description=(
        "A laboratory result, in one of its versions. `criticalRule` is the version of the rule"
        " that found it critical. `appliedRules` are the versions of all rules that it was held"
        " against, whatever came of it: none where it is text, in a unit that does not convert, or"
        " of a test or a patient that no rule is for, so that the sender alone speaks; null where"
        " it was judged before this was kept."
    )
)
class LabResult(Node):
    """`value` and `unit` are as the sender gave them; `code` is LOINC where it was mapped.
    `senderFlag` is what the sender says itself (HL7 v3 ObservationInterpretation), heard where it
    says critical. `criticalResult` is the one that it raised or joined; `orderedBy` a name."""

    id: strawberry.ID = identifier(models.LabResult)
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda result, patient: patient.c.id == result.c.patient_id
    )
    code: str = column()
    display: str = column()
    panel: str | None = column()
    value: Decimal | None = column()
    comparator: str | None = column()
    text: str | None = column()
    unit: str | None = column()
    reference_low: Decimal | None = column()
    reference_high: Decimal | None = column()
    specimen: str | None = column()
    sender_flag: str | None = column()
    interpretation: Interpretation = column()
    critical_rule: Annotated["CriticalRule", strawberry.lazy("schema.critical_rules")] | None = one(
        models.CriticalRule, lambda result, rule: rule.c.id == result.c.rule_id
    )
    applied_rules: (
        list[Annotated["CriticalRule", strawberry.lazy("schema.critical_rules")]] | None
    ) = many(
        models.CriticalRule,
        lambda result, rule: rule.c.id == func.any(result.c.applied_rules),
        order=(models.CriticalRule.key, models.CriticalRule.id),
        size=2,
        present=lambda result: result.c.applied_rules.is_not(None),
    )
    not_judged_reason: str | None = column()
    unmapped: bool = column()
    arrived_late: bool = column()
    status: ResultStatus = column()
    observed_at: datetime = column()
    issued_at: datetime = column()
    ordered_by: str | None = expression(_orderer)
    critical_result: (
        Annotated["CriticalResult", strawberry.lazy("schema.critical_results")] | None
    ) = one(
        models.CriticalResult, lambda result, critical: critical.c.id == result.c.critical_result_id
    )
    history: list["LabResult"] = many(
        models.LabResult,
        lambda result, earlier: (
            (earlier.c.root_id == result.c.root_id) & (earlier.c.version < result.c.version)
        ),
        order=(Descending(models.LabResult.version),),
        # Non-null in the contract, so not refused; who sees a version because of having written it
        # sees no other's.
        requires=AUTHENTICATED,
    )


@strawberry.input(description="One result. The patient is named by id or by MRN.")
class LabResultInput:
    """externalId is the sender's own number for this result: the same number again is the same
    result, or its correction. specimen is what was examined (LOINC System, FHIR Specimen),
    senderFlag the sender's own interpretation (a code of HL7 v3 ObservationInterpretation).
    orderedBy is the username of the clinician who ordered it, who is called first."""

    code: str
    observed_at: datetime
    patient_id: strawberry.ID | None = None
    mrn: str | None = None
    display: str | None = None
    panel: str | None = None
    value: Decimal | None = None
    comparator: str | None = None
    text: str | None = None
    unit: str | None = None
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    specimen: str | None = None
    sender_flag: str | None = None
    status: ResultStatus | None = ResultStatus.FINAL
    external_id: str | None = None
    ordered_by: str | None = None


@strawberry.input(
    description=(
        "One call carries up to 1,000 results. Each has an outcome of its own; one bad result does"
        " not stop the others."
    )
)
class RecordLabResultsInput:
    """Input of recordLabResults."""

    results: list[LabResultInput]
    idempotency_key: str | None = None


@strawberry.type(description="What became of the result at `index` of the input.")
class LabResultOutcome:
    """`code` and `message` say why a result was REJECTED."""

    index: int = column()
    outcome: IngestOutcome = column()
    lab_result: LabResult | None = one(
        models.LabResult, lambda outcome, result: result.c.id == outcome.c.lab_result
    )
    code: str | None = column()
    message: str | None = column()


@strawberry.type(description="Answer of recordLabResults.")
class RecordLabResultsPayload:
    """Answer of recordLabResults."""

    outcomes: list[LabResultOutcome] = given_rows(
        {"outcome": Text(), "lab_result": Uuid(), "code": Text(), "message": Text()}
    )
