"""Medication administration (FHIR MedicationAdministration)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.administrations import AdministrationStatus


class MedicationAdministration(Identified, InHospital, Edited, Base):
    """A dose given, or not given and why.

    `due_at` is which dose of a schedule it was; null: as needed, or without one. A dose is recorded
    once. ENTERED_IN_ERROR says who took it back, when and why; then `recorded_as` is what it was
    before (null: it was sent so), and the dose is free again.
    """

    __tablename__ = "medication_administrations"
    __table_args__ = (
        one_of("status", AdministrationStatus),
        CheckConstraint("dose > 0", name="dose_positive"),
        one_of("recorded_as", AdministrationStatus),
        CheckConstraint("status <> 'NOT_GIVEN' OR reason IS NOT NULL", name="not_given_says_why"),
        CheckConstraint(
            "entered_in_error_at IS NULL OR (status = 'ENTERED_IN_ERROR'"
            " AND recorded_as IS NOT NULL AND entered_in_error_reason IS NOT NULL)",
            name="entered_in_error_says_why",
        ),
        Index(
            "uq_medication_administrations_due",
            "medication_order_id",
            "due_at",
            unique=True,
            postgresql_where=text("due_at IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
        ),
        Index(
            "ix_medication_administrations_order",
            "medication_order_id",
            text("given_at DESC"),
            text("id DESC"),
        ),
        Index("ix_medication_administrations_patient", "patient_id"),
    )

    medication_order_id: Mapped[UUID] = mapped_column(ForeignKey("medication_orders.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    status: Mapped[str]
    given_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    dose: Mapped[Decimal | None]
    dose_unit: Mapped[str | None]
    reason: Mapped[str | None]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    recorded_as: Mapped[str | None]
    entered_in_error_at: Mapped[datetime | None]
    entered_in_error_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    entered_in_error_reason: Mapped[str | None]
