"""Vital signs: a set of measurements taken together."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Consciousness(StrEnum):
    """ACVPU. Source: RCP, NEWS2, 2017 (C is new confusion)."""

    ALERT = "ALERT"
    CONFUSION = "CONFUSION"
    VOICE = "VOICE"
    PAIN = "PAIN"
    UNRESPONSIVE = "UNRESPONSIVE"


class VitalSignsEventKind(StrEnum):
    """What happened to a set of vital signs."""

    RECORDED = "RECORDED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class VitalParameter(StrEnum):
    """What is measured as a number: the columns of `vital_signs` in upper case."""

    HEART_RATE = "HEART_RATE"
    SYSTOLIC = "SYSTOLIC"
    DIASTOLIC = "DIASTOLIC"
    RESPIRATORY_RATE = "RESPIRATORY_RATE"
    TEMPERATURE = "TEMPERATURE"
    OXYGEN_SATURATION = "OXYGEN_SATURATION"
    WEIGHT_KG = "WEIGHT_KG"
    HEIGHT_CM = "HEIGHT_CM"
    PAIN_SCORE = "PAIN_SCORE"


@dataclass(frozen=True, slots=True)
class VitalSet:
    """What the score reads. /min, %, mm[Hg], Cel; None: not recorded."""

    respiratory_rate: int | None = None
    oxygen_saturation: int | None = None
    on_oxygen: bool | None = None
    systolic: int | None = None
    heart_rate: int | None = None
    consciousness: Consciousness | None = None
    temperature: Decimal | None = None
