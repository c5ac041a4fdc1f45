"""Measuring: every system at every workload and concurrency, in turn, round after round."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

import orjson
import psutil

from bench import processors
from bench.load import Job, Timing
from bench.stage import Stage
from bench.systems import System
from bench.wire import Fault
from bench.workloads import Workload

WARM_UP = {1: 30, 32: 200}
"""Before each measurement: enough for every connection of a pool to have its statement prepared."""
WARM_UP_SHARE = 0.2
"""Of the time of a measurement, at most."""
HEAT = 1.0
"""Before the first round, of the time of a measurement at c=32: what compiles as it runs (V8, the
JIT of Mercurius, the generic plans of PostgreSQL) has done so by then."""
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement, or the medians of several. Processor time is per request."""

    rps: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    postgres_cpu_us: float
    rss_mb: float


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What was measured."""

    workload: str
    concurrency: int
    system: str


class Load:
    """The load process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def open(cls, cores: Sequence[int]) -> AsyncIterator[Load]:
        """Start the process, and end it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=processors.keeper(cores),
        )
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    async def run(self, job: Job) -> Timing:
        """Let it do the job. Raises Fault."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(job) + b"\n")
        told = orjson.loads(await self._process.stdout.readline())
        if "fault" in told:
            raise Fault(told["fault"])
        return Timing(**told)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rounds run on. `bodies` are by the system's name and the workload's; a measurement
    lasts for `seconds`."""

    systems: Sequence[System]
    workloads: Sequence[Workload]
    concurrencies: Sequence[int]
    postgres: psutil.Process
    load: Load
    stage: Stage
    bodies: Mapping[str, Mapping[str, list[bytes]]]
    seconds: float


async def measure(
    ground: Ground, rounds: int, tell: Callable[[str], None]
) -> dict[Cell, list[Figures]]:
    """Every cell once a round; the order of the systems turns from round to round."""
    found: dict[Cell, list[Figures]] = {}
    tell("warming up")
    for at, system in _turns(ground, 0):
        if at.concurrency == ground.concurrencies[-1]:
            await ground.stage.enter(system)
            await _sent(ground, at, system, (MOST, ground.seconds * HEAT))
    await ground.stage.analyze()
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for at, system in _turns(ground, number):
            found.setdefault(at, []).append(await _once(ground, at, system))
    return found


def _turns(ground: Ground, number: int) -> Iterator[tuple[Cell, System]]:
    systems = ground.systems
    first = number % len(systems)
    for workload in ground.workloads:
        for concurrency in ground.concurrencies:
            for system in (*systems[first:], *systems[:first]):
                yield Cell(workload.name, concurrency, system.name), system


async def _sent(ground: Ground, at: Cell, system: System, bound: tuple[int, float]) -> Timing:
    """Requests until there are so many, or for so many seconds."""
    requests, seconds = bound
    job = Job(
        port=system.port,
        path=system.paths[at.workload],
        token=system.tokens.get(at.workload),
        bodies=[body.decode() for body in ground.bodies[system.name][at.workload]],
        concurrency=at.concurrency,
        requests=requests,
        seconds=seconds,
    )
    try:
        return await ground.load.run(job)
    except Fault as fault:
        raise Fault(f"{system.name}, {at.workload} at c={at.concurrency}: {fault}") from None


async def _once(ground: Ground, at: Cell, system: System) -> Figures:
    await ground.stage.enter(system)
    some = WARM_UP.get(at.concurrency, at.concurrency)
    await _sent(ground, at, system, (some, ground.seconds * WARM_UP_SHARE))
    server = processors.used(system.process)
    postgres = processors.used(ground.postgres, children=True)
    timing = await _sent(ground, at, system, (MOST, ground.seconds))
    server_seconds = processors.between(server, processors.used(system.process))
    postgres_seconds = processors.between(postgres, processors.used(ground.postgres, children=True))
    return Figures(
        rps=timing.rps,
        p50_ms=timing.p50_ms,
        p99_ms=timing.p99_ms,
        server_cpu_us=server_seconds / timing.requests * 1e6,
        postgres_cpu_us=postgres_seconds / timing.requests * 1e6,
        rss_mb=system.process.memory_info().rss / 1e6,
    )


def medians(measured: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        **{
            one.name: statistics.median(getattr(figures, one.name) for figures in measured)
            for one in fields(Figures)
        }
    )
