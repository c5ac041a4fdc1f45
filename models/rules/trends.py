"""Trends: a parameter or a test over time, in one unit, with the bands that it is read against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import groupby
from types import MappingProxyType

from models.rules import news2, units
from models.rules.news2 import Spo2Scale
from models.rules.panels import MEMBERS
from models.rules.starter_rules import STARTER_RULES
from models.rules.vital_limits import LIMITS, Limit
from models.rules.vitals import VitalParameter, VitalSet

FEWEST_POINTS, MOST_POINTS = 2, 2_000
USUAL_POINTS = 200
POINTS_A_BUCKET = 2
"""A bucket is drawn as its least and its greatest value."""


class LeftOut(StrEnum):
    """Why a result is not in a trend."""

    TEXT = "TEXT"
    """There is no number."""
    UNIT = "UNIT"
    """Its unit is missing, or not convertible to that of the trend."""


FIELDS: Mapping[VitalParameter, str] = MappingProxyType(
    {
        parameter: first.lower() + "".join(word.capitalize() for word in rest)
        for parameter in VitalParameter
        for first, *rest in [parameter.split("_")]
    }
)
"""The parameters by the name that their field has: `heartRate`."""

PLAUSIBLE: Mapping[VitalParameter, Limit] = MappingProxyType(
    {parameter: LIMITS[field] for parameter, field in FIELDS.items()}
)


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """The values of a parameter that give the same points, both ends included; a None is open.

    `scale` is that of a saturation, and `on_oxygen` what the points hang on by the second; else
    None.
    """

    parameter: VitalParameter
    low: Decimal | None
    high: Decimal | None
    points: int
    scale: Spo2Scale | None = None
    on_oxygen: bool | None = None


# The parameters of the score that are a number, and the steps of their bands on the chart.
_STEPS = {
    VitalParameter.RESPIRATORY_RATE: Decimal(1),
    VitalParameter.OXYGEN_SATURATION: Decimal(1),
    VitalParameter.SYSTOLIC: Decimal(1),
    VitalParameter.HEART_RATE: Decimal(1),
    VitalParameter.TEMPERATURE: Decimal("0.1"),
}


@cache
def score_bands() -> tuple[ScoreBand, ...]:
    """The bands of NEWS2, read off the score itself: one table, and not a second one beside it."""
    found: list[ScoreBand] = []
    for parameter in _STEPS:
        if parameter is VitalParameter.OXYGEN_SATURATION:
            found += _bands(parameter, Spo2Scale.SCALE_1, on_oxygen=None)
            found += _bands(parameter, Spo2Scale.SCALE_2, on_oxygen=False)
            found += _bands(parameter, Spo2Scale.SCALE_2, on_oxygen=True)
        else:
            found += _bands(parameter, None, on_oxygen=None)
    return tuple(found)


def _bands(
    parameter: VitalParameter, scale: Spo2Scale | None, *, on_oxygen: bool | None
) -> Iterator[ScoreBand]:
    limit, step = PLAUSIBLE[parameter], _STEPS[parameter]
    count = int((limit.high - limit.low) / step) + 1
    values = [limit.low + number * step for number in range(count)]
    runs = [
        (points, list(run))
        for points, run in groupby(
            values, lambda value: _points(parameter, value, scale, on_oxygen=on_oxygen)
        )
    ]
    last = len(runs) - 1
    for number, (points, run) in enumerate(runs):
        low = None if number == 0 else run[0]
        high = None if number == last else run[-1]
        yield ScoreBand(parameter, low, high, points, scale, on_oxygen)


def _points(
    parameter: VitalParameter, value: Decimal, scale: Spo2Scale | None, *, on_oxygen: bool | None
) -> int:
    whole = value if parameter is VitalParameter.TEMPERATURE else int(value)
    measured = VitalSet(**{parameter.lower(): whole, "on_oxygen": on_oxygen})  # type: ignore[arg-type]
    score = news2.score(measured, None, scale=scale or Spo2Scale.SCALE_1)
    assert score is not None
    return score.parts[FIELDS[parameter]]


def same_test(code: str) -> tuple[str, ...]:
    """The LOINC codes that mean the same test, itself the first: other specimens of blood, other
    methods, an amount of substance for a mass. A hospital's own rules may name more."""
    found = [rule.codes for rule in STARTER_RULES if code in rule.codes]
    found += [member.codes for member in MEMBERS if code in member.codes]
    return tuple(dict.fromkeys([code, *(other for codes in found for other in codes)]))


def sizes(code: str) -> tuple[tuple[str, int, Decimal], ...]:
    """The units (UCUM) of a test: each with its kind and its size. Of one kind, a value converts by
    the quotient of the sizes. What is no mere factor (a temperature) has no size."""
    special = code in units.MOLAR or code in units.MONOVALENT
    return _sizes(code if special else "")


@cache
def _sizes(code: str) -> tuple[tuple[str, int, Decimal], ...]:
    bases: list[str] = []
    found: list[tuple[str, int, Decimal]] = []
    for unit in units.UNITS:
        if units.convert(Decimal(0), unit, code, "K") is not None:
            continue  # a temperature
        for kind, base in enumerate(bases):
            size = units.convert(Decimal(1), unit, code, base)
            if size is not None:
                found.append((unit, kind, size))
                break
        else:
            found.append((unit, len(bases), Decimal(1)))
            bases.append(unit)
    return tuple(found)
