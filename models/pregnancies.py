"""Pregnancy of a patient (FHIR R4 Condition, with its onset and abatement)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital


class Pregnancy(Identified, InHospital, Edited, Base):
    """A pregnancy from `onset` (the first day of the last menstrual period, as far as it is known)
    to `abatement`; null: it goes on, for as long as models/rules/pregnancies lets it.

    One that goes on a patient. Entered in error, it never counted.
    """

    __tablename__ = "pregnancies"
    __table_args__ = (
        CheckConstraint("abatement >= onset", name="ends_after_start"),
        CheckConstraint("expected_delivery >= onset", name="expected_after_start"),
        Index(
            "uq_pregnancies_current",
            "patient_id",
            unique=True,
            postgresql_where=text("abatement IS NULL AND entered_in_error_at IS NULL"),
        ),
        Index("ix_pregnancies_patient", "patient_id", "onset"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    onset: Mapped[date]
    expected_delivery: Mapped[date | None]
    abatement: Mapped[date | None]
    entered_in_error_at: Mapped[datetime | None]
