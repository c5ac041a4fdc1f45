"""Critical findings of the demo: values that somebody must be told at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from app.demo import labs
from app.demo.labs import Drawn
from models.rules.patients import Sex


@dataclass(frozen=True, slots=True)
class Finding:
    """A test and a span of values, every one of them critical at the ages in hours it is for."""

    code: str
    lowest: Decimal
    highest: Decimal
    from_hours: float
    to_hours: float

    def draw(self, rng: random.Random, hours_old: float, sex: Sex) -> Drawn:
        """A value of the span, to as many places as the span is written with."""
        step = Decimal((0, (1,), self.lowest.as_tuple().exponent))  # type: ignore[arg-type]
        value = self.lowest + step * rng.randint(0, int((self.highest - self.lowest) / step))
        return labs.finding(self.code, value, hours_old, sex)


_ADULT = (16 * 8766.0 + 48, 1e9)
_CHILD = (60 * 24.0, 15.9 * 8766)
_NEWBORN = (0.0, 28 * 24.0)
_NEWBORN_AFTER_DAY_ONE = (49.0, 28 * 24.0)


def _finding(code: str, lowest: str, highest: str, ages: tuple[float, float]) -> Finding:
    return Finding(code, Decimal(lowest), Decimal(highest), *ages)


FINDINGS: tuple[Finding, ...] = (
    _finding("2823-3", "6.6", "7.2", _ADULT),
    _finding("2823-3", "2.1", "2.4", _ADULT),
    _finding("2951-2", "112", "118", _ADULT),
    _finding("2951-2", "162", "168", _ADULT),
    _finding("2345-7", "34", "47", _ADULT),
    _finding("2345-7", "462", "590", _ADULT),
    _finding("718-7", "5.4", "6.8", _ADULT),
    _finding("777-3", "7", "18", _ADULT),
    _finding("6690-2", "0.4", "0.9", _ADULT),
    _finding("6301-6", "5.4", "8.5", _ADULT),
    _finding("10839-9", "0.45", "3.80", _ADULT),
    _finding("2524-7", "4.2", "8.9", _ADULT),
    _finding("2744-1", "7.02", "7.18", _ADULT),
    _finding("17861-6", "5.1", "5.8", _ADULT),
    _finding("2823-3", "6.7", "7.3", _CHILD),
    _finding("2823-3", "2.3", "2.8", _CHILD),
    _finding("2951-2", "113", "118", _CHILD),
    _finding("2345-7", "31", "46", _CHILD),
    _finding("2345-7", "470", "610", _CHILD),
    _finding("2345-7", "24", "37", _NEWBORN),
    _finding("2823-3", "7.1", "7.8", _NEWBORN),
    _finding("2744-1", "7.05", "7.17", _NEWBORN),
    _finding("1975-2", "14.2", "18.5", _NEWBORN_AFTER_DAY_ONE),
)


def pick(rng: random.Random, hours_old: float) -> Finding:
    """A finding for somebody that old; glucose where the age lies between two columns."""
    fitting = [found for found in FINDINGS if found.from_hours <= hours_old < found.to_hours]
    return rng.choice(fitting) if fitting else FINDINGS[5]
