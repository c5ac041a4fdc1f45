"""Medication administrations."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from models.rules.scopes import Scope
from resolvers import due_doses
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.enums import AdministrationStatus, DoseState
from schema.fields import Argument, column, derived, expression, identifier, one, produced
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.medications import MedicationOrder
    from schema.patients import Patient


def _name(column: str) -> Callable[[FromClause], ColumnElement[object]]:
    def find(administration: FromClause) -> ColumnElement[object]:
        user = alias_of(models.User)
        return looked_up(user.c.display_name, user, user.c.id == administration.c[column])

    return find


@strawberry.type(description="A dose that was given, or was not and why.")
class MedicationAdministration(Node):
    """FHIR MedicationAdministration. `dueAt` is the dose of the order that it was; null: as needed,
    or of an order without times. Entered in error: `recordedAs` is what it was before."""

    id: strawberry.ID = identifier(models.MedicationAdministration)
    status: AdministrationStatus = column()
    given_at: datetime = column()
    due_at: datetime | None = column()
    dose: Decimal | None = column()
    dose_unit: str | None = column()
    reason: str | None = column()
    given_by: str | None = expression(_name("given_by"))
    recorded_as: AdministrationStatus | None = column()
    entered_in_error_at: datetime | None = column()
    entered_in_error_by: str | None = expression(_name("entered_in_error_by"))
    entered_in_error_reason: str | None = column()


@strawberry.type(description="A dose of an order: one that waits, or what was recorded.")
class MedicationDose:
    """Late after `lateAt`, an hour after it was due. `dueAt` is null for what was given as needed,
    or of an order without times. HELD: it fell due while the order was held."""

    medication: Annotated["MedicationOrder", strawberry.lazy("schema.medications")] | None = one(
        models.MedicationOrder, lambda dose, order: order.c.id == dose.c.medication_id
    )
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda dose, patient: patient.c.id == dose.c.patient_id
    )
    due_at: datetime | None = column()
    late_at: datetime | None = column()
    state: DoseState = column()
    administration: MedicationAdministration | None = one(
        models.MedicationAdministration,
        lambda dose, recorded: recorded.c.id == dose.c.administration_id,
    )


def doses() -> Any:
    """The doses of an order."""
    return derived(
        due_doses.doses_of_order,
        requires=Scope.MEDICATION_READ,
        order=("at", "administration_id"),
        of=models.MedicationOrder,
        size=20,
        arguments={
            "from": Argument(datetime | None, description="Two days before `to`, if null."),
            "to": Argument(
                datetime | None, description="Two days after `from`, if null; 31 at most."
            ),
        },
    )


def medications_due() -> Any:
    """The doses that wait on a ward."""
    return derived(
        due_doses.medications_due,
        requires=Scope.MEDICATION_READ,
        order=("due_at", "medication_id"),
        of=models.MedicationOrder,
        size=100,
        arguments={
            "ward": Argument(str, default=..., description="Its code."),
            "until": Argument(
                datetime | None,
                description="The time before which they are due: in an hour if null, and within"
                " 24 hours of now, else BAD_USER_INPUT. What is late is told for a day.",
            ),
        },
    )


@strawberry.input(description="Record a dose as given, or as not given with the reason.")
class RecordAdministrationInput:
    """Input of recordAdministration. `givenAt`: now where absent. `dueAt`: which dose of the order;
    the nearest that waits where absent."""

    medication_id: strawberry.ID
    status: AdministrationStatus
    due_at: datetime | None = None
    given_at: datetime | None = None
    dose: Decimal | None = None
    dose_unit: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordAdministration.")
class RecordAdministrationPayload:
    """Answer of recordAdministration."""

    administration: MedicationAdministration | None = produced(models.MedicationAdministration)


@strawberry.input(description="Take back an administration that was recorded by mistake.")
class MarkAdministrationEnteredInErrorInput:
    """Input of markAdministrationEnteredInError. The dose is free again."""

    administration_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of markAdministrationEnteredInError.")
class MarkAdministrationEnteredInErrorPayload:
    """Answer of markAdministrationEnteredInError."""

    administration: MedicationAdministration | None = produced(models.MedicationAdministration)
