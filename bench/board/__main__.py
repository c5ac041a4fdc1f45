"""`make bench-board`, or `python -m bench.board` with the options below."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from app.embedded import FolderInUse, embedded_servers
from bench import processors, store
from bench.board.browser import board, version_of
from bench.board.events import Writer
from bench.goals import Goal
from bench.live import surroundings
from bench.sizes import Size
from bench.systems import Place, serving
from bench.wire import Fault

RESULTS = Path(__file__).parent.parent / "results" / "board.json"
BOARD = Size("board", 400, 2, 40, 4_000, 4_000, 2_000)
WARD = "W01"
A_SECOND = 20.0
WARM_UP = 400
SCRIPT, INTERACTION_MS, GROWTH_MB = 200_000, 100.0, 1.0


@dataclass(frozen=True, slots=True)
class Length:
    """How much is done."""

    interactions: int
    every: float
    """Seconds between two of them."""
    events: int
    """Over which the heap may not grow."""


FULL_LENGTH, SMALL_LENGTH = Length(120, 0.25, 10_000), Length(4, 0.05, 60)


async def measured(port: int, length: Length) -> dict[str, Any]:
    """The figures. Raises Fault."""
    writer = await Writer.of_ward(port, WARD)
    async with board(port, WARD) as shown:
        script, scripts = await shown.first_load()
        await shown.forget()
        events = max(len(writer.beds), round(length.interactions * length.every * A_SECOND))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writer.paced(events, A_SECOND))
            tasks.create_task(shown.clicked(length.interactions, length.every))
        durations = await shown.interactions(length.interactions)
        long_tasks = await shown.long_tasks()
        behind = await shown.shows(writer.last)

        await writer.rushed(min(WARM_UP, length.events))
        await shown.shows(writer.last)
        before, nodes_before = await shown.heap()
        await writer.rushed(length.events)
        behind_rush = await shown.shows(writer.last)
        after, nodes_after = await shown.heap()
        version = version_of(await shown.tools.send("Browser.getVersion"))
    return {
        "browser": version,
        "beds": len(writer.beds),
        "first_load_script_bytes": script,
        "first_load_scripts": scripts,
        "events_a_second": A_SECOND,
        "events": events,
        "interactions": length.interactions,
        "interaction_p50_ms": statistics.median(durations),
        "interaction_p95_ms": durations[int(len(durations) * 0.95)],
        "interaction_worst_ms": durations[-1],
        "long_tasks": len(long_tasks),
        "longest_task_ms": max(long_tasks, default=0.0),
        "shown_after_ms": round(behind * 1000),
        "heap_events": length.events,
        "heap_before_mb": round(before / 1e6, 2),
        "heap_after_mb": round(after / 1e6, 2),
        "heap_growth_mb": round((after - before) / 1e6, 2),
        "nodes_before": nodes_before,
        "nodes_after": nodes_after,
        "shown_after_rush_ms": round(behind_rush * 1000),
    }


def goals(figures: dict[str, Any]) -> list[Goal]:
    """What was to be reached."""
    bounds = (
        ("script of the first load, bytes", SCRIPT, "first_load_script_bytes"),
        ("interaction p95, ms", INTERACTION_MS, "interaction_p95_ms"),
        ("interaction worst, ms", INTERACTION_MS, "interaction_worst_ms"),
        (f"growth over {figures['heap_events']:,} events, MB", GROWTH_MB, "heap_growth_mb"),
    )
    return [Goal("board", what, bound, figures[key]) for what, bound, key in bounds]


async def run(length: Length, output: Path, keep: Path | None, console: Console) -> None:
    """Measure and tell. Raises Fault."""
    async with AsyncExitStack() as stack:
        home = keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="wardline-bench-"))
        )
        servers = await stack.enter_async_context(embedded_servers(home, fast=True))
        database_url = await store.database(servers.database_url, BOARD)
        place = Place(database_url, servers.redis_url, processors.cores())
        port, _ = await stack.enter_async_context(
            serving(place, sys.executable, "-m", "app", "serve")
        )
        figures = await measured(port, length)
        about = await surroundings.about(database_url)
    ran = {"figures": figures, "run": about}
    await asyncio.to_thread(write, ran, output)
    table = Table("figure", "", box=None)
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int | float) else value)
    console.print(table)
    table = Table("goal", "bound", "measured", "reached", box=None)
    for goal in goals(figures):
        reached = "yes" if goal.reached else "NO"
        table.add_row(goal.what, f"≤ {goal.bound:,g}", f"{goal.measured:,g}", reached)
    console.print(table)


def write(ran: dict[str, Any], output: Path) -> None:
    """As JSON."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(orjson.dumps(ran, option=orjson.OPT_INDENT_2) + b"\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.board", description=__doc__)
    parser.add_argument("--small", action="store_true", help="for a moment")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="keep the filled database in this folder")
    given = parser.parse_args()
    console = Console(highlight=False)
    length = SMALL_LENGTH if given.small else FULL_LENGTH
    try:
        asyncio.run(run(length, given.output, given.keep, console))
    except (Fault, FolderInUse) as told:
        parser.exit(3, f"{told}\n")


if __name__ == "__main__":
    main()
