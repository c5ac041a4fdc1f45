"""Critical rules: limits beyond which a result is critical, as data that a hospital edits."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from models.rules.patients import Sex
from models.rules.units import UNITLESS

DAY = 24
YEAR = 8766
"""Hours of a mean year (365.25 d): exact for every span that holds its leap days (4, 8, 12, 16 y),
half a day off for a two-year-old."""
MONTH = 730
"""Hours of a mean month, rounded down."""
ADULT = 16 * YEAR
"""The child's column of the table ends with 15 years."""
REPEAT_WINDOW = 240
"""Minutes in which a repeat that is not worse need not be called again. That there may be such a
window, in writing, is what CAP asks; how long it is, is a setting of ours that each hospital edits:
no source gives a number."""


class Side(StrEnum):
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class CriticalRule:
    """One version of one row. `codes` are LOINC, `unit` is UCUM, the limits are in it; a limit that
    is None is open. Ages in hours, `min_age_hours` inclusive, `max_age_hours` exclusive, None open.
    """

    key: str
    test: str
    codes: tuple[str, ...]
    unit: str
    source: str
    low: Decimal | None = None
    low_inclusive: bool = True
    high: Decimal | None = None
    high_inclusive: bool = True
    min_age_hours: int | None = None
    max_age_hours: int | None = None
    sex: Sex | None = None
    ward: UUID | None = None
    """Applies to patients of this ward alone, and there before the rules of the hospital."""
    specimen: str | None = None
    """Applies to results of this specimen alone (LOINC System: `BldA`, `CSF`); None: of any."""
    repeat_window: int = REPEAT_WINDOW
    """Minutes."""
    version: int = 1
    id: UUID | None = None
    """The row this rule was read from; None in the table that ships."""

    def limit(self, side: Side) -> tuple[Decimal, bool] | None:
        """The limit of that side and whether it belongs to the critical range itself."""
        value, inclusive = (
            (self.low, self.low_inclusive) if side is Side.LOW else (self.high, self.high_inclusive)
        )
        return None if value is None else (value, inclusive)

    def covers(self, age_hours: int) -> bool:
        return (self.min_age_hours or 0) <= age_hours and (
            self.max_age_hours is None or age_hours < self.max_age_hours
        )


def describe(rule: CriticalRule, side: Side) -> str:
    """The rule in words: `potassium >= 6.5 mmol/L, adult (WakeMed), v1`. Holds no patient data.

    Raises ValueError where the rule has no limit on that side.
    """
    limit = rule.limit(side)
    if limit is None:
        raise ValueError(f"rule {rule.key} has no {side} limit")
    value, inclusive = limit
    sign = ("<" if side is Side.LOW else ">") + ("=" if inclusive else "")
    people = age_band(rule)
    if rule.sex is not None:
        people = f"{rule.sex.lower()}, {people}"
    test = rule.test if rule.specimen is None else f"{rule.test} in {rule.specimen}"
    unit = "" if rule.unit in UNITLESS else f" {rule.unit}"
    return f"{test} {sign} {value}{unit}, {people} ({rule.source}), v{rule.version}"


def age_band(rule: CriticalRule) -> str:
    """`adult`, `all ages`, `under 6 mo`, `from 1 mo`, `2 y to under 12 y`."""
    low, high = rule.min_age_hours, rule.max_age_hours
    if low == ADULT and high is None:
        return "adult"
    if not low:
        return "all ages" if high is None else f"under {_age(high)}"
    return f"from {_age(low)}" if high is None else f"{_age(low)} to under {_age(high)}"


def _age(hours: int) -> str:
    if hours % YEAR == 0:
        return f"{hours // YEAR} y"
    months = round(hours * 12 / YEAR)
    if months and abs(hours - months * YEAR / 12) < 1:
        return f"{months} mo"
    return f"{hours // DAY} d" if hours % DAY == 0 else f"{hours} h"


def specificity(rule: CriticalRule) -> tuple[bool, bool, bool, int, int, str]:
    """Smallest first: of the ward, for a specimen, for a sex, the narrowest ages; the key settles
    what is left, which `rival` leaves nothing to."""
    born = rule.min_age_hours or 0
    ages = 10**9 if rule.max_age_hours is None else rule.max_age_hours - born
    return rule.ward is None, rule.specimen is None, rule.sex is None, ages, -born, rule.key


def rival(rule: CriticalRule, others: Iterable[CriticalRule]) -> CriticalRule | None:
    """The first of the others that speaks of the same results on the same side without one of the
    two being the more specific: which of them judges would be nobody's decision.

    Of two that differ in having a ward, a specimen or a sex, the one that has is the more specific,
    in this order; otherwise the one whose ages lie within the other's.
    """
    return next((other for other in others if _rivals(rule, other)), None)


def _rivals(one: CriticalRule, other: CriticalRule) -> bool:
    if not set(one.codes) & set(other.codes):
        return False
    if all(one.limit(side) is None or other.limit(side) is None for side in Side):
        return False
    for mine, its in (
        (one.ward, other.ward),
        (one.specimen and one.specimen.casefold(), other.specimen and other.specimen.casefold()),
        (one.sex, other.sex),
    ):
        if mine != its:
            # Two that are set speak of different results; one that is not set stands behind.
            return False
    (youngest, before), (its_youngest, its_before) = _ages(one), _ages(other)
    apart = before <= its_youngest or its_before <= youngest
    within = youngest >= its_youngest and before <= its_before
    around = youngest <= its_youngest and before >= its_before
    return not apart and within == around


def _ages(rule: CriticalRule) -> tuple[float, float]:
    last = float("inf") if rule.max_age_hours is None else rule.max_age_hours
    return rule.min_age_hours or 0, last
