"""Vital signs: one set of measurements taken together, with the NEWS2 score it gave."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of, within
from models.rules.news2 import News2Risk
from models.rules.vitals import Consciousness


class VitalSigns(Identified, InHospital, Written, Base):
    """A set of vital signs. Units: /min, mm[Hg], Cel, %, kg, cm. Never changed once recorded.

    `news2_*` hold the verdict of models/rules/news2 at the time of recording: `news2_applies` is
    false where the score must not be used (under 16 years), `news2_total` is null while
    `news2_missing` names parameters.
    """

    __tablename__ = "vital_signs"
    __table_args__ = (
        within("heart_rate", "0", "300"),
        within("systolic", "0", "300"),
        within("diastolic", "0", "200"),
        within("respiratory_rate", "0", "100"),
        within("temperature", "25", "45"),
        within("oxygen_saturation", "0", "100"),
        within("pain_score", "0", "10"),
        within("weight_kg", "0.2", "500"),
        within("height_cm", "15", "272"),
        within("news2_total", "0", "20"),
        CheckConstraint("diastolic <= systolic", name="diastolic_below_systolic"),
        one_of("consciousness", Consciousness),
        one_of("news2_risk", News2Risk),
        Index("ix_vital_signs_patient", "patient_id", text("recorded_at DESC"), text("id DESC")),
        UniqueConstraint("hospital_id", "sender", "external_id"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    recorded_at: Mapped[datetime]
    heart_rate: Mapped[int | None]
    systolic: Mapped[int | None]
    diastolic: Mapped[int | None]
    respiratory_rate: Mapped[int | None]
    temperature: Mapped[Decimal | None]
    oxygen_saturation: Mapped[int | None]
    on_oxygen: Mapped[bool | None]
    consciousness: Mapped[str | None]
    weight_kg: Mapped[Decimal | None]
    height_cm: Mapped[Decimal | None]
    pain_score: Mapped[int | None]
    news2_applies: Mapped[bool]
    news2_total: Mapped[int | None]
    news2_highest_single: Mapped[int | None]
    news2_risk: Mapped[str | None]
    news2_missing: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    sender: Mapped[str | None]
    external_id: Mapped[str | None]
