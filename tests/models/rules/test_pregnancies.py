from datetime import date, timedelta

import pytest

from models.rules.pregnancies import LONGEST, TERM, end, lasts_until, onset, pregnant
from models.rules.refusals import Refusal

BEGAN = date(2026, 1, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "expected", "began"),
    [
        (BEGAN, None, BEGAN),
        (BEGAN, date(2026, 10, 20), BEGAN),
        (None, BEGAN + TERM, BEGAN),
        (None, None, date(2026, 3, 1)),
    ],
)
def test_its_onset(given: date | None, expected: date | None, began: date) -> None:
    assert onset(given, expected, date(2026, 3, 1)) == began


def test_it_counts_from_its_onset_until_its_end() -> None:
    ended = date(2026, 9, 30)
    assert not pregnant(BEGAN, ended, BEGAN - DAY)
    assert pregnant(BEGAN, ended, BEGAN)
    assert pregnant(BEGAN, ended, ended - DAY)
    assert not pregnant(BEGAN, ended, ended)


@pytest.mark.parametrize("ended", [None, BEGAN + LONGEST + DAY])
def test_without_an_end_it_counts_for_forty_two_weeks(ended: date | None) -> None:
    assert timedelta(weeks=42) == LONGEST
    assert pregnant(BEGAN, ended, BEGAN + LONGEST - DAY)
    assert not pregnant(BEGAN, ended, BEGAN + LONGEST)
    assert lasts_until(BEGAN, ended) == BEGAN + LONGEST


def test_it_ends_once() -> None:
    assert end(None, taken_back=False) is None
    assert isinstance(end(BEGAN, taken_back=False), Refusal)
    assert isinstance(end(None, taken_back=True), Refusal)
