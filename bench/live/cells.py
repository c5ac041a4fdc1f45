"""Measuring one cell: a system with so many sockets, from its start to its end."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench import processors
from bench.live import asked, statements, ward
from bench.live.systems import PATH, Started, System
from bench.wire import Fault

READ_LIMIT = 1 << 26
FIRST_SOCKETS = 20
"""They come and go before memory is read: what a server loads for its first client is not the
thousandth's."""
COUNTED = 20
"""Events over which statements are counted."""
PATIENCE = 60.0
FEWEST, MOST = 8, 32
"""Mutations under way at full speed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is measured. With several documents the sockets belong to users of six sets of roles."""

    system: str
    sockets: int
    documents: int = 1

    @property
    def roles(self) -> int:
        """Different rights among the users."""
        return len(ward.ROLES) if self.documents > 1 else 1

    @property
    def groups(self) -> int:
        """Sets of sockets that may get the same bytes."""
        return min(self.sockets, self.documents * self.roles)

    def window(self, deliveries: int) -> int:
        """How many mutations are under way, for about so many deliveries."""
        return max(FEWEST, min(MOST, deliveries // self.sockets))

    def __str__(self) -> str:
        return f"{self.system}, {self.sockets} sockets, {self.documents} documents"


@dataclass(frozen=True, slots=True)
class Length:
    """How long a cell is measured: events one by one, at most for so many seconds; seconds of as
    many as it takes, with so many deliveries under way; events of one transaction; and the seconds
    in which all that runs by a clock has run."""

    events: int
    seconds: float
    sustained: float
    under_way: int
    burst: int
    quiet: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured. Times from the request's sending, in ms; processor time and memory are the
    server's. A delivery is an event that reached a socket: a message may carry several, of which
    `events_per_message` tells. None: not measured of this system."""

    commit_to_first_ms: float
    commit_to_last_p50_ms: float
    commit_to_last_p99_ms: float
    answered_p50_ms: float
    message_bytes: int
    deliveries_per_s: float
    events_per_s: float
    events_per_message: float
    cpu_us_per_delivery: float
    paced_cpu_us_per_delivery: float
    postgres_cpu_us_per_delivery: float
    load_busy: float
    rss_kb_per_socket: float
    queries_per_event: float | None
    burst_to_last_ms: float | None
    open_s: float


class Load:
    """The load process, see bench/live/load.py."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.process = psutil.Process(process.pid)

    @classmethod
    @asynccontextmanager
    async def open(cls, cores: Sequence[int]) -> AsyncIterator[Load]:
        """Start the process, and end it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.live.load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=READ_LIMIT,
            preexec_fn=processors.keeper(cores),
        )
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    async def do(self, command: str, **given: Any) -> dict[str, Any]:
        """Let it do that. Raises Fault."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps({"do": command, **given}) + b"\n")
        await self._process.stdin.drain()
        told: dict[str, Any] = orjson.loads(await self._process.stdout.readline() or b"{}")
        if "fault" in told:
            raise Fault(told["fault"])
        return told


@dataclass(frozen=True, slots=True)
class Ground:
    """What the cells run on. `home` is the folder of the servers."""

    database_url: str
    home: Path
    postgres: psutil.Process
    load: Load
    length: Length


class Measuring:
    """One cell, of a system that runs and has no sockets yet."""

    def __init__(self, ground: Ground, cell: Cell, system: System, place: ward.Ward) -> None:
        self._ground = ground
        self._cell = cell
        self._system = system
        self._load = ground.load
        self._ward = place
        self._bodies = [asked.body([patient]).decode() for patient in place.patients]
        self.sample: Any = None
        """A payload as it was heard."""

    async def figures(self) -> Figures:
        """Measure. Raises Fault where a socket does not hear all, once, in order."""
        cell, length = self._cell, self._ground.length
        await self._open(FIRST_SOCKETS, cell.documents)
        await self._load.do("close")
        await asyncio.sleep(length.quiet / 2)
        unheard = await self._unheard() if self._system.guards else None
        empty = self._rss()
        opened = await self._open(cell.sockets, cell.documents)
        spent = self._spent()
        paced = await self._load.do("paced", events=length.events, seconds=length.seconds)
        paced_cpu, _, _ = self._spent_since(spent)
        resident = self._rss()
        statements_of_event = None if unheard is None else await self._heard(unheard)
        spent = self._spent()
        sustained = await self._load.do("sustained", seconds=length.sustained)
        cpu, postgres_cpu, load_cpu = self._spent_since(spent)
        burst = await self._burst() if self._system.guards and cell.documents == 1 else None
        await self._check()
        await self._load.do("close")
        deliveries = sustained["deliveries"]
        return Figures(
            commit_to_first_ms=statistics.median(paced["first"]),
            commit_to_last_p50_ms=statistics.median(paced["last"]),
            commit_to_last_p99_ms=_share(paced["last"], 0.99),
            answered_p50_ms=statistics.median(paced["answered"]),
            message_bytes=paced["message_bytes"],
            deliveries_per_s=deliveries / sustained["seconds"],
            events_per_s=sustained["events"] / sustained["seconds"],
            events_per_message=deliveries / sustained["messages"],
            cpu_us_per_delivery=cpu / deliveries * 1e6,
            paced_cpu_us_per_delivery=paced_cpu / (len(paced["last"]) * cell.sockets) * 1e6,
            postgres_cpu_us_per_delivery=postgres_cpu / deliveries * 1e6,
            load_busy=load_cpu / sustained["seconds"],
            rss_kb_per_socket=(resident - empty) / cell.sockets / 1e3,
            queries_per_event=statements_of_event,
            burst_to_last_ms=burst,
            open_s=opened,
        )

    async def _open(self, sockets: int, documents: int) -> float:
        """Seconds until all had subscribed."""
        tokens: list[str | None] = [None] * sockets
        if self._system.guards:
            tokens[:] = await ward.stations(self._ground.database_url, sockets, self._cell.roles)
        # Six roles and fifty documents: each of the one with each of the other.
        seats = [
            (token, number // self._cell.roles % documents) for number, token in enumerate(tokens)
        ]
        told = await self._load.do(
            "open",
            port=self._system.port,
            path=PATH,
            ward=self._ward.code,
            documents=asked.documents(documents),
            seats=seats,
            writer=self._ward.writer if self._system.guards else None,
            bodies=self._bodies,
            window=self._cell.window(self._ground.length.under_way),
        )
        seconds: float = told["open_seconds"]
        return seconds

    async def _burst(self) -> float:
        """Milliseconds until all have heard all of one transaction."""
        many = self._ground.length.burst
        patients = self._ward.patients
        body = asked.body([patients[number % len(patients)] for number in range(many)])
        told = await self._load.do(
            "burst", events=many, body=body.decode(), writer=self._ward.writer
        )
        last: float = told["last"]
        return last

    async def _unheard(self) -> set[bytes]:
        """What PostgreSQL is asked for a mutation that nobody hears, and by what runs anyway."""
        async with statements.written_down(self._ground.home) as written:
            await self._load.do(
                "write",
                port=self._system.port,
                path=PATH,
                writer=self._ward.writer,
                bodies=self._bodies,
                events=COUNTED,
            )
            return set(await written.since())

    async def _heard(self, known: set[bytes]) -> float:
        """Statements an event for those who hear it: those that are not `known`, and do not run
        while there are sockets and no events."""
        async with statements.written_down(self._ground.home) as written:
            await asyncio.sleep(self._ground.length.quiet)
            known = known.union(await written.since())
            await self._load.do("paced", events=COUNTED, seconds=PATIENCE)
            times = Counter(await written.since())
        # What runs by a clock of more than seconds runs once.
        theirs = (many for text, many in times.items() if text not in known and many > COUNTED // 2)
        return sum(theirs) / COUNTED

    async def _check(self) -> None:
        told = await self._load.do("checked")
        self.sample = told["sample"]
        if self._system.guards:
            heard = told["order"]
            logged = await ward.order(self._ground.database_url, heard[0])
            if logged != heard:
                raise Fault(f"{len(heard)} events heard, not as the log has its {len(logged)}")

    def _rss(self) -> float:
        process = self._system.process
        tree = (process, *process.children(recursive=True))
        return float(sum(each.memory_info().rss for each in tree))

    def _spent(self) -> tuple[dict[int, float], ...]:
        ground = self._ground
        return (
            processors.used(self._system.process, children=True),
            processors.used(ground.postgres, children=True),
            processors.used(ground.load.process),
        )

    def _spent_since(self, before: tuple[dict[int, float], ...]) -> tuple[float, ...]:
        """Seconds of processor time of the server, PostgreSQL and the load."""
        pairs = zip(before, self._spent(), strict=True)
        return tuple(processors.between(one, other) for one, other in pairs)


async def measure(ground: Ground, cell: Cell, started: Started) -> tuple[Figures, Any]:
    """Start the system, measure, end it; the figures, and a payload as it was heard."""
    async with started as system:
        measuring = Measuring(ground, cell, system, await ward.opened(ground.database_url))
        try:
            return await measuring.figures(), measuring.sample
        except Fault as fault:
            await ground.load.do("close")
            raise Fault(f"{cell}: {fault}") from None


def _share(measured: list[float], share: float) -> float:
    ordered = sorted(measured)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
