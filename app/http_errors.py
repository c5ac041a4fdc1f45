"""HTTP errors: what is wrong with a request before it is a GraphQL request at all, as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

JSON = "application/json"
MOST_URL = 16 * 1024
"""Bytes of a request's target; proxies and browsers seldom carry half of it."""


class Malformed(Exception):
    """What came cannot be taken; `status` is that of the answer, `headers` go with it."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = error_body(message, limit)


def error_body(message: str, limit: int | None = None) -> bytes:
    """The JSON of one error of HTTP itself; `message` repeats nothing that was sent."""
    extensions = {"code": "BAD_REQUEST"}
    if limit is not None:
        extensions["limit"] = str(limit)
    return orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
