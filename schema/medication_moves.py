"""What becomes of medication orders."""

import strawberry

import models
from schema.fields import produced
from schema.medications import MedicationOrder


@strawberry.input(description="Start an order now that is a draft, or that is to begin later.")
class StartMedicationInput:
    """Input of startMedication. overrideReason as in orderMedication."""

    medication_id: strawberry.ID
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of startMedication.")
class StartMedicationPayload:
    """Answer of startMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Hold an order, and say why.")
class HoldMedicationInput:
    """Input of holdMedication."""

    medication_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of holdMedication.")
class HoldMedicationPayload:
    """Answer of holdMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Go on with an order that is held.")
class ResumeMedicationInput:
    """Input of resumeMedication. overrideReason: in spite of what it is warned of since."""

    medication_id: strawberry.ID
    reason: str | None = None
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of resumeMedication.")
class ResumeMedicationPayload:
    """Answer of resumeMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Stop an order, and say why.")
class DiscontinueMedicationInput:
    """Input of discontinueMedication."""

    medication_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of discontinueMedication.")
class DiscontinueMedicationPayload:
    """Answer of discontinueMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Say that an order has run its course.")
class CompleteMedicationInput:
    """Input of completeMedication."""

    medication_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of completeMedication.")
class CompleteMedicationPayload:
    """Answer of completeMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Take back an order that should never have been, and say why.")
class MarkMedicationEnteredInErrorInput:
    """Input of markMedicationEnteredInError."""

    medication_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of markMedicationEnteredInError.")
class MarkMedicationEnteredInErrorPayload:
    """Answer of markMedicationEnteredInError."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)
