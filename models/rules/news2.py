"""NEWS2, the National Early Warning Score. Source: Royal College of Physicians, 2017.

For people of 16 years and over who are not pregnant; total 0 to 20. What a score asks for is in
models/rules/deteriorations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

from models.rules.vitals import Consciousness, VitalSet

MINIMUM_AGE = 16


class News2Risk(StrEnum):
    """Clinical risk. LOW_MEDIUM is any single 3 in a total under 5."""

    LOW = "LOW"
    LOW_MEDIUM = "LOW_MEDIUM"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Spo2Scale(StrEnum):
    """By which row of the chart a saturation is scored. SCALE_2 is for hypercapnic respiratory
    failure with a target of 88-92 %, and only after a recorded decision on the patient."""

    SCALE_1 = "SCALE_1"
    SCALE_2 = "SCALE_2"


class News2NotApplicable(StrEnum):
    """Why there is no score: under 16 years, or a pregnancy."""

    AGE = "AGE"
    PREGNANCY = "PREGNANCY"


@dataclass(frozen=True, slots=True)
class News2:
    """`total` and `risk` are None exactly where `missing` names a parameter (by its GraphQL field
    name). `highest_single` is that of the recorded parameters even then, because a single 3 asks
    for a review whatever the rest would be; None where nothing was recorded."""

    total: int | None
    highest_single: int | None
    risk: News2Risk | None
    missing: tuple[str, ...]
    parts: Mapping[str, int]
    """The points of each parameter that was recorded, by its GraphQL field name."""
    scale: Spo2Scale


# Rows of the chart: (highest value of the band, points), in ascending order; above the last band
# the points of `_ABOVE`.
_Bands = tuple[tuple[Decimal, int], ...]


def _bands(*rows: tuple[str, int]) -> _Bands:
    return tuple((Decimal(highest), points) for highest, points in rows)


_RESPIRATION = _bands(("8", 3), ("11", 1), ("20", 0), ("24", 2))  # then 3
_SPO2_SCALE_1 = _bands(("91", 3), ("93", 2), ("95", 1))  # then 0
_SPO2_SCALE_2 = _bands(("83", 3), ("85", 2), ("87", 1), ("92", 0))  # then 0 on air
_SPO2_SCALE_2_ON_OXYGEN = _bands(("94", 1), ("96", 2))  # over 92, then 3
_SYSTOLIC = _bands(("90", 3), ("100", 2), ("110", 1), ("219", 0))  # then 3
_PULSE = _bands(("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2))  # then 3
_TEMPERATURE = _bands(("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1))  # then 2


def _points(value: int | Decimal, bands: _Bands, above: int) -> int:
    return next((points for highest, points in bands if value <= highest), above)


def _respiration(vitals: VitalSet) -> int | None:
    rate = vitals.respiratory_rate
    return None if rate is None else _points(rate, _RESPIRATION, above=3)


def _saturation(vitals: VitalSet) -> int | None:
    spo2 = vitals.oxygen_saturation
    return None if spo2 is None else _points(spo2, _SPO2_SCALE_1, above=0)


def _saturation_scale_2(vitals: VitalSet) -> int | None:
    spo2 = vitals.oxygen_saturation
    if spo2 is None:
        return None
    if spo2 <= 92:
        return _points(spo2, _SPO2_SCALE_2, above=0)
    if vitals.on_oxygen is None:
        return None
    return _points(spo2, _SPO2_SCALE_2_ON_OXYGEN, above=3) if vitals.on_oxygen else 0


def _oxygen(vitals: VitalSet) -> int | None:
    return None if vitals.on_oxygen is None else 2 * vitals.on_oxygen


def _systolic(vitals: VitalSet) -> int | None:
    return None if vitals.systolic is None else _points(vitals.systolic, _SYSTOLIC, above=3)


def _pulse(vitals: VitalSet) -> int | None:
    return None if vitals.heart_rate is None else _points(vitals.heart_rate, _PULSE, above=3)


def _consciousness(vitals: VitalSet) -> int | None:
    if vitals.consciousness is None:
        return None
    return 0 if vitals.consciousness is Consciousness.ALERT else 3


def _temperature(vitals: VitalSet) -> int | None:
    if vitals.temperature is None:
        return None
    # The chart's bands have one decimal: 38.04 is 38.0, 38.05 is 38.1.
    shown = vitals.temperature.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return _points(shown, _TEMPERATURE, above=2)


_SCORED: Mapping[str, Callable[[VitalSet], int | None]] = MappingProxyType(
    {
        "respiratoryRate": _respiration,
        "oxygenSaturation": _saturation,
        "onOxygen": _oxygen,
        "systolic": _systolic,
        "heartRate": _pulse,
        "consciousness": _consciousness,
        "temperature": _temperature,
    }
)


SCORED: tuple[str, ...] = tuple(_SCORED)
"""The parameters of the score by their GraphQL field names, in the order of the chart."""


def not_applicable(age_years: int | None, *, pregnant: bool = False) -> News2NotApplicable | None:
    """Why the score must not be used; None: it may. An unknown age is scored as an adult's: a score
    too many is seen and dismissed, a score too few is not seen."""
    if age_years is not None and age_years < MINIMUM_AGE:
        return News2NotApplicable.AGE
    return News2NotApplicable.PREGNANCY if pregnant else None


def score(
    vitals: VitalSet,
    age_years: int | None,
    *,
    scale: Spo2Scale = Spo2Scale.SCALE_1,
    pregnant: bool = False,
) -> News2 | None:
    """The score of one set, or None where it does not apply (`not_applicable`).

    `scale` is that of the decision in force, `age_years` None is scored as an adult.
    """
    if not_applicable(age_years, pregnant=pregnant) is not None:
        return None
    second = {"oxygenSaturation": _saturation_scale_2} if scale is Spo2Scale.SCALE_2 else {}
    given = {name: rule(vitals) for name, rule in {**_SCORED, **second}.items()}
    parts = {name: points for name, points in given.items() if points is not None}
    missing = tuple(
        name
        for name in given
        if name not in parts
        # On scale 2 a saturation without onOxygen has no points, but it is not what is missing.
        and not (name == "oxygenSaturation" and vitals.oxygen_saturation is not None)
    )
    highest = max(parts.values(), default=None)
    if missing or highest is None:
        return News2(None, highest, None, missing, MappingProxyType(parts), scale)
    total = sum(parts.values())
    return News2(total, highest, _risk(total, highest), (), MappingProxyType(parts), scale)


def _risk(total: int, highest_single: int) -> News2Risk:
    if total >= 7:
        return News2Risk.HIGH
    if total >= 5:
        return News2Risk.MEDIUM
    return News2Risk.LOW_MEDIUM if highest_single == 3 else News2Risk.LOW
