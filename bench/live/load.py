"""The load, a process of its own: who writes and who hears, by one clock.

A command a line on stdin, an answer a line on stdout; the sockets stay open in between.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from time import perf_counter
from typing import Any

import orjson
import uvloop

from bench import wire
from bench.live import asked
from bench.live.crowd import Crowd, Seat

PATIENCE = 20.0
"""Seconds without a delivery until those that miss count as lost."""
TRY, TRIES = 3.0, 20
"""Seconds without a delivery after which another event shows whether all have subscribed by now."""
PAUSE = 0.01
"""Between two events that are measured one by one."""

Command = dict[str, Any]


class Load:
    """The sockets that are open, and the connections that write."""

    def __init__(self) -> None:
        self._crowd: Crowd | None = None
        self._wires: list[wire.Wire] = []
        self._requests: list[bytes] = []
        self._next = count()
        self._recorded: list[str] = []
        self._marks: list[int] = []

    @property
    def crowd(self) -> Crowd:
        """Whom the last `open` has let in."""
        assert self._crowd is not None
        return self._crowd

    # -- sockets -----------------------------------------------------------------------------------

    async def open(self, given: Command) -> dict[str, Any]:
        """Let everybody in, and return when all hear: not every server tells that it has
        subscribed a client, so events are sent until one has reached all of them."""
        self._crowd = crowd = Crowd(given["port"], given["path"])
        frames = [asked.subscribe(document, given["ward"]) for document in given["documents"]]
        writer = given["writer"]
        self._requests = [
            wire.request(given["path"], body.encode(), writer) for body in given["bodies"]
        ]
        self._wires = [await wire.Wire.open(crowd.port) for _ in range(given["window"])]
        self._next = count()
        self._recorded = []
        began = perf_counter()
        await crowd.open([Seat(token, frames[number]) for token, number in given["seats"]])
        opened = perf_counter() - began
        await self._heard_by_all()
        self._marks = [len(socket.heard) for socket in crowd.sockets]
        self._recorded = []
        return {"open_seconds": opened}

    async def close(self, _: Command) -> dict[str, Any]:
        """Hang up, everybody at once."""
        for each in self._wires:
            each.close()
        if self._crowd is not None:
            await self._crowd.close()
        self._crowd, self._wires = None, []
        gc.collect()
        return {}

    async def _heard_by_all(self) -> None:
        crowd = self.crowd
        while True:
            await self._record(await self._writer(0))
            last, total, moved = self._recorded[-1], crowd.total, perf_counter()
            while perf_counter() < moved + TRY:
                if crowd.fault is not None:
                    raise wire.Fault(crowd.fault)
                with_it = {number for number, ids in enumerate(crowd.events) if last in ids}
                if all(with_it.intersection(socket.heard) for socket in crowd.sockets):
                    return
                await asyncio.sleep(0.05)
                if crowd.total > total:
                    total, moved = crowd.total, perf_counter()
            if len(self._recorded) >= TRIES:
                raise wire.Fault("not all sockets have come to hear")

    async def _writer(self, number: int) -> wire.Wire:
        """A connection; a server may close one that was silent for long."""
        if self._wires[number].closed:
            self._wires[number] = await wire.Wire.open(self.crowd.port)
        return self._wires[number]

    async def _record(self, connection: wire.Wire, request: bytes | None = None) -> None:
        request = request or self._requests[next(self._next) % len(self._requests)]
        answer = orjson.loads(await connection.send(request))
        outcomes = answer["data"]["recordLabResults"]["outcomes"]
        self._recorded += [each["labResult"]["id"] for each in outcomes]

    # -- measuring ---------------------------------------------------------------------------------

    async def paced(self, given: Command) -> dict[str, Any]:
        """One event, and the next when all have it. In ms from the request's sending: its answer,
        the first and the last receipt."""
        crowd = self.crowd
        answered: list[float] = []
        first: list[float] = []
        last: list[float] = []

        end = perf_counter() + given["seconds"]
        while len(last) < given["events"] and (not last or perf_counter() < end):
            await asyncio.sleep(PAUSE)
            connection = await self._writer(0)
            crowd.first_at = 0.0
            target = crowd.total + len(crowd.sockets)
            heard = asyncio.ensure_future(crowd.reached(target, PATIENCE))
            await asyncio.sleep(0)
            began = perf_counter()
            await self._record(connection)
            answered.append((perf_counter() - began) * 1e3)
            last.append((await heard - began) * 1e3)
            first.append((crowd.first_at - began) * 1e3)
        return {
            "answered": answered,
            "first": first,
            "last": last,
            "message_bytes": crowd.sample_bytes,
        }

    async def sustained(self, given: Command) -> dict[str, Any]:
        """As many events as the server takes, with so many under way at most: recorded and not yet
        heard by all. Until the last of them has been."""
        crowd, size, window = self.crowd, len(self.crowd.sockets), len(self._wires)
        base, messages = crowd.total, self._messages()
        tickets = count()
        sent = 0
        began = perf_counter()
        end = began + given["seconds"]

        async def writer(number: int) -> None:
            nonlocal sent
            while perf_counter() < end:
                ticket = next(tickets)
                await crowd.reached(base + (ticket - window + 1) * size, PATIENCE)
                sent += 1
                await self._record(await self._writer(number))

        await asyncio.gather(*map(writer, range(window)))
        finished = await crowd.reached(base + sent * size, PATIENCE)
        return {
            "events": sent,
            "deliveries": crowd.total - base,
            "messages": self._messages() - messages,
            "seconds": finished - began,
        }

    async def burst(self, given: Command) -> dict[str, Any]:
        """Many events of one transaction. In ms from the request's sending."""
        crowd = self.crowd
        target = crowd.total + given["events"] * len(crowd.sockets)
        request = wire.request(crowd.path, given["body"].encode(), given["writer"])
        messages = self._messages()
        connection = await self._writer(0)
        heard = asyncio.ensure_future(crowd.reached(target, PATIENCE))
        began = perf_counter()
        await self._record(connection, request)
        answered = perf_counter() - began
        last = await heard - began
        return {
            "answered": answered * 1e3,
            "last": last * 1e3,
            "messages": self._messages() - messages,
        }

    async def write(self, given: Command) -> dict[str, Any]:
        """So many events one by one, while there are no sockets."""
        connection = await wire.Wire.open(given["port"])
        for number in range(given["events"]):
            body = given["bodies"][number % len(given["bodies"])].encode()
            await connection.send(wire.request(given["path"], body, given["writer"]))
            await asyncio.sleep(PAUSE)
        connection.close()
        return {}

    async def checked(self, _: Command) -> dict[str, Any]:
        """Everybody has heard the same since `open`: each event recorded, once, in one order.
        Raises wire.Fault; tells the order."""
        await asyncio.sleep(0.1)  # what comes twice may still be coming
        crowd = self.crowd
        if crowd.fault is not None:
            raise wire.Fault(crowd.fault)
        distinct = {
            tuple(socket.heard[mark:])
            for socket, mark in zip(crowd.sockets, self._marks, strict=True)
        }
        orders = {tuple(e for number in each for e in crowd.events[number]) for each in distinct}
        if len(orders) != 1:
            raise wire.Fault(f"the sockets have heard {len(orders)} different things")
        (order,) = orders
        if len(order) != len(set(order)) or set(order) != set(self._recorded):
            raise wire.Fault(f"{len(self._recorded)} events recorded, {len(order)} heard")
        return {"order": order, "sample": crowd.sample}

    def _messages(self) -> int:
        """Those with events, over all sockets."""
        return sum(len(socket.heard) for socket in self.crowd.sockets)


async def serve() -> None:
    """Do what stdin says until it ends."""
    load = Load()
    commands: dict[str, Callable[[Command], Awaitable[dict[str, Any]]]] = {
        each.__name__: each
        for each in (
            *(load.open, load.close, load.paced, load.sustained, load.burst, load.write),
            load.checked,
        )
    }
    reader = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        given: Command = orjson.loads(line)
        try:
            told = await commands[given["do"]](given)
        except (wire.Fault, OSError, TimeoutError) as fault:
            told = {"fault": str(fault) or type(fault).__name__}
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        sys.stdout.buffer.flush()


def main() -> None:
    """The process."""
    gc.disable()  # a collection here would be a latency there
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


if __name__ == "__main__":
    main()
