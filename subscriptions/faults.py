"""Faults: which pass by themselves, and how one of ours is told without a patient's data."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import asyncpg

from models import new_id

TRANSIENT = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""Worth another try: the server is away, starting, stopping, full, or two statements collided."""

_LOG = logging.getLogger(__name__)


class Unavailable(Exception):
    """The database did not answer in time; the client should come again."""


def internal(error: BaseException) -> list[dict[str, Any]]:
    """The GraphQL errors for a fault of ours, and a line in the log with the same number.

    The exception's text is left out of both: PostgreSQL repeats values in it.
    """
    correlation = str(new_id())
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{frames[0].filename}:{frames[0].lineno}" if frames else "unknown place"
    _LOG.error("%s at %s (correlation %s)", type(error).__name__, where, correlation)
    return [
        {
            "message": "Something went wrong here; it has been noted.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "correlationId": correlation},
        }
    ]
