"""Medication orders and administrations."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.sources import looked_up
from schema.enums import AdministrationStatus, MedicationStatus
from schema.fields import column, connection, expression, identifier, newest_first, one, produced
from schema.nodes import Connection, Node

if TYPE_CHECKING:
    from schema.patients import Patient


def _giver(administration: FromClause) -> ColumnElement[object]:
    user = models.User.__table__.alias()
    return looked_up(user.c.display_name, user, user.c.id == administration.c.given_by)


@strawberry.type(description="A dose that was given, or was not and why.")
class MedicationAdministration(Node):
    """FHIR MedicationAdministration."""

    id: strawberry.ID = identifier(models.MedicationAdministration)
    status: AdministrationStatus = column()
    given_at: datetime = column()
    dose: Decimal | None = column()
    dose_unit: str | None = column()
    reason: str | None = column()
    given_by: str | None = expression(_giver)


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


@strawberry.input(description="Record a dose as given, or as not given with the reason.")
class RecordAdministrationInput:
    """Input of recordAdministration. `givenAt`: now where absent."""

    medication_id: strawberry.ID
    status: AdministrationStatus
    given_at: datetime | None = None
    dose: Decimal | None = None
    dose_unit: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordAdministration.")
class RecordAdministrationPayload:
    """Answer of recordAdministration."""

    administration: MedicationAdministration | None = produced(models.MedicationAdministration)
