"""Medication order (FHIR MedicationRequest) and administration (MedicationAdministration)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.medications import AdministrationStatus, MedicationStatus


class MedicationOrder(Identified, InHospital, Edited, Base):
    """An order. DRAFT → ACTIVE ⇄ ON_HOLD → COMPLETED or STOPPED; CANCELLED, ENTERED_IN_ERROR.

    STOPPED says when and why. `override_reason` is given where the order was placed in spite of a
    warning, which is kept in `warnings`.
    """

    __tablename__ = "medication_orders"
    __table_args__ = (
        one_of("status", MedicationStatus),
        CheckConstraint("dose > 0", name="dose_positive"),
        CheckConstraint("dose IS NULL OR dose_unit IS NOT NULL", name="dose_has_unit"),
        CheckConstraint("status <> 'STOPPED' OR stopped_at IS NOT NULL", name="stopped_says_when"),
        Index(
            "ix_medication_orders_patient", "patient_id", text("ordered_at DESC"), text("id DESC")
        ),
        Index(
            "ix_medication_orders_active",
            "patient_id",
            text("ordered_at DESC"),
            text("id DESC"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        UniqueConstraint("hospital_id", "sender", "external_id"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    drug: Mapped[str]
    code: Mapped[str | None]
    dose: Mapped[Decimal | None]
    dose_unit: Mapped[str | None]
    route: Mapped[str | None]
    frequency: Mapped[str | None]
    as_needed: Mapped[bool] = mapped_column(server_default=text("false"))
    as_needed_reason: Mapped[str | None]
    status: Mapped[str]
    ordered_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None]
    override_reason: Mapped[str | None]
    warnings: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    sender: Mapped[str | None]
    external_id: Mapped[str | None]


class MedicationAdministration(Identified, InHospital, Edited, Base):
    """A dose given, or not given and why."""

    __tablename__ = "medication_administrations"
    __table_args__ = (
        one_of("status", AdministrationStatus),
        CheckConstraint("dose > 0", name="dose_positive"),
        CheckConstraint("status <> 'NOT_GIVEN' OR reason IS NOT NULL", name="not_given_says_why"),
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
    dose: Mapped[Decimal | None]
    dose_unit: Mapped[str | None]
    reason: Mapped[str | None]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
