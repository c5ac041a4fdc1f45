"""GraphQL over HTTP: what comes in, what goes out, and with which status.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` answers a request
that could not be executed with 400, `application/json` answers it with 200. docs/http.md tells all
of it; what it costs a request is counted in microseconds, so nothing here goes through Starlette.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app import pages
from app.compression import WORTHWHILE, compressed
from app.etags import etag, held
from app.graphql_requests import body_of, from_body, from_query
from app.http_errors import JSON, Malformed
from app.negotiation import GRAPHQL, coding, media_type
from app.persisted_documents import PersistedDocuments
from app.settings import Settings
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError
from schema.answers import Answer, refused
from schema.execution import Engine
from subscriptions import origins
from subscriptions.feeds import Authenticate

PREFLIGHTED = (
    b"x-wardline-client",
    b"apollo-require-preflight",
    b"x-apollo-operation-name",
    b"graphql-require-preflight",
    b"x-graphql-yoga-csrf",
)
"""A page of another site cannot send these without being asked: each lets the cookie count on GET.
The first is our own; the others are what clients of Apollo, Hot Chocolate and Yoga send anyway."""

Headers = Mapping[bytes, bytes]
RawHeaders = list[tuple[bytes, bytes]]

_CONTENT_TYPE = {
    name: (b"content-type", f"{name}; charset=utf-8".encode()) for name in (JSON, GRAPHQL)
}
_VARY = (b"vary", b"Accept, Accept-Encoding, Cookie, Authorization, Origin")
_NO_STORE = (b"cache-control", b"no-store")
_REVALIDATED = (b"cache-control", b"private, no-cache")
_DATA = b'{"data":{'
_NO_SNIFF = (b"x-content-type-options", b"nosniff")
_OF_SESSIONS = (b"set-cookie", b"clear-site-data")
_ASKING = (b"query=", b"documentId=", b"extensions=")
_LISTS = {b"accept": b", ", b"accept-encoding": b", ", b"cookie": b"; ", b"if-none-match": b", "}


class GraphQLEndpoint:
    """The ASGI application of `/graphql`. `open` gives it what there is once the app runs."""

    def __init__(self, settings: Settings) -> None:
        self._allowed_origins = settings.allowed_origins
        self._cookie_secure = settings.cookie_secure
        self._most_bytes = settings.limit_body_bytes
        self._most_bytes_of_strangers = settings.limit_stranger_body_bytes
        self._engine: Engine | None = None
        self._authenticate: Authenticate | None = None
        self._documents: PersistedDocuments | None = None

    def open(
        self, engine: Engine, authenticate: Authenticate, documents: PersistedDocuments
    ) -> None:
        """Begin to answer."""
        self._engine = engine
        self._authenticate = authenticate
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request. Raises Malformed for what is no GraphQL request."""
        headers = merged(scope["headers"])
        try:
            if scope["method"] == "POST":
                await self._post(scope, headers, receive, send)
            elif scope["method"] == "GET":
                await self._get(scope, headers, receive, send)
            else:
                raise Malformed(405, "use POST, or GET for a query", {"allow": "GET, POST"})
        except ClientDisconnect:
            return

    async def _post(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        type_ = media_type(headers.get(b"accept", b"").decode("latin-1"))
        address = _address(scope)
        actor = await self._actor("POST", headers, address)
        # Who is not signed in has nothing long to say.
        most = self._most_bytes if actor is not None else self._most_bytes_of_strangers
        sent = from_body(await body_of(headers, receive, most))
        answer = await self._answer(sent, actor, address)
        cookies = self._cookies(scope, headers, answer)
        await self._send(send, headers, type_, answer, (_NO_STORE, *cookies))

    async def _get(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        asks = any(name in query for name in _ASKING)
        if not asks and b"text/html" in headers.get(b"accept", b""):
            await pages.page("graphiql.html")(scope, receive, send)
            return
        type_ = media_type(headers.get(b"accept", b"").decode("latin-1"))
        sent = from_query(query)
        address = _address(scope)
        actor = await self._actor("GET", headers, address)
        try:
            sent = await self._found(sent, actor)
        except RequestError as error:
            await self._send(send, headers, type_, refused(error.errors))
            return
        assert self._engine is not None
        # Before the answer, so that it never stands for a newer one than was sent with it.
        tag = await self._engine.tag(sent, actor)
        if tag is not None and held(headers.get(b"if-none-match"), tag):
            raw = [(b"etag", etag(tag)), _REVALIDATED, _VARY, _NO_SNIFF]
            await send({"type": "http.response.start", "status": 304, "headers": raw})
            await send({"type": "http.response.body", "body": b""})
            return
        answer = await self._engine.answer(sent, actor, address, read_only=True)
        # An answer without data says what went wrong this time.
        if tag is not None and answer.body.startswith(_DATA):
            kept = ((b"etag", etag(tag)), _REVALIDATED)
            await self._send(send, headers, type_, answer, kept)
        else:
            await self._send(send, headers, type_, answer)

    async def _answer(self, sent: GraphQLRequest, actor: Actor | None, address: str) -> Answer:
        assert self._engine is not None
        try:
            sent = await self._found(sent, actor)
        except RequestError as error:
            return refused(error.errors)
        return await self._engine.answer(sent, actor, address)

    async def _found(self, sent: GraphQLRequest, actor: Actor | None) -> GraphQLRequest:
        """The request with the document that it names. Raises RequestError."""
        assert self._documents is not None
        return sent if self._documents.plain(sent) else await self._documents(sent, actor)

    async def _send(
        self,
        send: Send,
        headers: Headers,
        type_: str,
        answer: Answer,
        extra: Sequence[tuple[bytes, bytes]] = (_NO_STORE,),
    ) -> None:
        body, status = answer.body, _status(answer, type_)
        raw = [_CONTENT_TYPE[type_], _VARY, _NO_SNIFF, *extra]
        if answer.retry_after is not None:
            raw.append((b"retry-after", b"%d" % answer.retry_after))
        if status == 405:
            raw.append((b"allow", b"POST"))
        if len(body) > WORTHWHILE and answer.session is None:
            named = coding(headers.get(b"accept-encoding", b"").decode("latin-1"))
            if named is not None:
                body = await compressed(body, named)
                raw.append((b"content-encoding", named.encode("ascii")))
        raw.append((b"content-length", b"%d" % len(body)))
        start: Message = {"type": "http.response.start", "status": status, "headers": raw}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _actor(self, method: str, headers: Headers, address: str) -> Actor | None:
        """Who asks. A bearer token always counts; the cookie, which a browser sends by itself, only
        for a page that may use it. Whoever sends neither is a stranger, and answered as one."""
        assert self._authenticate is not None
        given = headers.get(b"authorization")
        if given is not None:
            scheme, _, token = given.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and token.strip():
                return await self._authenticate(token.strip(), address)
        cookies = headers.get(b"cookie")
        if cookies is None or not self._own(method, headers):
            return None
        token = cookie_parser(cookies.decode("latin-1")).get(origins.COOKIE, "").strip()
        return await self._authenticate(token, address) if token else None

    def _own(self, method: str, headers: Headers) -> bool:
        """Whether the request comes from a page that may use the browser's cookie."""
        if b"origin" in headers:
            named = {
                name: headers.get(name.encode("ascii"), b"").decode("latin-1")
                for name in ("origin", "host")
            }
            return origins.allowed(named, self._allowed_origins)
        # A browser names no origin on a GET of the page's own site.
        return method == "GET" and any(name in headers for name in PREFLIGHTED)

    def _cookies(self, scope: Scope, headers: Headers, answer: Answer) -> RawHeaders:
        """The cookie, for a browser: pages never hold the token."""
        if answer.session is None and not answer.signed_out:
            return []
        secure = self._cookie_secure or scope["scheme"] == "https"
        carrier = Response()
        if answer.session is None:
            carrier.delete_cookie(origins.COOKIE, httponly=True, samesite="strict", secure=secure)
            # Boards that a shared station's browser holds (ETag) are not for who comes next.
            carrier.headers["clear-site-data"] = '"cache"'
        elif b"origin" in headers and self._own("POST", headers):
            carrier.set_cookie(
                origins.COOKIE,
                answer.session.token,
                max_age=int((answer.session.expires_at - datetime.now(UTC)).total_seconds()),
                httponly=True,
                samesite="strict",
                secure=secure,
            )
        return [header for header in carrier.raw_headers if header[0] in _OF_SESSIONS]


def merged(raw: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name. Of one that comes twice the last counts, unless it is a list."""
    found = dict(raw)
    if len(found) != len(raw):
        for name, separator in _LISTS.items():
            if name in found:
                found[name] = separator.join(value for one, value in raw if one == name)
    return found


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _status(answer: Answer, type_: str) -> int:
    if answer.refused is None:
        return 200
    if answer.refused == "METHOD_NOT_ALLOWED":
        return 405
    if answer.refused == "BUDGET_EXHAUSTED":
        return 429
    if type_ == JSON:
        return 200
    return 401 if answer.refused == "UNAUTHENTICATED" else 400
