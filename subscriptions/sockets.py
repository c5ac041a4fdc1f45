"""Sockets: one client's graphql-transport-ws conversation, from its upgrade to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any

from resolvers import sessions
from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, report
from subscriptions import origins, protocol
from subscriptions.arrivals import Arrivals
from subscriptions.counters import Counters
from subscriptions.feeds import Engine, FindDocument, Operation, Refused
from subscriptions.frame import Frame
from subscriptions.hub import Hub
from subscriptions.limits import Limits
from subscriptions.outlet import Outlet
from subscriptions.protocol import CloseCode, Violation
from subscriptions.standing import Standing, Watch
from subscriptions.subscriber import Subscriber
from subscriptions.wire import wire_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FORBIDDEN = (CloseCode.FORBIDDEN, "Forbidden")
GOING_DOWN = (CloseCode.SERVICE_RESTART, "the server is going down")
LOOK_EVERY = 0.5
"""Seconds between two looks for clients that say nothing."""


class Sockets:
    """The ASGI application for `GET /graphql` as a WebSocket, and all of its open sockets."""

    def __init__(
        self,
        hub: Hub,
        standing: Standing,
        arrivals: Arrivals,
        engine: Engine,
        *,
        limits: Limits,
        counters: Counters,
        allowed_origins: Collection[str] = (),
        find_document: FindDocument | None = None,
    ) -> None:
        self.find_document = find_document
        self.hub = hub
        self.standing = standing
        self.engine = engine
        self.arrivals = arrivals
        self.limits = limits
        self.counters = counters
        self.allowed_origins = frozenset(allowed_origins)
        self.mutations: set[asyncio.Task[bytes]] = set()
        self._open: dict[Socket, asyncio.Task[Any] | None] = {}
        self._stopping: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        socket = Socket(self, scope, receive, send)
        self._open[socket] = asyncio.current_task()
        self.counters.opened["websocket"] += 1
        try:
            await socket.run()
        finally:
            del self._open[socket]

    async def look(self) -> None:
        """Ask those who are silent whether they are there, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_EVERY
            await asyncio.sleep(LOOK_EVERY)
            now = loop.time()
            for socket in tuple(self._open):
                # Whatever held this process up has held up its hearing as well.
                socket.look(now, held_up=now - due)

    @property
    def going_down(self) -> bool:
        """Whether nobody is let in any more."""
        return self._stopping is not None

    def go_down(self) -> None:
        """Give everybody what was committed until now, then close all with 1012."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="sockets stop")

    async def stop(self) -> None:
        """Go down, and return when all are closed and running mutations have come to their end."""
        self.go_down()
        assert self._stopping is not None
        await self._stopping

    async def _stop(self) -> None:
        await self.hub.drain()
        for socket in tuple(self._open):
            socket.close(*GOING_DOWN)
        tasks = [task for task in self._open.values() if task is not None]
        if tasks or self.mutations:
            await asyncio.wait((*tasks, *self.mutations), timeout=2 * self.limits.close_deadline)


class Socket:
    """One client. Its task reads; its operations, tasks or subscribers, write by themselves."""

    def __init__(self, sockets: Sockets, scope: Scope, receive: Receive, send: Send) -> None:
        self._sockets = sockets
        self._scope = scope
        self._receive = receive
        self._send = send
        self.outlet = Outlet(wire_of(scope), sockets.limits, sockets.counters, sockets.go_down)
        client = scope.get("client")
        self._address: str | None = client[0] if client else None
        self._token = ""
        self._watch: Watch | None = None
        self._initiated = False
        self._ready = False
        self._heard_at = 0.0
        self._asked_at: float | None = None
        self.operations: dict[str, Running] = {}

    def close(self, code: CloseCode, reason: str) -> None:
        """Close after what has been sent; nothing that the client says counts any more."""
        self.outlet.close(code, reason)
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
        elif self._sockets.going_down:
            self.close(*GOING_DOWN)
        late = asyncio.get_running_loop().call_later(self._sockets.limits.init_timeout, self._late)
        try:
            await self._read()
        finally:
            late.cancel()
            self._end_operations()
            if self._watch is not None:
                self._sockets.standing.unwatch(self._watch)

    def look(self, now: float, *, held_up: float) -> None:
        """Ask a client that is silent whether it is there; let go of one that does not answer."""
        if not self._ready or self.outlet.closing:
            return
        limits = self._sockets.limits
        if self._asked_at is None:
            if now - self._heard_at >= limits.ping:
                self._asked_at = now
                self.outlet.put(protocol.PING)
            return
        self._asked_at += held_up
        if now - self._asked_at >= limits.pong:
            self._sockets.counters.unanswered_pings += 1
            self.close(CloseCode.TRY_AGAIN_LATER, "a ping was not answered")

    # -- what the client says ----------------------------------------------------------------------

    async def _read(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.outlet.closing:
                continue
            self._heard_at, self._asked_at = clock(), None
            try:
                await self._hear(protocol.parse(message.get("text")))
            except Violation as violation:
                self.close(violation.code, violation.reason)

    async def _hear(self, message: protocol.Incoming) -> None:
        match message:
            case protocol.Ping(payload):
                self.outlet.put(protocol.pong(payload))
            case protocol.Pong():
                pass
            case protocol.Init(payload):
                await self._initialise(payload)
            case protocol.Complete(operation_id):
                self.end(operation_id)
            case _ if not self._ready:
                raise Violation(CloseCode.UNAUTHORIZED, "Unauthorized")
            case protocol.Malformed(operation_id, field):
                self._check_free(operation_id)
                self.outlet.put(protocol.error(operation_id, _malformed(field)))
            case protocol.Subscribe(operation_id, operation):
                self._begin(operation_id, operation)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self._initiated:
            raise Violation(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        self._initiated = True
        self._token = self._credentials(payload)
        try:
            actor = await self._sockets.arrivals.actor(self._token, self._address)
        except Exception as error:  # noqa: BLE001 (the client comes back, which is all it can do)
            if not isinstance(error, TRANSIENT):
                report(error)
            self.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        if actor is None or self.outlet.closing:
            self.close(*FORBIDDEN)
            return
        key = sessions.token_hash(self._token)
        self._watch = self._sockets.standing.watch(actor, self._changed, key)
        self._ready = True
        self.outlet.put(protocol.ACK)

    def _credentials(self, payload: dict[str, Any]) -> str:
        """The token that the client gives, or its browser's cookie if the page may use it."""
        for name, value in payload.items():
            if name.lower() == "authorization" and value is not None:
                kind, _, token = value.partition(" ") if isinstance(value, str) else ("", "", "")
                return token.strip() if kind.lower() == "bearer" else ""
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in self._scope["headers"]
        }
        if not origins.allowed(headers, self._sockets.allowed_origins):
            return ""
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(origins.COOKIE)
        except CookieError:
            return ""
        return "" if cookie is None else cookie.value

    def _late(self) -> None:
        if not self._ready:
            self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")

    def _changed(self, actor: Actor | None) -> None:
        """The session has ended, or means something else than before."""
        if actor is None:
            self.close(*FORBIDDEN)
            return
        for running in tuple(self.operations.values()):
            if running.subscriber is not None:
                self._sockets.hub.reseat(running.subscriber, actor)

    # -- operations --------------------------------------------------------------------------------

    def _check_free(self, operation_id: str) -> None:
        if operation_id in self.operations:
            # The specification's words, and the id is the client's own.
            reason = f"Subscriber for {operation_id} already exists"
            raise Violation(CloseCode.SUBSCRIBER_EXISTS, _short(reason))

    def _begin(self, operation_id: str, operation: Operation) -> None:
        self._check_free(operation_id)
        if len(self.operations) >= self._sockets.limits.operations:
            self.outlet.put(protocol.error(operation_id, _too_many(self._sockets.limits)))
            return
        running = Running(self, operation_id)
        self.operations[operation_id] = running
        running.task = asyncio.create_task(self._run(running, operation), name="operation")

    async def _run(self, running: Running, operation: Operation) -> None:
        try:
            assert self._watch is not None
            await self._sockets.standing.at_most(self._sockets.limits.standing_at_most)
            actor = self._watch.actor
            if self._sockets.find_document is not None:
                operation = await self._sockets.find_document(operation, actor)
            kind = self._sockets.engine.operation_kind(operation, actor)
            if kind == "subscription":
                # As it stands now: from here on nothing waits.
                actor = self._watch.actor
                running.subscriber = self._sockets.hub.subscribe(operation, actor, running)
                return
            # A session that has just ended runs nothing more.
            now = await self._sockets.arrivals.now(self._token, self._address)
            if now is None:
                self.close(*FORBIDDEN)
                return
            actor = now
            if kind == "mutation":
                # It runs to its end whatever becomes of the socket: half a mutation is none, but a
                # client that is gone can not tell whether the commit was.
                task = asyncio.create_task(self._sockets.engine.execute(operation, actor))
                self._sockets.mutations.add(task)
                task.add_done_callback(self._sockets.mutations.discard)
                result = await asyncio.shield(task)
            else:
                result = await self._sockets.engine.execute(operation, actor)
            running.next(Frame(result))
            running.complete()
        except Refused as refused:
            running.fail(refused.errors)
        except TRANSIENT:
            self.close(CloseCode.TRY_AGAIN_LATER, "try again later")
        except Exception as error:  # noqa: BLE001 (the client is told, the socket lives)
            running.fail(report(error))

    def end(self, operation_id: str) -> None:
        """Nothing more of an operation."""
        running = self.operations.pop(operation_id, None)
        if running is not None:
            running.stop(self._sockets.hub)

    def _end_operations(self) -> None:
        for operation_id in tuple(self.operations):
            self.end(operation_id)


class Running:
    """An open operation of a socket: the sink of its subscriber, or the task that runs it."""

    __slots__ = ("_head", "_over", "_socket", "id", "subscriber", "task")

    def __init__(self, socket: Socket, operation_id: str) -> None:
        self.id = operation_id
        self.subscriber: Subscriber | None = None
        self.task: asyncio.Task[None] | None = None
        self._socket = socket
        self._head = protocol.next_head(operation_id)
        self._over = False

    def next(self, frame: Frame) -> None:
        if not self._over:
            self._socket.outlet.frame(self._head, frame)

    def fail(self, errors: list[dict[str, Any]]) -> None:
        self._last(protocol.error(self.id, errors))

    def complete(self) -> None:
        self._last(protocol.complete(self.id))

    def try_again(self) -> None:
        self._socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")

    async def room(self) -> None:
        await self._socket.outlet.room()

    def stop(self, hub: Hub) -> None:
        """Nothing of it is wanted any more."""
        self._over = True
        if self.subscriber is not None:
            hub.unsubscribe(self.subscriber)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def _last(self, text: bytes) -> None:
        if not self._over:
            self._socket.outlet.put(text)
            self._socket.end(self.id)


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
