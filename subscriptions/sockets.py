"""Sockets: one client's graphql-transport-ws conversation, from its upgrade to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Any

from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, report
from subscriptions import origins, protocol
from subscriptions.feeds import Authenticate, Engine, FindDocument, Operation, Refused
from subscriptions.hub import Hub
from subscriptions.limits import Limits
from subscriptions.outlet import Outlet, Send
from subscriptions.protocol import CloseCode, Violation
from subscriptions.standing import Standing, Watch
from subscriptions.subscriber import Subscriber
from subscriptions.tasks import end
from subscriptions.wire import abort_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

FORBIDDEN = (CloseCode.FORBIDDEN, "Forbidden")


class Sockets:
    """The ASGI application for `GET /graphql` as a WebSocket, and all of its open sockets."""

    def __init__(
        self,
        hub: Hub,
        standing: Standing,
        engine: Engine,
        authenticate: Authenticate,
        *,
        limits: Limits,
        allowed_origins: Collection[str] = (),
        find_document: FindDocument | None = None,
    ) -> None:
        self.find_document = find_document
        self.hub = hub
        self.standing = standing
        self.engine = engine
        self.authenticate = authenticate
        self.limits = limits
        self.allowed_origins = frozenset(allowed_origins)
        self.mutations: set[asyncio.Task[bytes]] = set()
        self._open: dict[Socket, asyncio.Task[Any] | None] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = Socket(self, scope, receive, send)
        self._open[socket] = asyncio.current_task()
        try:
            if self._closed:
                socket.close(CloseCode.SERVICE_RESTART, "the server is going down")
            await socket.run()
        finally:
            del self._open[socket]

    async def stop(self) -> None:
        """Close all with 1012, and let running mutations come to their end."""
        self._closed = True
        for socket in tuple(self._open):
            socket.close(CloseCode.SERVICE_RESTART, "the server is going down")
        tasks = [task for task in self._open.values() if task is not None]
        if tasks or self.mutations:
            await asyncio.wait((*tasks, *self.mutations), timeout=2 * self.limits.close_deadline)


class Socket:
    """One client. `run` reads; the outlet writes; operations are tasks or subscribers."""

    def __init__(self, sockets: Sockets, scope: Scope, receive: Receive, send: Send) -> None:
        self._sockets = sockets
        self._scope = scope
        self._receive = receive
        self._headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self._send = send
        self._outlet = Outlet(send, abort_of(scope), sockets.limits)
        self._token = ""
        self._watch: Watch | None = None
        self._initiated = False
        self._ready = False
        self._operations: dict[str, Running] = {}

    def close(self, code: CloseCode, reason: str) -> None:
        """Close after what has been sent; nothing that the client says counts any more."""
        self._outlet.close(code, reason)
        self._end_operations()

    async def run(self) -> None:
        """The whole conversation."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        offered = self._scope.get("subprotocols") or ()
        acceptable = protocol.SUBPROTOCOL in offered
        chosen = protocol.SUBPROTOCOL if acceptable else None
        with suppress(OSError, RuntimeError):
            await self._send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
        if not acceptable:
            self.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        late = asyncio.get_running_loop().call_later(self._sockets.limits.init_timeout, self._late)
        reading = asyncio.create_task(self._read(), name="socket read")
        writing = asyncio.create_task(self._outlet.run(), name="socket write")
        try:
            await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            self._end_operations()
            await end(reading, writing)
            if self._watch is not None:
                self._sockets.standing.unwatch(self._watch)

    # -- what the client says ----------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._outlet.closing:
                continue
            try:
                await self._hear(protocol.parse(message.get("text")))
            except Violation as violation:
                self.close(violation.code, violation.reason)

    async def _hear(self, message: protocol.Incoming) -> None:
        match message:
            case protocol.Ping(payload):
                self._outlet.put(protocol.pong(payload))
            case protocol.Pong():
                pass
            case protocol.Init(payload):
                await self._initialise(payload)
            case protocol.Complete(operation_id):
                self._end(operation_id)
            case _ if not self._ready:
                raise Violation(CloseCode.UNAUTHORIZED, "Unauthorized")
            case protocol.Malformed(operation_id, field):
                self._check_free(operation_id)
                self._outlet.put(protocol.error(operation_id, _malformed(field)))
            case protocol.Subscribe(operation_id, operation):
                self._begin(operation_id, operation)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self._initiated:
            raise Violation(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        self._initiated = True
        self._token = self._credentials(payload)
        try:
            actor = await self._authenticate()
        except Exception as error:  # noqa: BLE001 (the client comes back, which is all it can do)
            if not isinstance(error, TRANSIENT):
                report(error)
            self.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        if actor is None or self._outlet.closing:
            self.close(*FORBIDDEN)
            return
        self._watch = self._sockets.standing.watch(actor, self._changed)
        self._ready = True
        self._outlet.put(protocol.ACK)

    def _credentials(self, payload: dict[str, Any]) -> str:
        """The token that the client gives, or its browser's cookie if the page may use it."""
        for name, value in payload.items():
            if name.lower() == "authorization" and value is not None:
                kind, _, token = value.partition(" ") if isinstance(value, str) else ("", "", "")
                return token.strip() if kind.lower() == "bearer" else ""
        if not origins.allowed(self._headers, self._sockets.allowed_origins):
            return ""
        try:
            cookie = SimpleCookie(self._headers.get("cookie", "")).get(origins.COOKIE)
        except CookieError:
            return ""
        return "" if cookie is None else cookie.value

    async def _authenticate(self) -> Actor | None:
        if not self._token:
            return None
        client = self._scope.get("client")
        address = client[0] if client else None
        actor = await self._sockets.authenticate(self._token, address)
        return None if actor is None else replace(actor, address=address)

    def _late(self) -> None:
        if not self._ready:
            self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")

    def _changed(self, actor: Actor | None) -> None:
        """The session has ended, or means something else than before."""
        if actor is None:
            self.close(*FORBIDDEN)
            return
        for running in tuple(self._operations.values()):
            if running.subscriber is not None:
                self._sockets.hub.reseat(running.subscriber, actor)

    # -- operations --------------------------------------------------------------------------------

    def _check_free(self, operation_id: str) -> None:
        if operation_id in self._operations:
            # The specification's words, and the id is the client's own.
            reason = f"Subscriber for {operation_id} already exists"
            raise Violation(CloseCode.SUBSCRIBER_EXISTS, _short(reason))

    def _begin(self, operation_id: str, operation: Operation) -> None:
        self._check_free(operation_id)
        if len(self._operations) >= self._sockets.limits.operations:
            self._outlet.put(protocol.error(operation_id, _too_many(self._sockets.limits)))
            return
        running = Running(self, operation_id)
        self._operations[operation_id] = running
        running.task = asyncio.create_task(self._run(running, operation), name="operation")

    async def _run(self, running: Running, operation: Operation) -> None:
        try:
            # Each operation asks anew: a session that has just ended runs nothing more.
            actor = await self._authenticate()
            if actor is None:
                self.close(*FORBIDDEN)
                return
            if self._sockets.find_document is not None:
                operation = await self._sockets.find_document(operation, actor)
            kind = self._sockets.engine.operation_kind(operation, actor)
            if kind == "subscription":
                running.subscriber = self._sockets.hub.subscribe(operation, actor, running)
                if self._watch is not None and self._watch.actor != actor:
                    # What the session means has changed since it was last looked at.
                    self._watch.actor = actor
                    self._changed(actor)
                return
            if kind == "mutation":
                # It runs to its end whatever becomes of the socket: half a mutation is none, but a
                # client that is gone can not tell whether the commit was.
                task = asyncio.create_task(self._sockets.engine.execute(operation, actor))
                self._sockets.mutations.add(task)
                task.add_done_callback(self._sockets.mutations.discard)
                result = await asyncio.shield(task)
            else:
                result = await self._sockets.engine.execute(operation, actor)
            running.next(result.decode())
            running.complete()
        except Refused as refused:
            running.fail(refused.errors)
        except TRANSIENT:
            self.close(CloseCode.TRY_AGAIN_LATER, "try again later")
        except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
            running.fail(report(error))

    def _end(self, operation_id: str) -> None:
        running = self._operations.pop(operation_id, None)
        if running is not None:
            running.stop(self._sockets.hub)

    def _end_operations(self) -> None:
        for operation_id in tuple(self._operations):
            self._end(operation_id)

    # -- what a running operation says -------------------------------------------------------------

    def put(self, running: Running, text: str, *, last: bool = False) -> None:
        """Send a message of an operation that is still open."""
        if self._operations.get(running.id) is not running:
            return
        self._outlet.put(text)
        if last:
            self._end(running.id)

    async def room(self) -> None:
        """Wait until the client has read most of what it was sent."""
        await self._outlet.room()


class Running:
    """An open operation of a socket: the sink of its subscriber, or the task that runs it."""

    __slots__ = ("_head", "_socket", "id", "subscriber", "task")

    def __init__(self, socket: Socket, operation_id: str) -> None:
        self.id = operation_id
        self.subscriber: Subscriber | None = None
        self.task: asyncio.Task[None] | None = None
        self._socket = socket
        self._head = protocol.next_head(operation_id)

    def next(self, frame: str) -> None:
        self._socket.put(self, f"{self._head}{frame}}}")

    def fail(self, errors: list[dict[str, Any]]) -> None:
        self._socket.put(self, protocol.error(self.id, errors), last=True)

    def complete(self) -> None:
        self._socket.put(self, protocol.complete(self.id), last=True)

    def try_again(self) -> None:
        self._socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")

    async def room(self) -> None:
        await self._socket.room()

    def stop(self, hub: Hub) -> None:
        """Nothing of it is wanted any more."""
        if self.subscriber is not None:
            hub.unsubscribe(self.subscriber)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()


def _short(reason: str) -> str:
    """A close frame carries at most 123 bytes of reason."""
    return reason.encode()[:123].decode(errors="ignore")


def _malformed(field: str) -> list[dict[str, Any]]:
    return [
        {
            "message": f"{field} is not what a GraphQL request has there",
            "extensions": {"code": "BAD_USER_INPUT", "field": field},
        }
    ]


def _too_many(limits: Limits) -> list[dict[str, Any]]:
    return [
        {
            "message": f"a socket runs at most {limits.operations} operations at once",
            "extensions": {"code": "THROTTLED", "retryAfter": 1},
        }
    ]
