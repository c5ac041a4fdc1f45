"""Measuring: every system at every workload and concurrency, in turn, round after round."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields

import orjson
import psutil

from bench import processors
from bench.load import Job, Timing
from bench.systems import System
from bench.wire import Fault
from bench.workloads import WORKLOADS, Workload

CONCURRENCIES = (1, 32)
WARM_UP = {1: 30, 32: 200}
"""Enough for every connection of a pool to have prepared its statement."""


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
        )
        try:
            if cores:
                processors.pin(psutil.Process(process.pid), cores)
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
    """What the rounds run on. `requests` multiplies how many requests are sent."""

    systems: Sequence[System]
    postgres: psutil.Process
    load: Load
    bodies: Mapping[str, list[bytes]]
    requests: float


async def measure(
    ground: Ground, rounds: int, tell: Callable[[str], None]
) -> dict[Cell, list[Figures]]:
    """Every cell once a round; the order of the systems turns from round to round."""
    found: dict[Cell, list[Figures]] = {}
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for workload, concurrency, system in _turns(ground.systems, number):
            figures = await _once(ground, workload, concurrency, system)
            cell = Cell(workload.name, concurrency, system.name)
            found.setdefault(cell, []).append(figures)
    return found


def _turns(systems: Sequence[System], number: int) -> Iterator[tuple[Workload, int, System]]:
    first = number % len(systems)
    for workload in WORKLOADS:
        for concurrency in CONCURRENCIES:
            for system in (*systems[first:], *systems[:first]):
                yield workload, concurrency, system


async def _once(ground: Ground, workload: Workload, concurrency: int, system: System) -> Figures:
    requests = max(int(workload.requests[concurrency] * ground.requests), concurrency)
    job = Job(
        port=system.port,
        path=system.paths[workload.name],
        token=system.tokens.get(workload.name),
        bodies=[body.decode() for body in ground.bodies[workload.name]],
        concurrency=concurrency,
        requests=WARM_UP[concurrency],
    )
    await ground.load.run(job)
    server = processors.used(system.process)
    postgres = processors.used(ground.postgres, children=True)
    timing = await ground.load.run(Job(**{**asdict(job), "requests": requests}))
    return Figures(
        rps=timing.rps,
        p50_ms=timing.p50_ms,
        p99_ms=timing.p99_ms,
        server_cpu_us=processors.between(server, processors.used(system.process)) / requests * 1e6,
        postgres_cpu_us=processors.between(
            postgres, processors.used(ground.postgres, children=True)
        )
        / requests
        * 1e6,
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
