"""Vital signs and the early-warning score."""

from datetime import datetime
from decimal import Decimal

import strawberry

import models
from schema.enums import Consciousness, News2Risk
from schema.fields import column, embedded, identifier, produced
from schema.nodes import Node


@strawberry.type(description="NEWS2 (RCP 2017) of one set of vital signs.")
class News2:
    """total is null, and missing says why, where a parameter of the score was not recorded."""

    total: int | None = column(models.VitalSigns.news2_total)
    highest_single: int | None = column(models.VitalSigns.news2_highest_single)
    risk: News2Risk | None = column(models.VitalSigns.news2_risk)
    missing: list[str] = column(models.VitalSigns.news2_missing)


@strawberry.type(description="One set of vital signs, taken together.")
class VitalSigns(Node):
    """Units: /min, mm[Hg], Cel, %, kg, cm. `news2` is null where the score must not be used."""

    id: strawberry.ID = identifier(models.VitalSigns)
    recorded_at: datetime = column()
    heart_rate: int | None = column()
    systolic: int | None = column()
    diastolic: int | None = column()
    respiratory_rate: int | None = column()
    temperature: Decimal | None = column()
    oxygen_saturation: int | None = column()
    on_oxygen: bool | None = column()
    consciousness: Consciousness | None = column()
    weight_kg: Decimal | None = column()
    height_cm: Decimal | None = column()
    pain_score: int | None = column()
    news2: News2 | None = embedded(present=lambda row: row.c.news2_applies)


@strawberry.input(description="Record a set of vital signs; at least one measurement.")
class RecordVitalsInput:
    """Input of recordVitals. Implausible values are refused with the limit."""

    patient_id: strawberry.ID
    recorded_at: datetime
    heart_rate: int | None = None
    systolic: int | None = None
    diastolic: int | None = None
    respiratory_rate: int | None = None
    temperature: Decimal | None = None
    oxygen_saturation: int | None = None
    on_oxygen: bool | None = None
    consciousness: Consciousness | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    pain_score: int | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordVitals.")
class RecordVitalsPayload:
    """Answer of recordVitals."""

    vitals: VitalSigns | None = produced(models.VitalSigns)
