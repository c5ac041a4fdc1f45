"""Scalars: exact numbers, times with an offset, and nothing of what was sent in what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, parse, parse_value, validate
from hypothesis import given
from hypothesis import strategies as st

from schema.catalogue import CORE
from schema.scalars import MOST_DIGITS, parse_date, parse_datetime, parse_decimal

finite = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15
)


@given(finite)
def test_a_decimal_comes_in_as_it_is_written(number: Decimal) -> None:
    written = str(number)
    assert str(parse_decimal(written)) == written
    assert CORE.type_map["Decimal"].serialize(parse_decimal(written)) == written  # type: ignore[attr-defined]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_json_number_is_its_shortest_writing(number: float) -> None:
    """6.9 is 6.9, not the binary fraction beside it."""
    if abs(number) > 1e-12 or number == 0:
        assert parse_decimal(number) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("6.9", "6.9"), ("6.90", "6.90"), (6.9, "6.9"), (7, "7"), ("-0.5", "-0.5"), ("1e3", "1E+3")],
)
def test_decimals(value: Any, expected: str) -> None:
    assert str(parse_decimal(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "1,5",
        "NaN",
        "Infinity",
        "-inf",
        "sNaN",
        "1e31",
        "1e-31",
        "1" * 31,
        True,
        None,
        [],
        {},
        ["1"],
        float("nan"),
        float("inf"),
        b"1",
    ],
)
def test_what_is_no_decimal(value: Any) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse_decimal(value)
    said = str(refused.value)
    assert len(str(value)) < 3 or str(value) not in said.replace(str(MOST_DIGITS), "")


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_the_moment_and_utc(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60 or moment.year in (1, 9999):
        return
    found = parse_datetime(moment.isoformat())
    assert found == moment.astimezone(UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        # What the driver takes for -infinity and infinity.
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T22:59:59.999999-01:00",
        5,
        None,
        True,
        [],
        {},
    ],
)
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse_datetime(value)
    assert not isinstance(value, str) or not value.strip("x") or value not in str(refused.value)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999998Z"])
def test_the_first_and_the_last_time(value: str) -> None:
    assert parse_datetime(value) == datetime.fromisoformat(value)


@given(st.dates())
def test_dates(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "value",
    ["", "2026-1-1", "2026-01-01T00:00:00Z", "20260101", "2026-02-30", "2026-01-01\n", 5, None, []],
)
def test_what_is_no_date(value: Any) -> None:
    with pytest.raises(GraphQLError):
        parse_date(value)


@pytest.mark.parametrize("literal", ["6.90", '"6.90"', "7"])
def test_a_literal_keeps_its_digits(literal: str) -> None:
    """A number in the document is read from its text, never through a float."""
    scalar: Any = CORE.type_map["Decimal"]
    node = parse_value(literal)
    assert str(scalar.parse_literal(node, None)) == literal.strip('"')


@pytest.mark.parametrize(
    "argument",
    [
        'recordedAt: "yesterday"',
        "recordedAt: 5",
        "recordedAt: [5]",
        'recordedAt: "2026-01-01T00:00:00Z", temperature: "warm"',
        'recordedAt: "2026-01-01T00:00:00Z", temperature: true',
    ],
)
def test_what_is_wrong_in_a_document_has_its_place(argument: str) -> None:
    text = f'mutation {{ recordVitals(input: {{ patientId: "x", {argument} }}) {{ __typename }} }}'
    [error] = validate(CORE, parse(text))
    assert error.locations is not None
    [place] = error.locations
    assert text[place.column - 1 :].startswith(argument.rpartition(": ")[2])
