"""What every input must be before a rule looks at it: text that is text, a time that can be.

Each function takes the value and the input's `field` in GraphQL form, and raises BadInput with it.
No message carries the value.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from resolvers.errors import BadInput

NAME = 200
"""Characters of a name, a code, a short label."""
FREE_TEXT = 2_000
"""Characters of a reason, a note, an address."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""
EARLIEST = datetime(1880, 1, 1, tzinfo=UTC)
"""Before anybody now alive was born: an earlier time is a mistake of the sender."""

FURTHEST = timedelta(days=36_525)
"""A century: what is to be later than that from now is a mistake of the sender as well."""

_LINE_BREAKS = re.compile(r"\r\n?")


def text(value: str, field: str, *, most: int = NAME, lines: bool = False) -> str:
    """The text without space around it; at least one character, no control or broken ones.

    `lines` lets line breaks and tabs through, for what people write at length.
    """
    if value.isascii() and value.isprintable():
        found = value.strip()  # nothing of what follows can be in it
    else:
        found = unicodedata.normalize("NFC", value)
        if lines:
            found = _LINE_BREAKS.sub("\n", found)
        found = found.strip().strip("\u200b\ufeff").strip()
    if not found:
        raise BadInput(f"{field} is empty", field=field)
    if len(found) > most:
        raise BadInput(
            f"{field} is longer than {most} characters", field=field, limit=f"<= {most} characters"
        )
    allowed = "\n\t" if lines else ""
    # Cc: control, among them NUL, which PostgreSQL cannot hold; Cs: half of a surrogate pair.
    if not found.isprintable() and any(
        unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in found
    ):
        raise BadInput(
            f"{field} has control characters", field=field, limit="no control characters"
        )
    return found


def optional_text(
    value: str | None, field: str, *, most: int = NAME, lines: bool = False
) -> str | None:
    """Like `text`; null, and text of nothing but space, is null."""
    if value is None or not value.strip():
        return None
    return text(value, field, most=most, lines=lines)


def past(value: datetime, field: str, now: datetime) -> datetime:
    """A time with an offset that is not in the future (five minutes for the clocks)."""
    if value.tzinfo is None:
        raise BadInput(f"{field} has no offset from UTC", field=field, limit="ISO 8601 with offset")
    if value > now + CLOCK_SKEW:
        raise BadInput(f"{field} is in the future", field=field, limit="<= now")
    if value < EARLIEST:
        raise BadInput(f"{field} is too long ago", field=field, limit=f">= {EARLIEST.year}")
    return value


def future(value: datetime, field: str, now: datetime) -> datetime:
    """A time with an offset that is still to come, and that somebody may live to see."""
    if value.tzinfo is None:
        raise BadInput(f"{field} has no offset from UTC", field=field, limit="ISO 8601 with offset")
    if value <= now:
        raise BadInput(f"{field} is in the past", field=field, limit="> now")
    if value - now > FURTHEST:
        raise BadInput(f"{field} is too far away", field=field, limit="<= 100 years from now")
    return value


def positive(value: Decimal | None, field: str, *, below: Decimal) -> Decimal | None:
    """A finite number over zero and at most `below`, or null."""
    if value is None:
        return None
    if not value.is_finite() or not 0 < value <= below:
        raise BadInput(f"{field} is out of range", field=field, limit=f"> 0 and <= {below}")
    return value
