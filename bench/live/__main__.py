"""`make bench-live`, or `python -m bench.live` with the options below."""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from app.embedded import FolderInUse, embedded_servers
from bench import processors, store
from bench.agreement import Differs
from bench.live import goals, picture, report, surroundings
from bench.live.cells import Cell, Figures, Ground, Length, Load, measure
from bench.live.systems import SYSTEMS
from bench.peers.packages import Missing
from bench.sizes import TINY, Size
from bench.systems import Place
from bench.wire import Fault

WIDTH = 160
RESULTS = Path(__file__).parent.parent / "results" / "live.json"
LIVE = Size("live", 2_000, 4, 30, 20_000, 20_000, 5_000)
"""What an event costs does not depend on the size of the hospital."""
FULL_LENGTH = Length(
    events=100, seconds=12.0, sustained=6.0, under_way=24_000, burst=500, quiet=2.5
)
SMALL_LENGTH = Length(events=5, seconds=1.0, sustained=0.5, under_way=0, burst=20, quiet=0.6)
DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class Run:
    """What the command line asked for."""

    cells: Sequence[Cell]
    size: Size
    length: Length
    output: Path
    keep: Path | None


async def run(asked: Run, console: Console) -> None:
    """Measure, compare, tell. Raises Fault and Differs."""
    async with AsyncExitStack() as stack:
        home = asked.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="wardline-bench-"))
        )
        servers = await stack.enter_async_context(embedded_servers(home, fast=True))
        own, others = processors.shared_out(processors.cores())
        database_url = await store.database(servers.database_url, asked.size)
        postgres = psutil.Process(servers.postgres.pid)
        processors.pin(postgres, others)
        place = Place(database_url, servers.redis_url, own)
        load = await stack.enter_async_context(Load.open(others))
        ground = Ground(database_url, home, postgres, load, asked.length)
        measured: dict[Cell, Figures] = {}
        shape: Any = None
        for cell in asked.cells:
            console.print(str(cell))
            try:
                figures, sample = await measure(ground, cell, SYSTEMS[cell.system](place))
            except Fault as fault:
                if cell.system == goals.WARDLINE:
                    raise
                console.print(f"[bold]not measured:[/bold] {fault}")
                continue
            if cell.documents == 1:
                shape = shape or _shape(sample)
                if _shape(sample) != shape:
                    raise Differs(f"{cell} hears something of another form: {sample}")
            measured[cell] = figures
        about = await surroundings.about(database_url)
    report.write(measured, about, asked.output)
    picture.write(measured, asked.output.with_suffix(".svg"))
    report.print_table(measured, console)
    goals.print_goals(measured, console)


def _shape(value: Any) -> Any:
    """The keys of a payload, in their order, and what is under them."""
    match value:
        case dict():
            return [(key, _shape(each)) for key, each in value.items()]
        case list():
            return [_shape(each) for each in value[:1]]
    return type(value).__name__


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="some of them, with commas")
    parser.add_argument("--sockets", help="numbers of sockets, with commas")
    parser.add_argument("--small", action="store_true", help="few sockets, for a moment")
    parser.add_argument("--seconds", type=float, help="how long events are written at full speed")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="keep the filled database in this folder")
    given = parser.parse_args()
    systems = _known(parser, given.systems, SYSTEMS)
    length = SMALL_LENGTH if given.small else FULL_LENGTH
    if given.seconds:
        length = replace(length, sustained=given.seconds)
    numbers = given.sockets or ("24" if given.small else "200,1000,3000")
    sockets = [int(each) for each in numbers.split(",")]
    cells = [Cell(system, many) for many in sockets for system in systems]
    if "wardline" in systems:
        many, documents = (sockets[-1], 6) if given.small else (1_000, DOCUMENTS)
        cells.append(Cell("wardline", many, documents))
    _many_files()
    asked = Run(cells, TINY if given.small else LIVE, length, given.output, given.keep)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    try:
        asyncio.run(run(asked, console))
    except (Differs, Fault, FolderInUse, Missing) as told:
        parser.exit(3, f"{told}\n")


def _many_files() -> None:
    """A socket is a file; what is started inherits the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _known(parser: argparse.ArgumentParser, given: str, names: Collection[str]) -> list[str]:
    found = given.split(",")
    if unknown := [name for name in found if name not in names]:
        parser.error(f"there is no {', '.join(unknown)}: choose from {', '.join(names)}")
    return found


if __name__ == "__main__":
    main()
