"""The outermost ASGI application: every answer bears its request's id, and every error is JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from app import pages
from app.correlation import REQUEST_ID, correlation_of
from app.http_counters import HttpCounters
from app.http_errors import JSON, MOST_URL, Malformed, error_body
from resolvers import faults
from resolvers.errors import Unavailable

_REPORTED = "wardline.reported"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Application(Starlette):
    """A Starlette whose `direct` paths are answered by their ASGI applications themselves: what its
    middleware and its router cost is paid by pages alone."""

    def __init__(
        self,
        routes: Sequence[Any],
        *,
        direct: Mapping[str, ASGIApp],
        lifespan: Lifespan[Any] | None = None,
    ) -> None:
        super().__init__(
            routes=routes,
            lifespan=lifespan,
            exception_handlers={HTTPException: http_error, Exception: fault},
        )
        self._direct = direct
        self.counters = HttpCounters()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing is raised to the server, whose log would tell its text."""
        if scope["type"] == "websocket":
            await self._upgrade(scope, receive, send)
            return
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        correlation = correlation_of(dict(scope["headers"]))
        answered = (REQUEST_ID, correlation.encode("ascii"))
        began, started = perf_counter(), False

        async def correlated(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self.counters.note(message["status"], perf_counter() - began)
                message["headers"] = [*message["headers"], answered]
            await send(message)

        token = faults.CORRELATION.set(correlation)
        try:
            check_target(scope)
            direct = self._direct.get(scope["path"])
            if direct is not None:
                await direct(scope, receive, correlated)
            else:
                await super().__call__(scope, receive, correlated)
        except Malformed as fault:
            await respond(correlated, fault.status, fault.body, fault.headers)
        except Exception as error:  # noqa: BLE001 (the last line before the server)
            if _REPORTED not in scope:
                failure = failure_of(error)
                if not started:
                    await respond(correlated, *failure)
        finally:
            faults.CORRELATION.reset(token)

    async def _upgrade(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket. What it says, and what is logged of it, has the id of its request."""
        correlation = correlation_of(dict(scope["headers"]))

        async def correlated(message: Message) -> None:
            if message["type"] in {"websocket.accept", "websocket.http.response.start"}:
                answered = (REQUEST_ID, correlation.encode("ascii"))
                message["headers"] = [*message.get("headers", ()), answered]
            await send(message)

        token = faults.CORRELATION.set(correlation)
        try:
            await super().__call__(scope, receive, correlated)
        except Exception as error:  # noqa: BLE001 (the last line before the server)
            faults.report(error)
        finally:
            faults.CORRELATION.reset(token)


def failure_of(error: Exception) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of an answer to what failed, which is logged: 503 for who came while
    there was no database."""
    if not faults.is_transient(error):
        return 500, orjson.dumps({"errors": faults.report(error)}), {}
    faults.note(error)
    refusal = Unavailable(writing=False)
    told = {"message": refusal.message, "extensions": refusal.extensions}
    return 503, orjson.dumps({"errors": [told]}), {"retry-after": str(refusal.retry_after)}


def check_target(scope: Scope) -> None:
    """Raise Malformed where the request's target is too long, or its escapes are none."""
    path: bytes = scope.get("raw_path") or b""
    query: bytes = scope["query_string"]
    if len(path) + len(query) > MOST_URL:
        raise Malformed(414, f"the address is longer than {MOST_URL} bytes", limit=MOST_URL)
    # The search is twenty times what looking for the one character costs.
    escaped = b"%" in path or b"%" in query
    if escaped and (_BROKEN_ESCAPE.search(path) or _BROKEN_ESCAPE.search(query)):
        raise Malformed(400, "the address holds a % that escapes nothing")


async def respond(
    send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """Send a whole answer of JSON, which nobody keeps."""
    sent = {
        "content-type": f"{JSON}; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **(headers or {}),
    }
    raw = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()
    ]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def http_error(request: Request, error: Exception) -> Response:
    """A fault of HTTP itself (no such path, no such method) as JSON like every other error; a
    person who mistyped an address gets a page."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and request.method == "GET" and takes_pages(request):
        return pages.nowhere()
    headers = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **(error.headers or {}),
    }
    body = error_body(error.detail)
    return Response(body, error.status_code, headers, f"{JSON}; charset=utf-8")


def takes_pages(request: Request) -> bool:
    """True for a browser that was sent to an address, and for none of what a page asks for."""
    return "text/html" in request.headers.get("accept", "")


async def fault(request: Request, error: Exception) -> Response:
    """A fault of ours in a page. Starlette raises it again once this is sent."""
    request.scope[_REPORTED] = True
    status, body, headers = failure_of(error)
    return Response(
        body, status, {"cache-control": "no-store", **headers}, f"{JSON}; charset=utf-8"
    )
