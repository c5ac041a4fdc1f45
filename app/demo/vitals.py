"""Vital signs that drift as a body's do: towards where the condition pulls them, with noise."""

from __future__ import annotations

import itertools
import random
from dataclasses import astuple, dataclass
from decimal import Decimal

from app.demo.conditions import Condition
from models.rules.vitals import Consciousness


@dataclass(frozen=True, slots=True)
class Healthy:
    """What is usual at an age: /min, mm[Hg], kg, cm."""

    heart_rate: float
    systolic: float
    diastolic: float
    respiratory_rate: float
    weight_kg: float
    height_cm: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One set as a nurse charts it; None is what was not measured this time."""

    heart_rate: int
    systolic: int
    diastolic: int
    respiratory_rate: int
    temperature: Decimal
    oxygen_saturation: int
    on_oxygen: bool
    consciousness: Consciousness
    pain_score: int | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None


_BY_AGE: tuple[tuple[float, Healthy], ...] = (
    # at that age in years: the middle of the usual ranges; between two ages, between the two
    (0.0, Healthy(138, 70, 42, 44, 3.1, 50)),
    (0.5, Healthy(128, 86, 50, 36, 7.5, 67)),
    (2, Healthy(112, 95, 56, 27, 12.3, 87)),
    (5, Healthy(100, 100, 60, 23, 18.5, 110)),
    (9, Healthy(88, 106, 64, 20, 29, 134)),
    (14, Healthy(79, 114, 68, 17, 51, 163)),
    (18, Healthy(75, 120, 75, 15, 72, 171)),
    (70, Healthy(73, 134, 76, 16, 72, 167)),
)


def healthy(years: float) -> Healthy:
    """What is usual at that age."""
    for (young, first), (old, second) in itertools.pairwise(_BY_AGE):
        if years <= old:
            share = (max(years, young) - young) / (old - young)
            return Healthy(
                *(
                    here + share * (there - here)
                    for here, there in zip(astuple(first), astuple(second), strict=True)
                )
            )
    return _BY_AGE[-1][1]


def measure(
    rng: random.Random,
    years: float,
    condition: Condition | None,
    severity: float,
    before: Measured | None = None,
) -> Measured:
    """The next set of somebody that age, ill to that degree (0 well, 1 as the condition has it).

    With the set `before` it lies between that and where the body is being pulled, so that a chart
    shows a course and not noise.
    """
    usual = healthy(years)
    ill = condition or Condition("")

    def toward(target: float, last: float | None, spread: float) -> float:
        here = target if last is None else last + 0.45 * (target - last)
        return here + rng.gauss(0, spread)

    def scaled(factor: float) -> float:
        return 1 + (factor - 1) * severity

    systolic = toward(
        usual.systolic * scaled(ill.pressure),
        None if before is None else before.systolic,
        usual.systolic * 0.025,
    )
    gap = (usual.systolic - usual.diastolic) * rng.uniform(0.9, 1.1)
    # A newborn's and a child's temperature swings a little more than an adult's.
    warmth = toward(
        36.9 + ill.heat * severity, None if before is None else float(before.temperature), 0.14
    )
    oxygen = ill.oxygen and severity > 0.35
    # Oxygen gives back half of what the illness takes.
    lost = ill.desaturation * severity * (0.5 if oxygen else 1)
    saturation = toward(97.3 - lost, None if before is None else before.oxygen_saturation, 0.7)
    drowsy = ill.drowsy and severity > 0.75 and rng.random() < 0.4
    return Measured(
        heart_rate=_between(
            toward(
                usual.heart_rate * scaled(ill.pulse),
                None if before is None else before.heart_rate,
                usual.heart_rate * 0.03,
            ),
            35,
            210,
        ),
        systolic=_between(systolic, 45, 215),
        diastolic=_between(min(systolic - gap, systolic - 12), 22, 125),
        respiratory_rate=_between(
            toward(
                usual.respiratory_rate * scaled(ill.breathing),
                None if before is None else before.respiratory_rate,
                usual.respiratory_rate * 0.05,
            ),
            8,
            75,
        ),
        temperature=Decimal(str(round(min(max(warmth, 34.8), 40.6), 1))),
        oxygen_saturation=_between(saturation, 82, 100),
        on_oxygen=oxygen,
        consciousness=Consciousness.VOICE if drowsy else Consciousness.ALERT,
        pain_score=_between(ill.pain * severity + rng.gauss(0, 0.8), 0, 10) if years > 4 else None,
    )


def _between(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)
