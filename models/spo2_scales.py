"""Decision on the SpO2 scale by which a patient's saturation is scored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of
from models.rules.news2 import Spo2Scale


class Spo2ScaleDecision(Identified, InHospital, Written, Base):
    """A clinical decision, by `created_by`: it holds from `decided_at` to `ended_at`, when the next
    one was made (null: it is in force). Without any the scale is SCALE_1. Nothing else changes."""

    __tablename__ = "spo2_scale_decisions"
    __table_args__ = (
        one_of("scale", Spo2Scale),
        CheckConstraint("ended_at >= decided_at", name="ends_after_start"),
        Index(
            "uq_spo2_scale_decisions_current",
            "patient_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_spo2_scale_decisions_patient", "patient_id", "decided_at"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    scale: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
