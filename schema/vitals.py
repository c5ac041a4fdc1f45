"""Vital signs and the early-warning score."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up, there_is
from schema.enums import Consciousness, News2NotApplicable, News2Risk, Spo2Scale, VitalParameter
from schema.fields import column, embedded, expression, identifier, one, produced
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.critical_results import CriticalResult


def _recorder(vitals: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == vitals.c.created_by)


def _corrector(vitals: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == vitals.c.entered_in_error_by)


def _joined(vitals: FromClause, critical: FromClause) -> ColumnElement[bool]:
    step = alias_of(models.CriticalResultStep)
    return there_is(
        step, step.c.vital_signs_id == vitals.c.id, step.c.critical_result_id == critical.c.id
    )


@strawberry.type(
    description=(
        "The points of each parameter; null where it was not recorded, and in sets from before"
        " points were kept."
    )
)
class News2Parts:
    """The points of each parameter, 0 to 3."""

    respiratory_rate: int | None = column(models.VitalSigns.news2_points_respiratory_rate)
    oxygen_saturation: int | None = column(models.VitalSigns.news2_points_oxygen_saturation)
    on_oxygen: int | None = column(models.VitalSigns.news2_points_on_oxygen)
    systolic: int | None = column(models.VitalSigns.news2_points_systolic)
    heart_rate: int | None = column(models.VitalSigns.news2_points_heart_rate)
    consciousness: int | None = column(models.VitalSigns.news2_points_consciousness)
    temperature: int | None = column(models.VitalSigns.news2_points_temperature)


@strawberry.type(description="NEWS2 (RCP 2017) of one set of vital signs.")
class News2:
    """total is null, and missing says why, where a parameter of the score was not recorded; scale
    is that by which the saturation was scored."""

    total: int | None = column(models.VitalSigns.news2_total)
    highest_single: int | None = column(models.VitalSigns.news2_highest_single)
    risk: News2Risk | None = column(models.VitalSigns.news2_risk)
    missing: list[str] = column(models.VitalSigns.news2_missing)
    scale: Spo2Scale = column(models.VitalSigns.news2_scale)
    parts: News2Parts = embedded()


@strawberry.type(description="One set of vital signs, taken together.")
class VitalSigns(Node):
    """Units: /min, mm[Hg], Cel, %, kg, cm. `news2` is null where the score must not be used, and
    `news2NotApplicableReason` says why. `confirmed` names what is outside its plausible range and
    was confirmed. A set entered in error counts for nothing."""

    id: strawberry.ID = identifier(models.VitalSigns)
    recorded_at: datetime = column()
    recorded_by: str | None = expression(_recorder)
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
    confirmed: list[VitalParameter] = column()
    arrived_late: bool = column()
    news2: News2 | None = embedded(present=lambda row: row.c.news2_applies)
    news2_not_applicable_reason: News2NotApplicable | None = column(
        models.VitalSigns.news2_not_applicable
    )
    critical_result: (
        Annotated["CriticalResult", strawberry.lazy("schema.critical_results")] | None
    ) = one(models.CriticalResult, _joined)
    entered_in_error_at: datetime | None = column()
    entered_in_error_by: str | None = expression(_corrector)
    entered_in_error_reason: str | None = column()


@strawberry.input(description="Record a set of vital signs; at least one measurement.")
class RecordVitalsInput:
    """Input of recordVitals. Implausible values are refused with the limit, unless `confirmed`
    names them and they are possible."""

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
    confirmed: list[VitalParameter] | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordVitals.")
class RecordVitalsPayload:
    """Answer of recordVitals."""

    vitals: VitalSigns | None = produced(models.VitalSigns)


@strawberry.input(
    description=(
        "Take a set of vital signs back for good: of the wrong patient, or never measured. It"
        " stays, marked, with who, when and why."
    )
)
class MarkVitalsEnteredInErrorInput:
    """Input of markVitalsEnteredInError."""

    vitals_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of markVitalsEnteredInError.")
class MarkVitalsEnteredInErrorPayload:
    """Answer of markVitalsEnteredInError."""

    vitals: VitalSigns | None = produced(models.VitalSigns)
