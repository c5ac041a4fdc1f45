"""Allergy or intolerance of a patient (FHIR AllergyIntolerance)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.allergies import Criticality


class Allergy(Identified, InHospital, Edited, Base):
    """An allergy. Never deleted: `entered_in_error_at` takes it back, `error_reason` says why."""

    __tablename__ = "allergies"
    __table_args__ = (
        one_of("criticality", Criticality),
        Index("ix_allergies_patient", "patient_id", "recorded_at"),
        UniqueConstraint("hospital_id", "sender", "external_id"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    substance: Mapped[str]
    code: Mapped[str | None]
    reaction: Mapped[str | None]
    criticality: Mapped[str]
    recorded_at: Mapped[datetime]
    entered_in_error_at: Mapped[datetime | None]
    error_reason: Mapped[str | None]
    sender: Mapped[str | None]
    external_id: Mapped[str | None]
