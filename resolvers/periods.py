"""Periods: the stretch of time that is asked for, by the arguments `from` and `to`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import TIMESTAMP, ColumnElement, cast

from resolvers.reading.sources import Derivation

MOMENT = TIMESTAMP(timezone=True)
_ENDS = ("from", "to")

Check = Callable[[datetime, datetime], None]
"""(begin, end) → nothing, or a Refusal is raised."""


def asked(
    given: Derivation, check: Check
) -> tuple[ColumnElement[Any] | None, ColumnElement[Any] | None]:
    """Where the period begins and where it ends; None where that is open. Where both are said,
    each is looked at beside the other."""
    ends = [given.argument(name) for name in _ENDS]
    if None not in ends:
        begin, end = (
            given.combined(_ENDS, MOMENT, partial(_checked, check, which)) for which in (0, 1)
        )
        return cast(begin, MOMENT), cast(end, MOMENT)
    since, until = (None if one is None else cast(one(MOMENT), MOMENT) for one in ends)
    return since, until


def _checked(check: Check, which: int, *ends: datetime) -> datetime:
    check(*ends)
    return ends[which]
