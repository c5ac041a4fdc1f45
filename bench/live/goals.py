"""What was to be reached, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from bench.goals import Goal
from bench.live.cells import Cell, Figures

WARDLINE = "wardline"
PEERS = ("mercurius", "strawberry", "postgraphile")

Measured = Mapping[Cell, Figures]

MOST_SOCKETS, FEWEST_SOCKETS, DOCUMENTS_AT = 3_000, 200, 1_000
LAST_MS = {FEWEST_SOCKETS: 12.0, MOST_SOCKETS: 60.0}
OF_PEER = 0.5
RATE, TIMES_PEER = 65_000.0, 2.5
CPU_US, RSS_KB, BURST_MS, TIMES_ONE_DOCUMENT = 15.0, 30.0, 2_000.0, 3.0


def goals(measured: Measured) -> Iterator[Goal]:
    """Those that can be told from what was measured."""
    own = {cell: each for cell, each in measured.items() if cell.system == WARDLINE}
    for cell, figures in own.items():
        yield from _of_cell(measured, cell, figures)
    several = [cell for cell in own if cell.documents > 1]
    for cell in several:
        one = own.get(Cell(WARDLINE, cell.sockets))
        if one is not None:
            times = own[cell].commit_to_last_p50_ms / one.commit_to_last_p50_ms
            yield Goal(_name(cell), "last p50, of that of one document", TIMES_ONE_DOCUMENT, times)


def _of_cell(measured: Measured, cell: Cell, figures: Figures) -> Iterator[Goal]:
    name = _name(cell)
    peers = [
        each
        for other, each in measured.items()
        if other.system in PEERS
        and (other.sockets, other.documents) == (cell.sockets, cell.documents)
    ]
    if cell.documents == 1:
        if cell.sockets in LAST_MS:
            last = figures.commit_to_last_p50_ms
            yield Goal(name, "last p50, ms", LAST_MS[cell.sockets], last)
        if cell.sockets == MOST_SOCKETS and peers:
            best = min(each.commit_to_last_p50_ms for each in peers)
            times = figures.commit_to_last_p50_ms / best
            yield Goal(name, "last p50, of the best peer's", OF_PEER, times)
        yield Goal(name, "deliveries/s", RATE, figures.deliveries_per_s, least=True)
        if peers:
            times = figures.deliveries_per_s / max(each.deliveries_per_s for each in peers)
            yield Goal(name, "deliveries/s, of the best peer's", TIMES_PEER, times, least=True)
        for what, used in (
            ("µs of the server a delivery", figures.cpu_us_per_delivery),
            ("the same, one event a message", figures.paced_cpu_us_per_delivery),
        ):
            yield Goal(name, what, CPU_US, used)
        yield Goal(name, "kB a socket", RSS_KB, figures.rss_kb_per_socket)
    if figures.queries_per_event is not None:
        told = figures.queries_per_event
        yield Goal(name, "statements an event, of its groups", float(cell.groups), told)
    if figures.burst_to_last_ms is not None and cell.sockets == DOCUMENTS_AT:
        yield Goal(name, "burst in one transaction, ms", BURST_MS, figures.burst_to_last_ms)


def _name(cell: Cell) -> str:
    documents = "" if cell.documents == 1 else f" x {cell.documents} documents"
    return f"{cell.sockets:,}{documents}"


def print_goals(measured: Measured, console: Console) -> None:
    """A row a goal."""
    table = Table("sockets", "goal", box=None)
    for heading in ("bound", "measured", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    for goal in goals(measured):
        sign = "≥" if goal.least else "≤"
        table.add_row(
            goal.workload,
            goal.what,
            f"{sign} {goal.bound:g}",
            f"{goal.measured:,.2f}",
            "yes" if goal.reached else "NO",
        )
    console.print(table)
