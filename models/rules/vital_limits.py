"""What a vital sign can plausibly be. Outside, it is a slip of the pen or a loose sensor."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limit:
    """The range of a field (its GraphQL name), both ends included; `integer`: whole numbers."""

    field: str
    low: Decimal
    high: Decimal
    unit: str
    integer: bool
    source: str

    def __str__(self) -> str:
        """`25 to 45 Cel`: for the error, which names the limit and never the value."""
        whole = ", whole numbers" if self.integer else ""
        return f"{self.low} to {self.high} {self.unit}{whole}"


_TABLE = "the hospital's clinical table, plausible vitals"
_RECORD = "our own: beyond the smallest newborn, the heaviest and the tallest adult of a ward"
_NRS = "numeric rating scale of pain"


def _limit(field: str, low: str, high: str, unit: str, source: str, *, integer: bool) -> Limit:
    return Limit(field, Decimal(low), Decimal(high), unit, integer, source)


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        limit.field: limit
        for limit in (
            _limit("heartRate", "0", "300", "/min", _TABLE, integer=True),
            _limit("systolic", "0", "300", "mm[Hg]", _TABLE, integer=True),
            _limit("diastolic", "0", "200", "mm[Hg]", _TABLE, integer=True),
            _limit("respiratoryRate", "0", "100", "/min", _TABLE, integer=True),
            _limit("temperature", "25", "45", "Cel", _TABLE, integer=False),
            _limit("oxygenSaturation", "0", "100", "%", _TABLE, integer=True),
            _limit("weightKg", "0.2", "500", "kg", _RECORD, integer=False),
            _limit("heightCm", "15", "272", "cm", _RECORD, integer=False),
            _limit("painScore", "0", "10", "{score}", _NRS, integer=True),
        )
    }
)


def implausible(field: str, value: Decimal | int) -> Limit | None:
    """The limit that `value` breaks, or None. Raises KeyError for a field that has none."""
    limit = LIMITS[field]
    number = Decimal(value)
    if not number.is_finite() or not limit.low <= number <= limit.high:
        return limit
    if limit.integer and number != number.to_integral_value():
        return limit
    return None


def pressures_cross(systolic: Decimal | int | None, diastolic: Decimal | int | None) -> bool:
    """Whether a diastolic pressure lies above its systolic: one of the two is wrong, and nobody
    can say which. Equal is allowed (a pressure of 0 over 0 is an arrest)."""
    return systolic is not None and diastolic is not None and diastolic > systolic
