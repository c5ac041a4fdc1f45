"""Repeats: when a critical result says again what was said already, and which of two is the worse.

A repeat that is not worse joins the critical result of its finding, and does not sound again. What
is worse, or cannot be compared, always sounds. Source: CAP, a repeat critical inside a written
window need not be called again; "a worsening value is never suppressed" is the hospital's clinical
table. The window is that of the rule (`critical_rules.repeat_window`), and is the hospital's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.critical_rules import Side
from models.rules.results import Interpretation
from models.rules.units import canonical

_SIDES = {Interpretation.CRITICAL_LOW: Side.LOW, Interpretation.CRITICAL_HIGH: Side.HIGH}
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ENDLESS = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Measure:
    """A critical number: beyond which side, and by how much. `value` is in `unit`, the one by which
    the rules judge or, where they could not, that of the sender; `comparator` is as sent."""

    side: Side
    unit: str
    value: Decimal
    comparator: str | None = None

    def comparable(self, other: "Measure | None") -> bool:
        """Whether one of the two can be the worse: the same side of the same scale."""
        return other is not None and (self.side, self.unit) == (other.side, other.unit)


def measured(
    interpretation: Interpretation | None,
    *,
    value: Decimal | None,
    comparator: str | None,
    unit: str | None,
    canonical_value: Decimal | None,
    canonical_unit: str | None,
) -> Measure | None:
    """What a critical result measured, by its columns. None where nothing can be a repeat of it: a
    text, a number that is critical in neither direction (AA), or one without a scale."""
    side = None if interpretation is None else _SIDES.get(interpretation)
    if side is None or value is None:
        return None
    if canonical_value is not None and canonical_unit is not None:
        return Measure(side, canonical_unit, canonical_value, comparator)
    scale = canonical(unit) or (unit or "").strip()
    return Measure(side, scale, value, comparator) if scale else None


def _span(measure: Measure) -> tuple[Decimal, Decimal]:
    """From where to where the true value may lie, counted away from what is normal."""
    value, comparator = measure.value, measure.comparator or ""
    if measure.side is Side.LOW:
        # Low is high in the mirror; copy_negate, because unary minus rounds.
        value, comparator = value.copy_negate(), _MIRROR.get(comparator, "")
    match comparator:
        case ">" | ">=":
            return value, _ENDLESS
        case "<" | "<=":
            return -_ENDLESS, value
        case _:
            return value, value


def worse(measure: Measure, before: Measure) -> bool:
    """Whether it may lie farther beyond the limit than the one before; on the safe side: not worse
    is only what certainly is not, and what says the very same again."""
    if not measure.comparable(before):
        return True
    if (measure.value, measure.comparator) == (before.value, before.comparator):
        return False
    _, farthest = _span(measure)
    nearest, _ = _span(before)
    return farthest > nearest


def severity(measure: Measure) -> tuple[Decimal, Decimal]:
    """Sorts measures that can be compared, the worst last: by how far it may lie beyond the limit,
    then by how far it lies at least."""
    nearest, farthest = _span(measure)
    return farthest, nearest


def key_of(measure: Measure, codes: Iterable[str]) -> str:
    """What two results of one patient have in common where one may repeat the other. `codes` are
    those that mean the test."""
    return "|".join((measure.side, measure.unit, *sorted(codes)))


def within(
    now: datetime, *, sounded_at: datetime, acknowledged_at: datetime | None, window: timedelta
) -> bool:
    """Whether a repeat at `now` still joins: the window counts from when the critical result last
    sounded or was read back, whichever was later, and its end is not in it. Repeats that have
    joined do not prolong it, so that nobody is spared for good by being measured often."""
    begun = sounded_at if acknowledged_at is None else max(sounded_at, acknowledged_at)
    return now < begun + window


def joined(status: CriticalResultStatus, *, worse: bool) -> CriticalResultStepKind:
    """The step that a result makes in the critical result that it joins."""
    if not worse:
        return CriticalResultStepKind.REPEATED
    if status is CriticalResultStatus.OPEN:
        return CriticalResultStepKind.WORSENED
    return CriticalResultStepKind.REOPENED
