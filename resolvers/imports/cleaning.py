"""Text, times and numbers of a sender, as they may enter a row."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from resolvers import inputs
from resolvers.errors import BadInput
from resolvers.imports.drafts import Unfit

IDENTIFIER = 64
"""Characters of an MRN."""
REPORT = 20_000
"""Characters of a textual result: a report is longer than a note."""

# Zero-width space, word joiner, byte order mark, soft hyphen, marks of direction: they say nothing
# and make equal words differ. The joiners U+200C and U+200D are spelling in Persian or Hindi and go
# only where they touch ASCII, in which nothing joins.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    "|(?<=[\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?=[\x00-\x7f])"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?")


def text(value: object, what: str, *, most: int = inputs.NAME, lines: bool = False) -> str | None:
    """One line (or lines) of visible text; None where nothing is left. Raises Unfit."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unfit(f"{what} is not text")
    plain = _CONTROL.sub(" ", _INVISIBLE.sub("", value))
    if not lines:
        plain = _SPACE.sub(" ", plain)
    try:
        return inputs.optional_text(plain, what, most=most, lines=lines)
    except BadInput as error:
        raise Unfit(error.message) from None


def needed(value: object, what: str, *, most: int = inputs.NAME) -> str:
    """Like `text`, where there must be some."""
    found = text(value, what, most=most)
    if found is None:
        raise Unfit(f"{what} is missing")
    return found


def happened(moment: datetime, what: str, now: datetime) -> datetime:
    """A time that has been, and not before anybody alive was born."""
    try:
        return inputs.past(moment, what, now)
    except BadInput as error:
        raise Unfit(error.message) from None


def number(value: object, what: str) -> Decimal:
    """A finite decimal of at most 30 digits before and after the point. Raises Unfit."""
    written = str(value).strip()
    if isinstance(value, bool) or not _NUMBER.fullmatch(written):
        raise Unfit(f"{what} is not a number")
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Unfit(f"{what} is not a number") from None


def iso_moment(value: object, what: str, zone: tzinfo) -> datetime:
    """An ISO 8601 date or time; a date is its first moment in `zone`. Raises Unfit."""
    if not isinstance(value, str):
        raise Unfit(f"{what} is missing" if value is None else f"{what} is no time")
    try:
        if len(value) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(value), time(), zone)
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Unfit(f"{what} is no full date or time") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


_STAMP = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?)?([+-]\d{4})?"
)


def hl7_moment(value: str | None, what: str, zone: tzinfo) -> datetime:
    """An HL7 v2 time stamp, YYYYMMDD[HHMM[SS[.S…]]][+ZZZZ]; without an offset local to `zone`.

    Raises Unfit, also for a stamp that is coarser than a day.
    """
    if not value:
        raise Unfit(f"{what} is missing")
    match = _STAMP.fullmatch(value.strip())
    if match is None:
        raise Unfit(f"{what} is no full date or time")
    *parts, fraction, offset = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    micro = int((fraction or "").ljust(6, "0") or 0)
    try:
        found = datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
        if offset:
            found = datetime.strptime(
                f"{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{offset}",
                "%Y%m%d%H%M%S%z",
            ) + timedelta(microseconds=micro)
    except ValueError:
        raise Unfit(f"{what} is no full date or time") from None
    return found


def digest(*parts: str | None) -> str:
    """A stable short name for what has none of its own."""
    joined = "\x1f".join(part or "" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]
