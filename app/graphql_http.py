"""GraphQL over HTTP: what comes in, what goes out, and with which status.

Follows the GraphQL-over-HTTP specification: `application/graphql-response+json` answers a request
that could not be executed with 400, `application/json` answers it with 200. docs/http.md tells all
of it; what it costs a request is counted in microseconds, so nothing here goes through Starlette.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from app import pages
from app.application import respond
from app.compression import WORTHWHILE, compressed
from app.credentials import Credentials, Headers, RawHeaders
from app.etags import etag, held
from app.graphql_requests import body_of, from_body, from_query
from app.http_errors import JSON, Malformed
from app.negotiation import EVENT_STREAM, GRAPHQL, coding, media_type
from app.persisted_documents import PersistedDocuments
from app.settings import Settings
from resolvers import faults
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError
from resolvers.reading.statements import encoded
from schema.answers import Answer, refused
from schema.execution import Engine
from subscriptions.feeds import Authenticate
from subscriptions.gate import Full
from subscriptions.handshake import Refusal
from subscriptions.streams import COMPLETE, EVENTS, Streams, line_of, next_event, retry

_CONTENT_TYPE = {
    name: (b"content-type", f"{name}; charset=utf-8".encode()) for name in (JSON, GRAPHQL)
}
_VARY = (b"vary", b"Accept, Accept-Encoding, Cookie, Authorization, Origin")
_NO_STORE = (b"cache-control", b"no-store")
_REVALIDATED = (b"cache-control", b"private, no-cache")
_DATA = b'{"data":{'
_NO_SNIFF = (b"x-content-type-options", b"nosniff")
_ASKING = (b"query=", b"documentId=", b"extensions=")
_LISTS = {b"accept": b", ", b"accept-encoding": b", ", b"cookie": b"; ", b"if-none-match": b", "}


class GraphQLEndpoint:
    """The ASGI application of `/graphql`. `open` gives it what there is once the app runs."""

    def __init__(self, settings: Settings) -> None:
        self._credentials = Credentials(settings)
        self._most_bytes = settings.limit_body_bytes
        self._most_bytes_of_strangers = settings.limit_stranger_body_bytes
        self._engine: Engine | None = None
        self._authenticate: Authenticate | None = None
        self._documents: PersistedDocuments | None = None
        self._streams: Streams | None = None

    def open(
        self,
        engine: Engine,
        authenticate: Authenticate,
        documents: PersistedDocuments,
        streams: Streams,
    ) -> None:
        """Begin to answer."""
        self._engine = engine
        self._streams = streams
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
        if type_ == EVENT_STREAM:
            await self._events(scope, headers, receive, send)
            return
        address = _address(scope)
        actor = await self._actor("POST", headers, address)
        sent = await self._body(headers, receive, actor)
        answer = await self._answer(sent, actor, address)
        cookies = self._credentials.cookies(scope, headers, answer)
        await self._send(send, headers, type_, answer, (_NO_STORE, *cookies))

    async def _get(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        asks = any(name in query for name in _ASKING)
        if not asks and b"text/html" in headers.get(b"accept", b""):
            await pages.page("graphiql.html")(scope, receive, send)
            return
        type_ = media_type(headers.get(b"accept", b"").decode("latin-1"))
        if type_ == EVENT_STREAM:
            await self._events(scope, headers, receive, send)
            return
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

    async def _body(
        self, headers: Headers, receive: Receive, actor: Actor | None
    ) -> GraphQLRequest:
        # Who is not signed in has nothing long to say.
        most = self._most_bytes if actor is not None else self._most_bytes_of_strangers
        return from_body(await body_of(headers, receive, most))

    async def _events(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Answer by Server-Sent Events: a subscription, or whatever else there is to be answered
        (graphql-sse, "distinct connections")."""
        try:
            await self._sent_events(scope, headers, receive, send)
        except Exception as error:
            # Of all that goes wrong a browser's EventSource comes back after two things alone: a
            # connection that was lost, and a stream that has ended.
            if scope["method"] != "GET" or not faults.is_transient(error):
                raise
            faults.note(error)
            await _try_again(send)

    async def _sent_events(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> None:
        assert self._engine is not None
        method, address = scope["method"], _address(scope)
        token = self._credentials.token(method, headers)
        actor = await self._known(token, address)
        if method == "POST":
            sent = await self._body(headers, receive, actor)
        else:
            sent = from_query(scope["query_string"])
        try:
            sent = await self._found(sent, actor)
            if actor is not None and self._engine.operation_kind(sent, actor) == "subscription":
                assert token is not None
                await self._stream(sent, token, scope, headers, send)
                return
            answer = await self._engine.answer(sent, actor, address, read_only=method == "GET")
            if answer.refused == "METHOD_NOT_ALLOWED" and actor is None:
                self._check_signed_in(sent)
        except RequestError as error:
            answer = refused(error.errors)
            if answer.refused == "BUDGET_EXHAUSTED":
                again = error.errors[0]["extensions"]["retryAfter"]
                answer = replace(answer, retry_after=again)
        await self._send_events(
            send, headers, answer, self._credentials.cookies(scope, headers, answer)
        )

    def _check_signed_in(self, sent: GraphQLRequest) -> None:
        """Raise RequestError where a stranger asks for a subscription: a client that has been
        signed out learns by the status that there is no use in coming back."""
        assert self._engine is not None
        if self._engine.operation_kind(sent, None) == "subscription":
            self._engine.subscription(sent, None)

    async def _stream(
        self, sent: GraphQLRequest, token: str, scope: Scope, headers: Headers, send: Send
    ) -> None:
        """Serve a subscription until its end. Raises RequestError before anything was sent."""
        assert self._engine is not None
        assert self._streams is not None
        try:
            stream = await self._streams.open(token, _address(scope), line_of(scope))
        except Full as full:
            await _refuse(send, Refusal.of_limit(full))
            return
        if stream is None:
            self._engine.subscription(sent, None)  # raises: nobody is signed in
            return
        try:
            if not self._streams.going_down:
                after = headers.get(b"last-event-id", b"").decode("latin-1")
                await stream.serve(sent, after or None, send)
            elif scope["method"] == "GET":
                await _try_again(send)
            else:
                await _refuse(send, Refusal.of_end())
        finally:
            stream.close()

    async def _send_events(
        self, send: Send, headers: Headers, answer: Answer, cookies: RawHeaders
    ) -> None:
        """An answer as the one event there is, and the end. Who may not ask is told so by the
        status: a client that reads events alone would ask again and again."""
        status = _status(answer, GRAPHQL)
        if status not in (200, 400):
            await self._send(send, headers, GRAPHQL, answer, (_NO_STORE, *cookies))
            return
        body = next_event(answer.body) + COMPLETE
        raw = [*EVENTS, *cookies, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": body})

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
        return await self._known(self._credentials.token(method, headers), address)

    async def _known(self, token: str | None, address: str) -> Actor | None:
        """Who holds a token. Whoever holds none is a stranger, and answered as one."""
        assert self._authenticate is not None
        return None if token is None else await self._authenticate(token, address)


def merged(raw: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name. Of one that comes twice the last counts, unless it is a list."""
    found = dict(raw)
    if len(found) != len(raw):
        for name, separator in _LISTS.items():
            if name in found:
                found[name] = separator.join(value for one, value in raw if one == name)
    return found


async def _try_again(send: Send) -> None:
    """A stream that ends as soon as it has said when to come back."""
    body = retry()
    raw = [*EVENTS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Say why there is no stream, as it is said where there is no socket."""
    error = {"message": refusal.message, "extensions": refusal.extensions}
    again = {"retry-after": str(refusal.extensions["retryAfter"])}
    await respond(send, refusal.status, encoded({"errors": [error]}), again)


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
