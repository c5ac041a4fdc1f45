"""What a vital sign can plausibly be. Outside, it is a slip of the pen or a loose sensor, unless
whoever measured it confirms it: then it need only be possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limit:
    """The range of a field (its GraphQL name), both ends included; `integer`: whole numbers.

    `lowest` and `highest` bound what may be confirmed. Where they are the range itself, what lies
    outside is no measurement, whoever confirms it: a saturation over 100 %.
    """

    field: str
    low: Decimal
    high: Decimal
    unit: str
    integer: bool
    source: str
    lowest: Decimal
    highest: Decimal
    possible: str
    """Why these."""

    @property
    def confirmable(self) -> bool:
        """Whether anything outside the range is possible."""
        return (self.lowest, self.highest) != (self.low, self.high)

    @property
    def outermost(self) -> str:
        """What may be confirmed, in the words of the limit."""
        return self._said(self.lowest, self.highest)

    def __str__(self) -> str:
        """`25 to 45 Cel`: for the error, which names the limit and never the value."""
        return self._said(self.low, self.high)

    def _said(self, low: Decimal, high: Decimal) -> str:
        whole = ", whole numbers" if self.integer else ""
        return f"{low} to {high} {self.unit}{whole}"


_TABLE = "the hospital's clinical table, plausible vitals"
_RECORD = "our own: beyond the smallest newborn, the heaviest and the tallest adult of a ward"
_NRS = "numeric rating scale of pain"

_PRESSURE = (
    "our own: three digits, as monitors show; MacDougall et al., J Appl Physiol 1985;58:785,"
    " measured 480/350 mm[Hg] in an artery"
)
_RATE = "our own: three digits, as monitors show; no rate is negative"
_HEAT = "our own: from freezing on, and below what a temperature in degrees Fahrenheit would be"
_SHARE = "a share of all haemoglobin"
_SCALE = "the scale has no other steps"
_SIZE = "our own: three digits; nobody weighs or measures nothing"


def _limit(
    field: str,
    plausible: tuple[str, str],
    possible: tuple[str, str],
    unit: str,
    *because: str,
    integer: bool = True,
) -> Limit:
    low, high, lowest, highest = map(Decimal, (*plausible, *possible))
    source, why = because
    return Limit(field, low, high, unit, integer, source, lowest, highest, why)


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        limit.field: limit
        for limit in (
            _limit("heartRate", ("0", "300"), ("0", "999"), "/min", _TABLE, _RATE),
            _limit("systolic", ("0", "300"), ("0", "999"), "mm[Hg]", _TABLE, _PRESSURE),
            _limit("diastolic", ("0", "200"), ("0", "999"), "mm[Hg]", _TABLE, _PRESSURE),
            _limit("respiratoryRate", ("0", "100"), ("0", "999"), "/min", _TABLE, _RATE),
            _limit("temperature", ("25", "45"), ("0", "50"), "Cel", _TABLE, _HEAT, integer=False),
            _limit("oxygenSaturation", ("0", "100"), ("0", "100"), "%", _TABLE, _SHARE),
            _limit("weightKg", ("0.2", "500"), ("0.1", "999"), "kg", _RECORD, _SIZE, integer=False),
            _limit("heightCm", ("15", "272"), ("1", "300"), "cm", _RECORD, _SIZE, integer=False),
            _limit("painScore", ("0", "10"), ("0", "10"), "{score}", _NRS, _SCALE),
        )
    }
)


def implausible(field: str, value: Decimal | int) -> Limit | None:
    """The limit that `value` breaks, or None. Raises KeyError for a field that has none."""
    limit = LIMITS[field]
    return None if _fits(limit, value, limit.low, limit.high) else limit


def impossible(field: str, value: Decimal | int) -> Limit | None:
    """The limit whose `lowest` or `highest` the value breaks, or which is of whole numbers: nobody
    can confirm it. None: it may be confirmed."""
    limit = LIMITS[field]
    return None if _fits(limit, value, limit.lowest, limit.highest) else limit


def _fits(limit: Limit, value: Decimal | int, low: Decimal, high: Decimal) -> bool:
    number = Decimal(value)
    if not number.is_finite() or not low <= number <= high:
        return False
    return not limit.integer or number == number.to_integral_value()


def pressures_cross(systolic: Decimal | int | None, diastolic: Decimal | int | None) -> bool:
    """Whether a diastolic pressure lies above its systolic: one of the two is wrong, and nobody
    can say which, so that nobody can confirm it either (they are the ends of one pulse wave). Equal
    is allowed (a pressure of 0 over 0 is an arrest)."""
    return systolic is not None and diastolic is not None and diastolic > systolic
