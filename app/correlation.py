"""Correlation: the id under which a request is found in our logs, the client's and the proxy's."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from models.base import new_id
from resolvers.faults import CORRELATION

REQUEST_ID = b"x-request-id"
_SAFE = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-.*")


def correlation_of(headers: Mapping[bytes, bytes]) -> str:
    """The id of a request: its X-Request-ID, the trace of its traceparent, or a new one.

    One that is longer than 128 characters or holds others than letters, digits and `._~:/+=@-` is
    not taken: it would go into logs as it is.
    """
    given = headers.get(REQUEST_ID)
    if given is not None and _SAFE.fullmatch(given):
        return given.decode("ascii")
    trace = headers.get(b"traceparent")
    if trace is not None and (found := _TRACEPARENT.fullmatch(trace)):
        return found[1].decode("ascii")
    return str(new_id())


class CorrelationFilter(logging.Filter):
    """Gives every record of a log the id of the request it belongs to, or `-`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: it adds, and leaves nothing out."""
        record.correlation = CORRELATION.get() or "-"
        return True
