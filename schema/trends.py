"""Trends: a parameter or a test over time, as much of it as can be drawn."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

import models
from models.rules.scopes import Scope
from models.rules.trends import USUAL_POINTS
from resolvers import critical_limits, lab_trends, vital_trends
from schema.enums import LeftOut, Sex, Side, Spo2Scale, VitalParameter
from schema.fields import Argument, column, derived, embedded

_RANGE: Mapping[str, Argument] = {
    "from": Argument(
        datetime | None, description="The first moment; the first value where it is null."
    ),
    "to": Argument(
        datetime | None, description="The moment before which it ends; the last value if null."
    ),
    "points": Argument(
        int | None,
        default=USUAL_POINTS,
        description="How many points are drawn at most, 2 to 2000: two a bucket.",
    ),
}
_VITAL = {"parameter": Argument(VitalParameter, default=...), **_RANGE}
_LAB = {
    "code": Argument(
        str, default=..., description="LOINC; every code that means the same test is drawn."
    ),
    **_RANGE,
}


@strawberry.type(description="A measured value and when it was measured.")
class TrendPoint:
    """`comparator` stands before the value where the true one is only known to lie beyond it."""

    at: datetime = column()
    value: Decimal = column()
    comparator: str | None = column()


@strawberry.type(description="A stretch of a trend: its least and its greatest value.")
class TrendBucket:
    """From `start` on and before `end`; `count` values were measured in it."""

    start: datetime = column()
    end: datetime = column()
    count: int = column()
    minimum: TrendPoint = embedded(prefix="minimum_")
    maximum: TrendPoint = embedded(prefix="maximum_")


@strawberry.type(description="The range of values that are plausible, both ends included.")
class PlausibleRange:
    """In the unit of the trend."""

    low: Decimal = column()
    high: Decimal = column()


@strawberry.type(description="The values that give the same points of NEWS2, both ends included.")
class News2Band:
    """`scale` and `onOxygen` are those under which a saturation gives these points."""

    low: Decimal | None = column()
    high: Decimal | None = column()
    points: int = column()
    scale: Spo2Scale | None = column()
    on_oxygen: bool | None = column()


@strawberry.type(description="One vital sign of a patient over time.")
class VitalTrend:
    """`count` values were measured; of each bucket the least and the greatest are told."""

    parameter: VitalParameter = column()
    unit: str = column()
    start: datetime | None = column()
    end: datetime | None = column()
    count: int = column()
    first: TrendPoint | None = derived(
        vital_trends.first_vital, requires=Scope.VITALS_READ, single=True, of=models.VitalSigns
    )
    last: TrendPoint | None = derived(
        vital_trends.last_vital, requires=Scope.VITALS_READ, single=True, of=models.VitalSigns
    )
    buckets: list[TrendBucket] | None = derived(
        vital_trends.vital_buckets,
        requires=Scope.VITALS_READ,
        order=("place",),
        of=models.VitalSigns,
        size=1,
    )
    plausible: PlausibleRange = embedded(prefix="plausible_")
    news2_bands: list[News2Band] | None = derived(
        vital_trends.score_bands_of,
        requires=Scope.VITALS_READ,
        order=("place",),
    )


@strawberry.type(description="The newest reference range of a test, as its sender gave it.")
class ReferenceRange:
    """In the unit of the trend; `at` is when the result was observed that brought it."""

    low: Decimal | None = column()
    high: Decimal | None = column()
    at: datetime = column()


@strawberry.type(description="A limit from which on a value of the test is critical.")
class CriticalLimit:
    """The hospital's rule `key`, in `version`, for the patient at the end of the trend. Ages are
    hours: from `minAgeHours` on and below `maxAgeHours`."""

    side: Side = column()
    value: Decimal = column()
    inclusive: bool = column()
    key: str = column()
    version: int = column()
    source: str = column()
    min_age_hours: int | None = column()
    max_age_hours: int | None = column()
    sex: Sex | None = column()
    specimen: str | None = column()


@strawberry.type(description="Results that are not drawn, and why.")
class TrendLeftOut:
    """`unit` is as the sender wrote it."""

    reason: LeftOut = column()
    unit: str | None = column()
    count: int = column()


@strawberry.type(description="One laboratory test of a patient over time, in one unit.")
class LabTrend:
    """`codes` are the LOINC codes that mean the test; of a result the newest version is drawn."""

    codes: list[str] = column()
    unit: str | None = column()
    start: datetime | None = column()
    end: datetime | None = column()
    count: int = column()
    first: TrendPoint | None = derived(
        lab_trends.first_result, requires=Scope.LAB_READ, single=True, of=models.LabResult
    )
    last: TrendPoint | None = derived(
        lab_trends.last_result, requires=Scope.LAB_READ, single=True, of=models.LabResult
    )
    buckets: list[TrendBucket] | None = derived(
        lab_trends.lab_buckets,
        requires=Scope.LAB_READ,
        order=("place",),
        of=models.LabResult,
        size=1,
    )
    left_out: list[TrendLeftOut] | None = derived(
        lab_trends.left_out, requires=Scope.LAB_READ, order=("reason", "unit"), of=models.LabResult
    )
    reference: ReferenceRange | None = derived(
        lab_trends.reference, requires=Scope.LAB_READ, single=True, of=models.LabResult
    )
    critical_limits: list[CriticalLimit] | None = derived(
        critical_limits.critical_limits,
        requires=Scope.LAB_READ,
        order=("side", "value", "key"),
    )


def vital_trend() -> Any:
    """The trend of a parameter of a patient."""
    return derived(
        vital_trends.vital_trend,
        requires=Scope.VITALS_READ,
        single=True,
        of=models.VitalSigns,
        sized_by="points",
        arguments=_VITAL,
    )


def lab_trend() -> Any:
    """The trend of a laboratory test of a patient."""
    return derived(
        lab_trends.lab_trend,
        requires=Scope.LAB_READ,
        single=True,
        of=models.LabResult,
        sized_by="points",
        arguments=_LAB,
    )
