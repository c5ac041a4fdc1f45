"""Sockets: one client's graphql-transport-ws conversation, from its upgrade to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from resolvers import sessions
from resolvers.actors import Actor
from resolvers.faults import TRANSIENT, is_transient, report
from subscriptions import handshake, origins, protocol
from subscriptions.arrivals import Arrivals
from subscriptions.counters import Counters
from subscriptions.crowd import GOING_DOWN, LOOK_EVERY, Crowd
from subscriptions.feeds import Engine, FindDocument, Operation, Refused
from subscriptions.frame import Frame
from subscriptions.gate import Full, Gate, Seat
from subscriptions.handshake import Receive, Refusal, Scope, Send
from subscriptions.hub import Hub
from subscriptions.limits import Limits
from subscriptions.outlet import Outlet
from subscriptions.protocol import CloseCode, Violation
from subscriptions.running import Running, malformed, too_many
from subscriptions.standing import Standing, Watch
from subscriptions.subscriber import Subscriber
from subscriptions.tasks import end
from subscriptions.wire import wire_of

FORBIDDEN = (CloseCode.FORBIDDEN, "Forbidden")


class Sockets(Crowd["Socket"]):
    """The ASGI application for `GET /graphql` as a WebSocket, and all of its open sockets."""

    def __init__(
        self,
        hub: Hub,
        standing: Standing,
        arrivals: Arrivals,
        gate: Gate,
        engine: Engine,
        *,
        limits: Limits,
        counters: Counters,
        allowed_origins: Collection[str] = (),
        find_document: FindDocument | None = None,
    ) -> None:
        super().__init__()
        self.find_document = find_document
        self.hub = hub
        self.standing = standing
        self.engine = engine
        self.arrivals = arrivals
        self.gate = gate
        self.limits = limits
        self.counters = counters
        self.allowed_origins = frozenset(allowed_origins)
        self.mutations: set[asyncio.Task[bytes]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed, or say why there is none."""
        if (await receive())["type"] != "websocket.connect":
            return
        seat = self._admit(scope)
        if isinstance(seat, Refusal):
            with suppress(OSError, RuntimeError):  # what servers raise when the client is gone
                await handshake.refuse(send, seat)
            return
        try:
            socket = Socket(self, seat, scope, receive, send)
            self.take_in(socket)
            self.counters.opened["websocket"] += 1
            try:
                await socket.run()
            finally:
                self.forget(socket)
        finally:
            seat.leave()

    def _admit(self, scope: Scope) -> Seat | Refusal:
        if self.going_down:
            return Refusal.of_end()
        if handshake.foreign(handshake.headers_of(scope), self.allowed_origins):
            self.counters.refused["origin"] += 1
            return Refusal.of_origin()
        try:
            return self.gate.enter(handshake.address_of(scope))
        except Full as full:
            return Refusal.of_limit(full)

    async def look(self) -> None:
        """Ask those who are silent whether they are there, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_EVERY
            await asyncio.sleep(LOOK_EVERY)
            now = loop.time()
            for socket in self:
                # Whatever held this process up has held up its hearing as well.
                socket.look(now, held_up=now - due)

    async def _stop(self) -> None:
        """Give everybody what was committed until now, and the answers that they wait for; then
        close all with 1012."""
        await self.hub.drain()
        for socket in self:
            if not socket.unanswered():
                socket.close(*GOING_DOWN)
        await self._answer()
        for socket in self:
            socket.close(*GOING_DOWN)
        await self._gone(2 * self.limits.close_deadline, *self.mutations)

    async def _answer(self) -> None:
        """A client that is not told what came of a mutation may ask for it a second time."""
        asked = [task for socket in self for task in socket.unanswered()]
        if asked:
            await asyncio.wait(asked, timeout=self.limits.answer_deadline)


class Socket:
    """One client. Its task reads; its operations, tasks or subscribers, write by themselves."""

    def __init__(
        self, sockets: Sockets, seat: Seat, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._sockets = sockets
        self._seat = seat
        self._scope = scope
        self._receive = receive
        self._send = send
        self._wire = wire_of(scope)
        self.outlet = Outlet(self._wire, sockets.limits, sockets.counters, sockets.go_down)
        self._address = handshake.address_of(scope)
        self._token = ""
        self._watch: Watch | None = None
        self._late: asyncio.TimerHandle | None = None
        self._initiated = False
        self._arriving: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
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
        offered = self._scope.get("subprotocols") or ()
        acceptable = protocol.SUBPROTOCOL in offered
        chosen = protocol.SUBPROTOCOL if acceptable else None
        with suppress(OSError, RuntimeError):
            await self._send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
        self._wire.settle()
        if not acceptable:
            self.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(self._sockets.limits.init_timeout, self._not_initialised)
        try:
            await self._read()
        finally:
            self._late.cancel()
            self._end_operations()
            await end(*(task for task in (self._arriving, self._leaving) if task is not None))
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

    def unanswered(self) -> list[asyncio.Task[None]]:
        """The operations that will be answered, and have not been yet."""
        running = self.operations.values()
        return [one.task for one in running if one.task is not None and one.subscriber is None]

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
                self._seat.hear()
                self._hear(protocol.parse(message.get("text")))
            except Violation as violation:
                self.close(violation.code, violation.reason)
            except Full as full:
                self.close(CloseCode.TRY_AGAIN_LATER, str(full))

    def _hear(self, message: protocol.Incoming) -> None:
        match message:
            case protocol.Ping(payload):
                self.outlet.put(protocol.pong(payload))
            case protocol.Pong():
                pass
            case protocol.Init() if self._initiated:
                raise Violation(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
            case protocol.Init(payload):
                # Beside what else is said: whoever asks for something before the acknowledgement
                # is told so, and a ping is answered at once.
                self._initiated = True
                self._arriving = asyncio.create_task(self._initialise(payload), name="arrival")
            case protocol.Complete(operation_id):
                self.end(operation_id)
            case _ if not self._ready:
                raise Violation(CloseCode.UNAUTHORIZED, "Unauthorized")
            case protocol.Malformed(operation_id, field):
                self._check_free(operation_id)
                self.outlet.put(protocol.error(operation_id, malformed(field)))
            case protocol.Subscribe(operation_id, operation):
                self._begin(operation_id, operation)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        sockets, headers = self._sockets, handshake.headers_of(self._scope)
        self._token = token = origins.token_of(payload, headers, sockets.allowed_origins)
        try:
            if asks := sockets.arrivals.asks(token):
                await sockets.gate.turn(self._address)
            actor = await sockets.arrivals.actor(token, self._address)
        except Exception as error:  # noqa: BLE001 (the client comes back, which is all it can do)
            if not is_transient(error):
                report(error)
            self.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        if self.outlet.closing:
            return
        if actor is None or actor.user_id is None:
            if asks:
                sockets.gate.wrong(self._address)
            self.close(*FORBIDDEN)
            return
        try:
            self._seat.sign_in(actor.user_id)
        except Full as full:
            self.close(CloseCode.TRY_AGAIN_LATER, str(full))
            return
        self._watch = sockets.standing.watch(actor, self._changed, sessions.token_hash(token))
        self._ready = True
        # Three thousand of these stay open for weeks: what was for the beginning goes.
        if self._late is not None:
            self._late.cancel()
        self._arriving = None
        self._scope["headers"] = []
        self.outlet.put(protocol.ACK)

    def _not_initialised(self) -> None:
        if not self._ready:
            self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")

    def _changed(self, actor: Actor | None) -> None:
        """The session has ended, or means something else than before."""
        if actor is None:
            heard = [one.subscriber for one in self.operations.values() if one.subscriber]
            leave = self._leave(self._sockets.hub.part(heard))
            self._leaving = asyncio.create_task(leave, name="leave")
            return
        for running in tuple(self.operations.values()):
            if running.subscriber is not None:
                self._sockets.hub.reseat(running.subscriber, actor)

    async def _leave(self, parted: list[Subscriber]) -> None:
        """Say what is still to be said, and close."""
        assert self._watch is not None
        assert self._watch.ended_at is not None
        sockets, asked = self._sockets, self.unanswered()
        answers = asyncio.wait(asked, timeout=sockets.limits.last_words) if asked else _nothing()
        await asyncio.gather(sockets.hub.last_words(parted, self._watch.ended_at), answers)
        self.close(*FORBIDDEN)

    # -- operations --------------------------------------------------------------------------------

    def _check_free(self, operation_id: str) -> None:
        if operation_id in self.operations:
            # The specification's words, and the id is the client's own.
            reason = f"Subscriber for {operation_id} already exists"
            raise Violation(CloseCode.SUBSCRIBER_EXISTS, _short(reason))

    def _begin(self, operation_id: str, operation: Operation) -> None:
        self._check_free(operation_id)
        if self._sockets.going_down or self._leaving is not None:
            return  # it is about to be closed
        if len(self.operations) >= self._sockets.limits.operations:
            self._sockets.counters.refused["socket_operations"] += 1
            self.outlet.put(protocol.error(operation_id, too_many(self._sockets.limits)))
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
                if self._leaving is not None:
                    return  # the session has ended meanwhile
                # As it stands now: from here on nothing waits.
                actor = self._watch.actor
                running.subscriber = self._sockets.hub.subscribe(operation, actor, running)
                running.task = None
                return
            # A session that has just ended runs nothing more.
            now = await self._sockets.arrivals.now(self._token, self._address)
            if now is None:
                await self._sockets.standing.at_most(0)  # which tells all whom it concerns
                if self._leaving is None:
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


async def _nothing() -> None:
    """There is nothing to wait for."""


def _short(reason: str) -> str:
    """A close frame carries at most 123 bytes of reason."""
    return reason.encode()[:123].decode(errors="ignore")
