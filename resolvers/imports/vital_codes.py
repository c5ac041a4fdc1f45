"""Which codes are which vital sign, and the number that is charted.

Charted is what `vital_signs` holds: whole numbers but for temperature, weight and height. A value
with a fraction (monitors send 85.80 mm[Hg]) is rounded half up to the precision of the chart; the
range is judged before the rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from models.rules.units import convert
from models.rules.vital_limits import LIMITS
from models.rules.vitals import Consciousness
from resolvers.imports.drafts import Unfit


@dataclass(frozen=True, slots=True)
class Sign:
    """A vital sign: its column of `vital_signs` and its field in GraphQL, which names the limit."""

    column: str
    field: str


HEART_RATE = Sign("heart_rate", "heartRate")
SYSTOLIC = Sign("systolic", "systolic")
DIASTOLIC = Sign("diastolic", "diastolic")
RESPIRATION = Sign("respiratory_rate", "respiratoryRate")
TEMPERATURE = Sign("temperature", "temperature")
SATURATION = Sign("oxygen_saturation", "oxygenSaturation")
WEIGHT = Sign("weight_kg", "weightKg")
HEIGHT = Sign("height_cm", "heightCm")
PAIN = Sign("pain_score", "painScore")

BY_LOINC: Mapping[str, Sign] = MappingProxyType(
    {
        "8867-4": HEART_RATE,
        "9279-1": RESPIRATION,
        "8310-5": TEMPERATURE,
        "8331-1": TEMPERATURE,  # oral
        "8332-1": TEMPERATURE,  # rectal
        "8333-9": TEMPERATURE,  # tympanic
        "8328-7": TEMPERATURE,  # axillary
        "2708-6": SATURATION,
        "59408-5": SATURATION,  # by pulse oximetry
        "8480-6": SYSTOLIC,
        "8462-4": DIASTOLIC,
        "29463-7": WEIGHT,
        "8302-2": HEIGHT,
        "72514-3": PAIN,
    }
)
"""LOINC. A blood pressure (85354-9, 55284-4) is known by the codes of its components."""

BY_MDC: Mapping[str, Sign] = MappingProxyType(
    {
        "MDC_PULS_RATE_NON_INV": HEART_RATE,
        "MDC_PULS_RATE": HEART_RATE,
        "MDC_ECG_HEART_RATE": HEART_RATE,
        "MDC_RESP_RATE": RESPIRATION,
        "MDC_TEMP": TEMPERATURE,
        "MDC_PULS_OXIM_SAT_O2": SATURATION,
        "MDC_PRESS_BLD_NONINV_SYS": SYSTOLIC,
        "MDC_PRESS_BLD_NONINV_DIA": DIASTOLIC,
        "PAIN LEVEL": PAIN,
    }
)
"""ISO/IEEE 11073-10101 names, as monitors send them in OBX-3; the last is a local name."""

CONSCIOUSNESS: Mapping[str, Consciousness] = MappingProxyType(
    {
        "ALERT": Consciousness.ALERT,
        "A": Consciousness.ALERT,
        "CONFUSION": Consciousness.CONFUSION,
        "CONFUSED": Consciousness.CONFUSION,
        "NEW CONFUSION": Consciousness.CONFUSION,
        "C": Consciousness.CONFUSION,
        "VOICE": Consciousness.VOICE,
        "VERBAL": Consciousness.VOICE,
        "V": Consciousness.VOICE,
        "PAIN": Consciousness.PAIN,
        "P": Consciousness.PAIN,
        "UNRESPONSIVE": Consciousness.UNRESPONSIVE,
        "U": Consciousness.UNRESPONSIVE,
    }
)
"""ACVPU in words, upper case."""

ROOM_AIR = Decimal(21)
"""Per cent of oxygen in room air: more than that is breathed with a device."""


def charted(sign: Sign, value: Decimal, unit: str | None) -> Decimal | int:
    """The number as it is charted. Raises Unfit: unknown unit, or outside the plausible range."""
    limit = LIMITS[sign.field]
    if unit is None and limit.unit == "{score}":
        unit = limit.unit
    number = convert(value, unit, "", limit.unit)
    if number is None:
        raise Unfit(f"{sign.field} is in a unit that is not known")
    if not number.is_finite() or not limit.low <= number <= limit.high:
        raise Unfit(f"{sign.field} is outside {limit}")
    if limit.integer:
        return int(number.quantize(Decimal(1), ROUND_HALF_UP))
    return number
