"""What was to be reached, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.cold import Cold
from bench.rounds import Cell, Figures

FLOOR, WARDLINE, STRAWBERRY, TENTH = "floor", "wardline", "strawberry", "wardline-tenth"
PEERS = ("postgraphile", "mercurius")

Measured = Mapping[Cell, Figures]
Figure = Callable[[Figures], float]

OF_FLOOR = 1.35
OF_PEER = {"W1": 0.6, "W2": 0.65, "W3": 1.0, "W4": 0.85}
RATE_OF_PEER = {"W1": 1.25, "W2": 1.3, "W3": 1.1, "W4": 1.05}
PROCESSOR_OF_PEER = {"W1": 0.65, "W2": 0.7, "W3": 1.0, "W4": 0.95}
TIMES_STRAWBERRY = 15.0
OF_STRAWBERRY = {"W1", "W2"}
OF_TENTH = 1.25
RESIDENT_MB = 120.0
COLD_MS = 15.0


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and what was measured; `least` says that more is better."""

    workload: str
    what: str
    bound: float
    measured: float
    least: bool = False

    @property
    def reached(self) -> bool:
        """Whether it was."""
        return self.measured >= self.bound if self.least else self.measured <= self.bound


def goals(figures: Measured, cold: Cold | None) -> Iterator[Goal]:
    """Those that can be told from what was measured."""
    for workload in sorted({cell.workload for cell in figures}):
        yield from _of_workload(figures, workload)
    resident = [each.rss_mb for cell, each in figures.items() if cell.system == WARDLINE]
    if resident:
        yield Goal("all", "MB resident", RESIDENT_MB, max(resident))
    if cold is not None:
        yield Goal("W1", "ms, a document never seen (processor)", COLD_MS, cold.cold_ms)


def _of_workload(figures: Measured, workload: str) -> Iterator[Goal]:
    def at(concurrency: int, system: str, figure: Figure) -> list[float]:
        found = figures.get(Cell(workload, concurrency, system))
        return [] if found is None else [figure(found)]

    def of_peers(concurrency: int, figure: Figure) -> list[float]:
        return [each for peer in PEERS for each in at(concurrency, peer, figure)]

    p50, p99 = at(1, WARDLINE, _p50), at(1, WARDLINE, _p99)
    rate, processor = at(32, WARDLINE, _rate), at(32, WARDLINE, _processor)
    bounds = OF_PEER[workload], RATE_OF_PEER[workload], PROCESSOR_OF_PEER[workload]
    told = (
        ("p50 at c=1, of the floor's", OF_FLOOR, p50, at(1, FLOOR, _p50), min),
        ("p50 at c=1, of the best peer's", bounds[0], p50, of_peers(1, _p50), min),
        ("p99 at c=1, of the best peer's", 1.0, p99, of_peers(1, _p99), min),
        ("requests/s at c=32, of the best peer's", bounds[1], rate, of_peers(32, _rate), max),
        (
            "processor at c=32, of the best peer's",
            bounds[2],
            processor,
            of_peers(32, _processor),
            min,
        ),
        ("p50 at c=1, of a tenth of the rows'", OF_TENTH, p50, at(1, TENTH, _p50), min),
    )
    for what, bound, own, others, best in told:
        if own and others:
            yield Goal(workload, what, bound, own[0] / best(others), least=best is max)
    if workload in OF_STRAWBERRY:
        for mine, other in zip(p50, at(1, STRAWBERRY, _p50), strict=False):
            yield Goal(
                workload, "times Strawberry, p50", TIMES_STRAWBERRY, other / mine, least=True
            )
        for mine, other in zip(rate, at(32, STRAWBERRY, _rate), strict=False):
            times = mine / other
            yield Goal(
                workload, "times Strawberry, requests/s", TIMES_STRAWBERRY, times, least=True
            )


def _p50(figures: Figures) -> float:
    return figures.p50_ms


def _p99(figures: Figures) -> float:
    return figures.p99_ms


def _rate(figures: Figures) -> float:
    return figures.rps


def _processor(figures: Figures) -> float:
    return figures.server_cpu_us + figures.postgres_cpu_us


def print_goals(figures: Measured, cold: Cold | None, console: Console) -> None:
    """A row a goal."""
    table = Table("", "goal", box=None)
    for heading in ("bound", "measured", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    for goal in goals(figures, cold):
        sign = "≥" if goal.least else "≤"
        table.add_row(
            goal.workload,
            goal.what,
            f"{sign} {goal.bound:g}",
            f"{goal.measured:.2f}",
            "yes" if goal.reached else "NO",
        )
    console.print(table)
    if cold is not None:
        console.print(
            f"W1 again, from the body of the request to its statement: {cold.again_ms:.3f} ms"
        )
