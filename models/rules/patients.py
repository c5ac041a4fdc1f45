"""Patients: sex, age, and what is heard of their charts."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class Sex(StrEnum):
    """Administrative sex. Source: FHIR R4 administrative-gender."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class ChartChangeEventKind(StrEnum):
    """What a station hears of a chart."""

    CHARTED = "CHARTED"


def age_in_years(born: date, at: datetime) -> int:
    """Completed years; somebody born on 29 February has the birthday on 1 March."""
    day = at.date()
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return max(years, 0)


def age_in_hours(born: date, at: datetime) -> tuple[int, int]:
    """Youngest and oldest possible age in completed hours at the moment `at` (with an offset).

    A date of birth does not say the hour, and the limits of a newborn change by the hour: between
    the two lie up to 24 h, and what judges by age must consider both.
    """
    first = datetime(born.year, born.month, born.day, tzinfo=at.tzinfo or UTC)
    hour = timedelta(hours=1)
    oldest = max((at - first) // hour, 0)
    youngest = max((at - first - timedelta(days=1)) // hour, 0)
    return youngest, oldest
