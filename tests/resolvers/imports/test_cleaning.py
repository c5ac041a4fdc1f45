"""Text, times and numbers of a sender."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from resolvers.imports import cleaning
from resolvers.imports.drafts import Unfit
from resolvers.imports.exact_json import dumps, loads

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("  two\t\x07 words \n", "two words"),
        ("zero\u200djoined", "zerojoined"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\u202eabc", "abc"),
        ("\u200b \x00", None),
        (None, None),
    ],
)
def test_text_loses_what_cannot_be_seen(written: str | None, clean: str | None) -> None:
    assert cleaning.text(written, "name") == clean


def test_text_that_is_none_or_too_long_is_unfit_and_not_repeated() -> None:
    for value in (7, ["x"], "secret" * 100):
        with pytest.raises(Unfit) as caught:
            cleaning.text(value, "name")
        assert "secret" not in str(caught.value)
    with pytest.raises(Unfit, match="name is missing"):
        cleaning.needed(" ", "name")


@pytest.mark.parametrize("written", ["", "1,5", "NaN", "Infinity", "1e999", "9" * 31, "0x1", True])
def test_what_is_no_number(written: object) -> None:
    with pytest.raises(Unfit):
        cleaning.number(written, "the value")


@pytest.mark.parametrize("written", ["6.90", "-2", ".5", "+1", "1e2", Decimal("6.90"), 7])
def test_what_is_a_number(written: object) -> None:
    assert cleaning.number(written, "the value") == Decimal(str(written))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("20200508130644", datetime(2020, 5, 8, 12, 6, 44, tzinfo=UTC)),
        ("20200108130644", datetime(2020, 1, 8, 13, 6, 44, tzinfo=UTC)),
        ("202005081306", datetime(2020, 5, 8, 12, 6, tzinfo=UTC)),
        ("20200508", datetime(2020, 5, 7, 23, 0, tzinfo=UTC)),
        ("20200508130644.1234+0530", datetime(2020, 5, 8, 7, 36, 44, 123400, tzinfo=UTC)),
    ],
)
def test_a_stamp_without_an_offset_is_of_the_hospital(written: str, moment: datetime) -> None:
    assert cleaning.hl7_moment(written, "the time", LONDON) == moment


@pytest.mark.parametrize("written", [None, "", "2020", "202005", "20201308", "20200508+9999", "x"])
def test_a_stamp_that_is_none(written: str | None) -> None:
    with pytest.raises(Unfit):
        cleaning.hl7_moment(written, "the time", UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2020-05-08", datetime(2020, 5, 7, 23, 0, tzinfo=UTC)),
        ("2020-05-08T13:06:44Z", datetime(2020, 5, 8, 13, 6, 44, tzinfo=UTC)),
        ("2020-05-08T13:06:44.865+02:00", datetime(2020, 5, 8, 11, 6, 44, 865000, tzinfo=UTC)),
        ("2020-05-08T13:06:44", datetime(2020, 5, 8, 12, 6, 44, tzinfo=UTC)),
    ],
)
def test_iso_times(written: str, moment: datetime) -> None:
    assert cleaning.iso_moment(written, "the time", LONDON) == moment


@pytest.mark.parametrize("written", [None, 7, "2020", "2020-05", "yesterday", "2020-02-30"])
def test_an_iso_time_that_is_none(written: object) -> None:
    with pytest.raises(Unfit):
        cleaning.iso_moment(written, "the time", UTC)


def test_json_keeps_its_digits() -> None:
    text = '{"a": [6.90, 1.00000000000000000001, 3, null, true], "b": {"c": "\u00e9\\n"}}'
    assert dumps(loads(text)) == text
