"""Faults of ours: logged with their stack under a number, which is all that the client sees."""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from typing import Any

import asyncpg

from models.base import new_id

TRANSIENT = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    # A lock that is not to be had, and a database that takes no connections for now.
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""Worth another try: the server is away, starting, stopping, full, or two statements collided."""

FRAMES = 30
"""The end of a stack says where; a recursion that ran away has a thousand of them."""

CORRELATION: ContextVar[str | None] = ContextVar("correlation", default=None)
"""The id of the request that is being answered; None outside of one (clocks, the live channel)."""

_LOG = logging.getLogger("wardline.faults")


def is_transient(error: BaseException) -> bool:
    """Whether another try is worth it. asyncpg's InterfaceError is also what it says of a value
    that it can not encode, which stays as wrong as it is."""
    return isinstance(error, TRANSIENT) and not isinstance(error, ValueError)


def note(error: BaseException) -> None:
    """Log a transient error: its type and the place, on one line, for there are many of them."""
    *_, last = traceback.extract_tb(error.__traceback__) or [None]
    place = "" if last is None else f" at {last.filename}:{last.lineno}"
    correlation_id = CORRELATION.get() or "-"
    _LOG.warning("%s%s (correlation %s)", type(error).__qualname__, place, correlation_id)


def stack_of(error: BaseException) -> str:
    """Where it was raised, a line for each frame."""
    return "\n".join(
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]
    )


def report(error: BaseException) -> list[dict[str, Any]]:
    """Log an error the code did not foresee; the GraphQL errors to answer with.

    The exception's own text is in neither: PostgreSQL repeats values in it, which may be a
    patient's. Type and stack say where to look. The number is that of the request, if there is one.
    """
    correlation_id = CORRELATION.get() or str(new_id())
    name, stack = type(error).__qualname__, stack_of(error)
    _LOG.error("%s (correlation %s)\n%s", name, correlation_id, stack)
    return [
        {
            "message": "Something went wrong here; it has been noted.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "correlationId": correlation_id},
        }
    ]
