"""Vital signs: one set of measurements taken together, with the NEWS2 score it gave."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of, within
from models.rules.news2 import News2NotApplicable, News2Risk, Spo2Scale
from models.rules.vital_limits import LIMITS, Limit
from models.rules.vitals import Consciousness, VitalParameter


def _measured(column: str, limit: Limit) -> CheckConstraint:
    """CHECK that a measurement is plausible, or confirmed and possible; null passes."""
    word = VitalParameter(column.upper()).value
    return CheckConstraint(
        f"{column} BETWEEN {limit.low} AND {limit.high} OR ('{word}' = ANY (confirmed)"
        f" AND {column} BETWEEN {limit.lowest} AND {limit.highest})",
        name=f"{column}_plausible",
    )


class VitalSigns(Identified, InHospital, Written, Base):
    """A set of vital signs. Units: /min, mm[Hg], Cel, %, kg, cm. Never changed once recorded, but
    for being marked as entered in error.

    `confirmed` names what is outside its plausible range and was confirmed. `news2_*` hold the
    verdict of models/rules/news2 at the time of recording, by the scale that was in force at
    `recorded_at`: where the score must not be used `news2_applies` is false and
    `news2_not_applicable` says why, `news2_total` is null while `news2_missing` names parameters,
    and `news2_points_*` are null for what was not recorded (and in every set from before migration
    0016). `arrived_late`: too old on arrival to alert anybody.
    """

    __tablename__ = "vital_signs"
    __table_args__ = (
        _measured("heart_rate", LIMITS["heartRate"]),
        _measured("systolic", LIMITS["systolic"]),
        _measured("diastolic", LIMITS["diastolic"]),
        _measured("respiratory_rate", LIMITS["respiratoryRate"]),
        _measured("temperature", LIMITS["temperature"]),
        _measured("oxygen_saturation", LIMITS["oxygenSaturation"]),
        _measured("pain_score", LIMITS["painScore"]),
        _measured("weight_kg", LIMITS["weightKg"]),
        _measured("height_cm", LIMITS["heightCm"]),
        within("news2_total", "0", "20"),
        # Not that it always says why: while both run, the release before 0016 says nothing.
        CheckConstraint(
            "news2_not_applicable IS NULL OR NOT news2_applies", name="news2_says_why_not"
        ),
        CheckConstraint(
            "(entered_in_error_at IS NULL) = (entered_in_error_reason IS NULL)",
            name="entered_in_error_says_why",
        ),
        one_of("news2_scale", Spo2Scale),
        one_of("news2_not_applicable", News2NotApplicable),
        CheckConstraint("diastolic <= systolic", name="diastolic_below_systolic"),
        one_of("consciousness", Consciousness),
        one_of("news2_risk", News2Risk),
        Index("ix_vital_signs_patient", "patient_id", text("recorded_at DESC"), text("id DESC")),
        Index(
            "ix_vital_signs_entered_in_error_by",
            "entered_in_error_by",
            postgresql_where=text("entered_in_error_by IS NOT NULL"),
        ),
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
    confirmed: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    news2_applies: Mapped[bool]
    news2_not_applicable: Mapped[str | None]
    news2_scale: Mapped[str] = mapped_column(server_default=Spo2Scale.SCALE_1.value)
    news2_total: Mapped[int | None]
    news2_highest_single: Mapped[int | None]
    news2_risk: Mapped[str | None]
    news2_missing: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    news2_points_respiratory_rate: Mapped[int | None]
    news2_points_oxygen_saturation: Mapped[int | None]
    news2_points_on_oxygen: Mapped[int | None]
    news2_points_systolic: Mapped[int | None]
    news2_points_heart_rate: Mapped[int | None]
    news2_points_consciousness: Mapped[int | None]
    news2_points_temperature: Mapped[int | None]
    arrived_late: Mapped[bool] = mapped_column(server_default=text("false"))
    entered_in_error_at: Mapped[datetime | None]
    entered_in_error_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    entered_in_error_reason: Mapped[str | None]
    sender: Mapped[str | None]
    external_id: Mapped[str | None]
