"""Stay changes: leaves, swaps, and what was never meant."""

from datetime import datetime

import strawberry

import models
from schema.admissions import Admission
from schema.fields import produced


@strawberry.input(
    description="Let the patients of two admissions change beds with each other. Sent again without"
    " an idempotencyKey it brings them back."
)
class SwapBedsInput:
    """Input of swapBeds. `overrideReason`: see AdmitPatientInput; of either patient."""

    admission_id: strawberry.ID
    other_admission_id: strawberry.ID
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of swapBeds.")
class SwapBedsPayload:
    """Answer of swapBeds."""

    admission: Admission | None = produced(models.Admission)
    other_admission: Admission | None = produced(models.Admission)


@strawberry.input(description="A patient goes on leave; the bed stays the patient's.")
class StartLeaveInput:
    """Input of startLeave. `until`: when to expect the patient, which ends nothing."""

    admission_id: strawberry.ID
    reason: str | None = None
    until: datetime | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of startLeave.")
class StartLeavePayload:
    """Answer of startLeave."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(description="A patient is back from leave.")
class EndLeaveInput:
    """Input of endLeave."""

    admission_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of endLeave.")
class EndLeavePayload:
    """Answer of endLeave."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(
    description=(
        "Take an admission back that was never meant (A11), within 24 hours. Where the patient was"
        " cared for in it, discharge instead."
    )
)
class CancelAdmissionInput:
    """Input of cancelAdmission. `reason` is administrative: it is read by who reads admissions."""

    admission_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of cancelAdmission.")
class CancelAdmissionPayload:
    """Answer of cancelAdmission."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(
    description=(
        "Take the last transfer back (A12), within 24 hours: the patient has the bed of before"
        " again, if it is to be had. Sent again without an idempotencyKey it takes the transfer"
        " before that back."
    )
)
class CancelTransferInput:
    """Input of cancelTransfer."""

    admission_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of cancelTransfer.")
class CancelTransferPayload:
    """Answer of cancelTransfer."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(
    description=(
        "Take a discharge back (A13), within 24 hours: the patient has the same bed again, or from"
        " now on the one of `bedId`."
    )
)
class CancelDischargeInput:
    """Input of cancelDischarge."""

    admission_id: strawberry.ID
    reason: str
    bed_id: strawberry.ID | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of cancelDischarge.")
class CancelDischargePayload:
    """Answer of cancelDischarge."""

    admission: Admission | None = produced(models.Admission)
