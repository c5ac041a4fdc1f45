"""Handshake: what a request for a WebSocket is told where none comes of it.

It is refused as HTTP, before there is a socket: that costs the least, and what a page of another
origin asks for never begins. A browser tells its page 1006, after which clients come again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from subscriptions import origins
from subscriptions.gate import Full

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER = 5
"""Seconds after which a client that had no place is told to come again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the socket."""

    status: HTTPStatus
    message: str
    extensions: dict[str, Any]

    @classmethod
    def of_origin(cls) -> Refusal:
        """A page of another origin asks."""
        message = "this origin is none of WARDLINE_ALLOWED_ORIGINS, and not the server's own"
        return cls(HTTPStatus.FORBIDDEN, message, {"code": "FORBIDDEN"})

    @classmethod
    def of_end(cls) -> Refusal:
        """The server goes down."""
        extensions = {"code": "UNAVAILABLE", "retryAfter": 1}
        return cls(HTTPStatus.SERVICE_UNAVAILABLE, "the server is going down", extensions)

    @classmethod
    def of_limit(cls, full: Full) -> Refusal:
        """There is no place."""
        status = HTTPStatus.TOO_MANY_REQUESTS if full.own else HTTPStatus.SERVICE_UNAVAILABLE
        extensions = {
            "code": "THROTTLED",
            "limit": str(full.at_most),
            "exceeded": full.limit,
            "retryAfter": RETRY_AFTER,
        }
        return cls(status, str(full), extensions)


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of the request, by their names in small letters."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def address_of(scope: Scope) -> str | None:
    """Where the client is, as the server and the proxies that it trusts say."""
    client = scope.get("client")
    return client[0] if client else None


def foreign(headers: MutableMapping[str, str], allowed_origins: Collection[str]) -> bool:
    """Whether a page of another origin asks. Who names no origin is no browser."""
    return "origin" in headers and not origins.allowed(headers, allowed_origins)


async def refuse(send: Send, refusal: Refusal) -> None:
    """Answer, and end the connection."""
    told = {"message": refusal.message, "extensions": refusal.extensions}
    body = orjson.dumps({"errors": [told]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if "retryAfter" in refusal.extensions:
        headers.append((b"retry-after", b"%d" % refusal.extensions["retryAfter"]))
    start = {"type": "websocket.http.response.start", "status": int(refusal.status)}
    await send({**start, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
