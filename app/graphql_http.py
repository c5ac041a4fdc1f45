"""GraphQL over HTTP: what comes in, what goes out, and with which status.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` answers a request
that could not be executed with 400, `application/json` answers it with 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import pages
from app.settings import Settings
from resolvers import faults
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Answer, Engine
from subscriptions import origins
from subscriptions.feeds import Authenticate

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
MOST_BYTES = 4 * 1024 * 1024
"""The largest body; a call with 1,000 results is about 300 kB."""
MOST_BYTES_OF_STRANGERS = 64 * 1024
CLIENT_HEADER = "x-wardline-client"
"""A page of another site cannot send it without being asked: it lets the cookie count on GET."""


class Malformed(Exception):
    """What came is no GraphQL request; `status` is that of the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class GraphQLEndpoint:
    """The ASGI application of `/graphql`. `open` gives it what there is once the app runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._authenticate: Authenticate | None = None

    def open(self, engine: Engine, authenticate: Authenticate) -> None:
        """Begin to answer."""
        self._engine = engine
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Malformed as fault:
            response = _json(
                fault.status,
                JSON,
                _errors(str(fault), "BAD_REQUEST"),
                fault.headers,
            )
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 (the last line before the client)
            response = _json(500, JSON, orjson.dumps({"errors": faults.report(error)}))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        assert self._engine is not None
        headers = request.headers
        address = request.client.host if request.client else ""
        actor: Actor | None = None
        if request.method == "GET":
            if "query" not in request.query_params and "text/html" in headers.get("accept", ""):
                return pages.page("graphiql.html")
            type_ = _accepted(headers)
            sent = _from_query(request.query_params)
            actor = await self._actor(request, address)
        elif request.method == "POST":
            type_ = _accepted(headers)
            # Who is not signed in has nothing long to say.
            actor = await self._actor(request, address)
            most = MOST_BYTES if actor is not None else MOST_BYTES_OF_STRANGERS
            sent = _request(_parsed(await _body(request, most)))
        else:
            raise Malformed(405, "use POST, or GET for a query", Allow="GET, POST")
        answer = await self._engine.answer(sent, actor, address, request.method == "GET")
        response = _json(_status(answer, type_), type_, answer.body)
        if answer.refused == "METHOD_NOT_ALLOWED":
            response.headers["allow"] = "POST"
        self._keep_session(request, response, answer)
        return response

    async def _actor(self, request: Request, address: str) -> Actor | None:
        assert self._authenticate is not None
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            token = request.cookies.get(origins.COOKIE, "") if self._own(request) else ""
        return await self._authenticate(token.strip(), address) if token else None

    def _own(self, request: Request) -> bool:
        """Whether the request comes from a page that may use the browser's cookie."""
        if "origin" in request.headers:
            return origins.allowed(request.headers, self._settings.allowed_origins)
        # A browser names no origin on a GET of the page's own site.
        return request.method == "GET" and CLIENT_HEADER in request.headers

    def _keep_session(self, request: Request, response: Response, answer: Answer) -> None:
        """The cookie, for a browser: pages never hold the token."""
        secure = self._settings.cookie_secure or request.url.scheme == "https"
        if answer.session is not None and "origin" in request.headers and self._own(request):
            response.set_cookie(
                origins.COOKIE,
                answer.session.token,
                max_age=int((answer.session.expires_at - datetime.now(UTC)).total_seconds()),
                httponly=True,
                samesite="strict",
                secure=secure,
            )
        elif answer.signed_out:
            response.delete_cookie(origins.COOKIE, httponly=True, samesite="strict", secure=secure)


async def _body(request: Request, most: int) -> bytes:
    type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ != JSON:
        raise Malformed(415, f"the body must be {JSON}")
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most:
            raise Malformed(413, f"the body is larger than {most} bytes")
    return bytes(parts)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed(400, "the body is no JSON in UTF-8") from None


def _from_query(parameters: Mapping[str, str]) -> GraphQLRequest:
    sent: dict[str, Any] = {"query": parameters.get("query")}
    for name in ("variables", "extensions"):
        if parameters.get(name):
            sent[name] = _parsed(parameters[name].encode())
    sent["operationName"] = parameters.get("operationName") or None
    return _request(sent)


def _request(sent: Any) -> GraphQLRequest:
    if not isinstance(sent, dict):
        raise Malformed(400, "a request is one JSON object; batches are not served")
    query, name = sent.get("query"), sent.get("operationName")
    variables, extensions = sent.get("variables"), sent.get("extensions")
    if not isinstance(query, str) or not query:
        raise Malformed(400, "query: a string is needed")
    if name is not None and not isinstance(name, str):
        raise Malformed(400, "operationName: must be a string or null")
    if variables is not None and not isinstance(variables, dict):
        raise Malformed(400, "variables: must be an object or null")
    if extensions is not None and not isinstance(extensions, dict):
        raise Malformed(400, "extensions: must be an object or null")
    return GraphQLRequest(query, name, variables)


def _accepted(headers: Headers) -> str:
    """The media type of the answer. Who accepts nothing in particular gets application/json."""
    accept = headers.get("accept", "*/*") or "*/*"
    offered: list[tuple[float, str]] = []
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            offered.append((float(quality), name.lower()))
        except ValueError:
            continue
    for _, name in sorted((one for one in offered if one[0] > 0), key=lambda one: -one[0]):
        if name == GRAPHQL:
            return GRAPHQL
        if name in (JSON, "application/*", "*/*"):
            return JSON
    raise Malformed(406, f"the answer is {GRAPHQL} or {JSON}")


def _status(answer: Answer, type_: str) -> int:
    if answer.refused is None:
        return 200
    if answer.refused == "METHOD_NOT_ALLOWED":
        return 405
    if type_ == JSON:
        return 200
    return 401 if answer.refused == "UNAUTHENTICATED" else 400


def _errors(message: str, code: str) -> bytes:
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})


def _json(
    status: int, type_: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        body,
        status,
        {
            "content-type": f"{type_}; charset=utf-8",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "vary": "Accept, Cookie, Authorization, Origin",
            **(headers or {}),
        },
    )
