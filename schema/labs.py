"""Laboratory results."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Text, Uuid

import models
from resolvers.reading.sources import Descending
from schema.enums import IngestOutcome, Interpretation, ResultStatus
from schema.fields import AUTHENTICATED, column, given_rows, identifier, many, one
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.critical_results import CriticalResult
    from schema.patients import Patient


@strawberry.type(description="A laboratory result, in one of its versions.")
class LabResult(Node):
    """`value` and `unit` are as the sender gave them; `code` is LOINC where it was mapped."""

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
    interpretation: Interpretation = column()
    not_judged_reason: str | None = column()
    unmapped: bool = column()
    arrived_late: bool = column()
    status: ResultStatus = column()
    observed_at: datetime = column()
    issued_at: datetime = column()
    critical_result: (
        Annotated["CriticalResult", strawberry.lazy("schema.critical_results")] | None
    ) = one(models.CriticalResult, lambda result, critical: critical.c.lab_result_id == result.c.id)
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
    result, or its correction."""

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
    status: ResultStatus | None = ResultStatus.FINAL
    external_id: str | None = None


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
