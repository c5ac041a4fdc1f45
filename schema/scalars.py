"""Scalars: exact numbers and times with an offset.

A Decimal leaves as a string, so that no client rounds it, and comes in as a string or a number. A
DateTime must carry an offset: a time without one means another moment in another place.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition, scalar

MOST_DIGITS = 30
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def parse_decimal(value: object) -> Decimal:
    """A finite decimal of at most 30 digits, from a JSON string or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise GraphQLError("a Decimal is a string or a number")
    text = repr(value) if isinstance(value, float) else str(value)
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise GraphQLError("this is not a Decimal") from None
    if not number.is_finite():
        raise GraphQLError("a Decimal is finite")
    _, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or abs(int(exponent)) > MOST_DIGITS:
        raise GraphQLError(f"a Decimal has at most {MOST_DIGITS} digits")
    return number


def parse_datetime(value: object) -> datetime:
    """An ISO 8601 time with an offset, as UTC."""
    if not isinstance(value, str):
        raise GraphQLError("a DateTime is a string in ISO 8601")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError("this is not a DateTime in ISO 8601") from None
    if moment.tzinfo is None:
        raise GraphQLError("a DateTime needs an offset, such as Z or +01:00")
    try:
        found = moment.astimezone(UTC)
    except OverflowError:
        raise GraphQLError("this DateTime is out of range") from None
    if not _FIRST < found < _LAST:
        # asyncpg sends these two as -infinity and infinity.
        raise GraphQLError("this DateTime is out of range")
    return found


def parse_date(value: object) -> date:
    """A calendar date, YYYY-MM-DD."""
    if not isinstance(value, str) or not _DATE.match(value):
        raise GraphQLError("a Date is a string YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError("there is no such Date") from None


def _literal(parse: Callable[[object], object], *written: type[Any]) -> Callable[..., object]:
    """What parses a scalar in a document, from the text of a literal, and says where it is wrong.
    A literal of another kind than `written` is what no variable could be either."""

    def parse_literal(node: ValueNode, _variables: Any = None) -> object:
        try:
            return parse(node.value if isinstance(node, written) else None)
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: scalar(
        name="Decimal",
        description="An exact decimal. Out: a string. In: a string or a number.",
        serialize=str,
        parse_value=parse_decimal,
        parse_literal=_literal(parse_decimal, StringValueNode, IntValueNode, FloatValueNode),
    ),
    datetime: scalar(
        name="DateTime",
        description="A moment in ISO 8601 with an offset.",
        serialize=datetime.isoformat,
        parse_value=parse_datetime,
        parse_literal=_literal(parse_datetime, StringValueNode),
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: scalar(
        name="Date",
        description="A calendar date, YYYY-MM-DD.",
        serialize=date.isoformat,
        parse_value=parse_date,
        parse_literal=_literal(parse_date, StringValueNode),
    ),
}
