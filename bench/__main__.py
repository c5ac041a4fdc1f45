"""`make bench`, `python -m bench [--size small|full|tiny] [--rounds N] [--output FILE]`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
from rich.console import Console

from app.embedded import embedded_servers
from app.schema_version import upgrade
from bench import hospital, processors, report, rounds, systems
from bench.sizes import SIZES, Size
from bench.systems import System
from bench.workloads import FIND, WORKLOADS, bodies, first_pages

RESULTS = Path(__file__).with_name("results") / "queries.json"


class Differs(Exception):
    """Two systems do not answer the same."""


async def run(size: Size, number: int, output: Path, console: Console) -> None:
    """Build, check, measure, tell. Raises Differs, and measures nothing then."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="wardline-bench-"))
        servers = await stack.enter_async_context(embedded_servers(Path(home), fast=True))
        postgres = psutil.Process(servers.postgres.pid)
        own, others = _shared_out(processors.cores())
        processors.pin(postgres, others)
        console.print(
            f"{size.patients:,} patients, {size.vitals:,} vitals, {size.results:,} results"
        )
        await upgrade(servers.database_url)
        built = await hospital.build(servers.database_url, size)
        running = [
            await stack.enter_async_context(systems.floor(servers.database_url)),
            await stack.enter_async_context(
                systems.wardline(servers.database_url, servers.redis_url)
            ),
        ]
        for system in running:
            processors.pin(system.process, own)
        sent = await _checked(running, built)
        console.print("both answer the same")
        load = await stack.enter_async_context(rounds.Load.open(others))
        ground = rounds.Ground(running, postgres, load, sent, size.requests)
        measured = await rounds.measure(ground, number, console.print)
    figures = {cell: rounds.medians(each) for cell, each in measured.items()}
    report.write(figures, output)
    report.print_table(figures, console)


def _shared_out(cores: list[int]) -> tuple[list[int], list[int]]:
    """The server's core, and those of PostgreSQL and the load."""
    if len(cores) < 2:
        return cores, cores
    return cores[:1], cores[1:]


async def _checked(running: Sequence[System], built: hospital.Hospital) -> dict[str, list[bytes]]:
    """The bodies of every workload, each of which every system answers alike."""
    first = first_pages(built)
    pages = await running[0].answers(FIND, first)
    cursors = [page["data"]["patients"]["pageInfo"]["endCursor"] for page in pages]  # type: ignore[index]
    sent = {workload.name: bodies(workload, built, cursors) for workload in WORKLOADS}
    for workload in WORKLOADS:
        asked = [*sent[workload.name], *(first if workload is FIND else ())]
        asked = asked[:1] if workload.writes else asked
        answers = [await system.answers(workload, asked) for system in running]
        if workload.writes:
            answers = [[_without_ids(answer) for answer in each] for each in answers]
        for system, each in zip(running, answers, strict=True):
            # Dictionaries are equal in any order; their text is not.
            if str(each) != str(answers[0]):
                raise Differs(f"{workload.name}: {system.name} answers otherwise")
    return sent


def _without_ids(answer: object) -> object:
    """What was just written has an id of its own."""
    match answer:
        case dict():
            return {key: _without_ids(value) for key, value in answer.items() if key != "id"}
        case list():
            return [_without_ids(each) for each in answer]
    return answer


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    given = parser.parse_args()
    asyncio.run(run(SIZES[given.size], given.rounds, given.output, Console(highlight=False)))


if __name__ == "__main__":
    main()
