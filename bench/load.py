"""The load, a process of its own: a job a line on stdin, a result a line on stdout."""

from __future__ import annotations

import asyncio
import gc
import sys
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any

import orjson
import uvloop

from bench import wire


@dataclass(frozen=True, slots=True)
class Job:
    """Requests to `path` on `port`, the bodies in turn, from `concurrency` clients.

    It ends after `requests` of them or after `seconds`, whichever comes first; each client sends
    one at the least, and what is under way is waited for.
    """

    port: int
    path: str
    token: str | None
    bodies: list[str]
    concurrency: int
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How many, how many per second over the whole job, and the latency of the single request."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float


async def run(job: Job) -> Timing:
    """Send the requests. Raises wire.Fault where one is not answered well."""
    sent = [wire.request(job.path, body.encode(), job.token) for body in job.bodies]
    wires = [await wire.Wire.open(job.port) for _ in range(job.concurrency)]
    numbers = count()
    taken: list[float] = []

    async def client(connection: wire.Wire) -> None:
        now = begin
        while (number := next(numbers)) < job.requests:
            await connection.send(sent[number % len(sent)])
            before, now = now, perf_counter()
            taken.append(now - before)
            if now > end:
                return

    begin = perf_counter()
    end = begin + job.seconds
    try:
        await asyncio.gather(*map(client, wires))
    finally:
        for connection in wires:
            connection.close()
    seconds = perf_counter() - begin
    taken.sort()
    return Timing(len(taken), len(taken) / seconds, _share(taken, 0.5), _share(taken, 0.99))


def _share(taken: list[float], share: float) -> float:
    return taken[min(int(len(taken) * share), len(taken) - 1)] * 1_000


def main() -> None:
    """Answer jobs until stdin ends."""
    gc.disable()  # a collection here would be a latency there
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin.buffer:
            given: dict[str, Any] = orjson.loads(line)
            try:
                told: Any = runner.run(run(Job(**given)))
            except (wire.Fault, OSError) as fault:
                told = {"fault": str(fault)}
            sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
            sys.stdout.buffer.flush()
            gc.collect()


if __name__ == "__main__":
    main()
