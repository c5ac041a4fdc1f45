from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.patients import age_in_hours, age_in_years


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("born", "moment", "years"),
    [
        (date(2000, 6, 15), at(2016, 6, 14, 23, 59), 15),
        (date(2000, 6, 15), at(2016, 6, 15), 16),
        (date(2004, 2, 29), at(2021, 2, 28), 16),
        (date(2004, 2, 29), at(2021, 3, 1), 17),
        (date(1931, 1, 1), at(2024, 12, 31), 93),
        (date(2024, 1, 2), at(2024, 1, 1), 0),
    ],
)
def test_years(born: date, moment: datetime, years: int) -> None:
    assert age_in_years(born, moment) == years


@pytest.mark.parametrize(
    ("moment", "youngest", "oldest"),
    [
        (at(2024, 3, 1), 0, 0),
        (at(2024, 3, 1, 10), 0, 10),
        (at(2024, 3, 2, 10), 10, 34),
        (at(2024, 3, 31), 29 * 24, 30 * 24),
        (at(2024, 2, 1), 0, 0),
    ],
)
def test_hours(moment: datetime, youngest: int, oldest: int) -> None:
    assert age_in_hours(date(2024, 3, 1), moment) == (youngest, oldest)


def test_the_day_of_birth_is_the_day_where_the_moment_is() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert age_in_hours(date(2024, 3, 1), datetime(2024, 3, 1, 9, tzinfo=tokyo)) == (0, 9)


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.timedeltas(timedelta(0), timedelta(40000)))
def test_the_true_age_lies_between(born: date, lived: timedelta) -> None:
    begin = datetime(born.year, born.month, born.day, tzinfo=UTC)
    youngest, oldest = age_in_hours(born, begin + lived)
    assert 0 <= youngest <= oldest <= youngest + 24
    assert oldest == lived // timedelta(hours=1)
