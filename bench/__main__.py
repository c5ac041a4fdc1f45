"""`make bench-queries`, or `python -m bench` with the options below."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil
from rich.console import Console

from app.embedded import FolderInUse, embedded_servers
from bench import cold, goals, hospital, picture, processors, report, rounds, store, systems
from bench.agreement import Differs, agreed
from bench.peers.packages import Missing
from bench.sizes import FULL, SIZES, SMALL, Size
from bench.stage import Stage
from bench.systems import ROOT, SYSTEMS, Place, System
from bench.wire import Fault
from bench.workloads import WORKLOADS, Workload

WIDTH = 110
"""Of the tables where no terminal says how wide it is."""
RESULTS = Path(__file__).with_name("results") / "queries.json"


@dataclass(frozen=True, slots=True)
class Run:
    """What the command line asked for."""

    size: Size
    rounds: int
    systems: Sequence[str]
    workloads: Sequence[Workload]
    concurrencies: Sequence[int]
    seconds: float
    output: Path
    keep: Path | None
    growth: bool


async def run(asked: Run, console: Console) -> None:
    """Build, check, measure, tell. Raises agreement.Differs, and measures nothing then."""
    async with AsyncExitStack() as stack:
        home = asked.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="wardline-bench-"))
        )
        servers = await stack.enter_async_context(embedded_servers(home, fast=True))
        own, others = processors.shared_out(processors.cores())
        begin = time.monotonic()
        database_url = await store.database(servers.database_url, asked.size)
        small_url = await store.database(servers.database_url, SMALL) if asked.growth else ""
        console.print(
            f"{asked.size.patients:,} patients, {asked.size.vitals:,} vitals,"
            f" {asked.size.results:,} results: {time.monotonic() - begin:.0f} s"
        )
        postgres = psutil.Process(servers.postgres.pid)
        processors.pin(postgres, others)
        place = Place(database_url, servers.redis_url, own)
        running: list[System] = [
            await stack.enter_async_context(SYSTEMS[name](place)) for name in asked.systems
        ]
        built = await hospital.chosen(database_url, asked.size)
        bodies = await agreed(running, built, asked.workloads)
        console.print(f"all answer the same: {', '.join(system.name for system in running)}")
        if asked.growth:
            place = Place(small_url, servers.redis_url, own)
            tenth = await stack.enter_async_context(systems.wardline(place, goals.TENTH))
            running.append(tenth)
            built = await hospital.chosen(small_url, SMALL)
            bodies |= await agreed([tenth], built, asked.workloads)
        load = await stack.enter_async_context(rounds.Load.open(others))
        stage = await stack.enter_async_context(Stage.open(running, database_url))
        ground = rounds.Ground(
            running,
            asked.workloads,
            asked.concurrencies,
            postgres,
            load,
            stage,
            bodies,
            asked.seconds,
        )
        measured = await rounds.measure(ground, asked.rounds, console.print)
    figures = {cell: rounds.medians(each) for cell, each in measured.items()}
    report.write(figures, asked.output)
    picture.write(figures, asked.output.with_suffix(".svg"))
    report.print_table(figures, console)
    goals.print_goals(figures, _cold(asked), console)


def _cold(asked: Run) -> cold.Cold | None:
    """Measured in a process of its own, which has planned nothing yet."""
    if goals.WARDLINE not in asked.systems:
        return None
    command = (sys.executable, "-m", "bench.cold")
    told = subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout  # noqa: S603
    return cold.Cold(**orjson.loads(told))


def main() -> None:
    """The command."""
    named = {workload.name: workload for workload in WORKLOADS}
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="some of them, with commas")
    parser.add_argument("--workloads", default=",".join(named), help="some of them, with commas")
    parser.add_argument("--concurrency", default="1,32", help="one of them or both")
    parser.add_argument("--seconds", type=float, help="how long a single measurement lasts")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="keep the filled databases in this folder")
    parser.add_argument(
        "--growth", action="store_true", help="Wardline on the full and on the small hospital"
    )
    given = parser.parse_args()
    size = FULL if given.growth else SIZES[given.size]
    asked = Run(
        size=size,
        rounds=given.rounds,
        systems=_known(parser, given.systems, SYSTEMS),
        workloads=[named[name] for name in _known(parser, given.workloads, named)],
        concurrencies=[int(each) for each in given.concurrency.split(",")],
        seconds=given.seconds or size.seconds,
        output=given.output,
        keep=given.keep,
        growth=given.growth,
    )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    try:
        asyncio.run(run(asked, console))
    except (Differs, Fault, FolderInUse, Missing) as told:
        parser.exit(3, f"{told}\n")


def _known(parser: argparse.ArgumentParser, given: str, names: Collection[str]) -> list[str]:
    found = given.split(",")
    if unknown := [name for name in found if name not in names]:
        parser.error(f"there is no {', '.join(unknown)}: choose from {', '.join(names)}")
    return found


if __name__ == "__main__":
    main()
