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
