"""Medication orders."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from schema.administrations import MedicationAdministration
from schema.enums import MedicationStatus
from schema.fields import column, connection, identifier, newest_first, one, produced
from schema.nodes import Connection, Node

if TYPE_CHECKING:
    from schema.patients import Patient


@strawberry.type(description="A medication order (FHIR MedicationRequest).")
class MedicationOrder(Node):
    """`code` is RxNorm or ATC; PRN is `asNeeded` with a reason, beside the frequency."""

    id: strawberry.ID = identifier(models.MedicationOrder)
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda order, patient: patient.c.id == order.c.patient_id
    )
    drug: str = column()
    code: str | None = column()
    dose: Decimal | None = column()
    dose_unit: str | None = column()
    route: str | None = column()
    frequency: str | None = column()
    as_needed: bool = column()
    as_needed_reason: str | None = column()
    status: MedicationStatus = column()
    ordered_at: datetime = column()
    stopped_at: datetime | None = column()
    stop_reason: str | None = column()
    override_reason: str | None = column()
    warnings: list[str] = column()
    administrations: Connection[MedicationAdministration] | None = connection(
        models.MedicationAdministration,
        lambda order, given: given.c.medication_order_id == order.c.id,
        order=newest_first(
            models.MedicationAdministration.given_at, models.MedicationAdministration
        ),
    )


@strawberry.input(description="Order a medication; a warning blocks until overrideReason is given.")
class OrderMedicationInput:
    """Input of orderMedication. overrideReason: set to prescribe in spite of a warning; the reason
    stays on the order."""

    patient_id: strawberry.ID
    drug: str
    code: str | None = None
    dose: Decimal | None = None
    dose_unit: str | None = None
    route: str | None = None
    frequency: str | None = None
    as_needed: bool | None = False
    as_needed_reason: str | None = None
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of orderMedication.")
class OrderMedicationPayload:
    """Answer of orderMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)


@strawberry.input(description="Stop an order, and say why.")
class DiscontinueMedicationInput:
    """Input of discontinueMedication."""

    medication_id: strawberry.ID
    reason: str


@strawberry.type(description="Answer of discontinueMedication.")
class DiscontinueMedicationPayload:
    """Answer of discontinueMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)
