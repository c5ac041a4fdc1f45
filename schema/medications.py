"""Medication orders."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, or_

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.administrations import MedicationAdministration, MedicationDose, doses
from schema.enums import MedicationStatus, OrderStepKind, WarningKind, WarningSeverity
from schema.fields import (
    column,
    connection,
    expression,
    identifier,
    many,
    newest_first,
    one,
    produced,
)
from schema.nodes import Connection, Node

if TYPE_CHECKING:
    from schema.patients import Patient


def _name(column: str) -> Callable[[FromClause], ColumnElement[object]]:
    def find(row: FromClause) -> ColumnElement[object]:
        user = alias_of(models.User)
        return looked_up(user.c.display_name, user, user.c.id == row.c[column])

    return find


@strawberry.type(description="What happened to an order.")
class MedicationOrderStep:
    """`status` is the order's after it, `by` who did it: null where nobody is known."""

    kind: OrderStepKind = column()
    occurred_at: datetime = column()
    status: MedicationStatus = column()
    reason: str | None = column()
    by: str | None = expression(_name("user_id"))


@strawberry.type(description="A warning against an order (FHIR DetectedIssue).")
class MedicationWarning:
    """From a starter set of ours, which names its sources; what it does not know is not warned of.
    Overridden: who took responsibility, when and why."""

    kind: WarningKind = column()
    severity: WarningSeverity = column()
    message: str = column()
    source: str = column()
    found_at: datetime = column()
    overridden_at: datetime | None = column()
    overridden_by: str | None = expression(_name("overridden_by"))
    override_reason: str | None = column()


def _current(order: Any, warning: FromClause) -> ColumnElement[bool]:
    return and_(
        or_(warning.c.medication_order_id == order.c.id, warning.c.other_order_id == order.c.id),
        warning.c.resolved_at.is_(None),
    )


@strawberry.type(description="A medication order (FHIR MedicationRequest).")
class MedicationOrder(Node):
    """`code` is RxNorm or ATC, `doseUnit` UCUM, `route` of HL7 v2 table 0162 (PO, IV, SC …) where
    the sender's words say which. PRN is `asNeeded` with a reason and the most doses in 24 hours,
    beside the frequency. `times` are local times of the hospital; where `timesByDefault`, nobody
    chose them. `warnings` are those that it was placed in spite of, `currentWarnings` what it is
    warned of now.
    """

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
    max_per_day: int | None = column()
    times: list[str] = column()
    times_by_default: bool = column()
    starts_at: datetime | None = column()
    ends_at: datetime | None = column()
    status: MedicationStatus = column()
    ordered_at: datetime = column()
    stopped_at: datetime | None = column()
    stop_reason: str | None = column()
    hold_reason: str | None = column()
    override_reason: str | None = column()
    warnings: list[str] = column()
    current_warnings: list[MedicationWarning] | None = many(
        models.MedicationWarning,
        _current,
        order=newest_first(models.MedicationWarning.found_at, models.MedicationWarning),
        size=3,
    )
    history: list[MedicationOrderStep] | None = many(
        models.MedicationOrderStep,
        lambda order, step: step.c.medication_order_id == order.c.id,
        order=newest_first(models.MedicationOrderStep.occurred_at, models.MedicationOrderStep),
    )
    administrations: Connection[MedicationAdministration] | None = connection(
        models.MedicationAdministration,
        lambda order, given: given.c.medication_order_id == order.c.id,
        order=newest_first(
            models.MedicationAdministration.given_at, models.MedicationAdministration
        ),
    )
    doses: list[MedicationDose] | None = doses()


@strawberry.input(description="Order a medication; a warning blocks until overrideReason is given.")
class OrderMedicationInput:
    """Input of orderMedication. overrideReason: set to prescribe in spite of a warning; the reason
    stays on the order. asNeeded takes a reason and maxPerDay, where absent what the frequency comes
    to. times: HH:MM, local, as many as the frequency has doses a day; ours where absent. startsAt:
    now where absent. draft: not an order before startMedication."""

    patient_id: strawberry.ID
    drug: str
    code: str | None = None
    dose: Decimal | None = None
    dose_unit: str | None = None
    route: str | None = None
    frequency: str | None = None
    as_needed: bool | None = False
    as_needed_reason: str | None = None
    max_per_day: int | None = None
    times: list[str] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    draft: bool | None = False
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of orderMedication.")
class OrderMedicationPayload:
    """Answer of orderMedication."""

    medication: MedicationOrder | None = produced(models.MedicationOrder)
