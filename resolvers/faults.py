"""Faults of ours: logged with their stack under a number, which is all that the client sees."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from models.base import new_id

_LOG = logging.getLogger("wardline.faults")


def report(error: BaseException) -> list[dict[str, Any]]:
    """Log an error the code did not foresee; the GraphQL errors to answer with.

    The exception's own text is in neither: PostgreSQL repeats values in it, which may be a
    patient's. Type and stack say where to look.
    """
    correlation_id = str(new_id())
    stack = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    _LOG.error("%s (correlation %s)\n%s", type(error).__qualname__, correlation_id, stack)
    return [
        {
            "message": "Something went wrong here; it has been noted.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "correlationId": correlation_id},
        }
    ]
