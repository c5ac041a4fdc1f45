"""What is left of a run: the file of figures, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench.rounds import Cell, Figures
from bench.workloads import WORKLOADS

BASE = "floor"


def write(figures: Mapping[Cell, Figures], path: Path) -> None:
    """The list of figures as JSON, a row a cell."""
    rows = [
        {
            "workload": cell.workload,
            "system": cell.system,
            "concurrency": cell.concurrency,
            **{name: round(value, 3) for name, value in asdict(measured).items()},
        }
        for cell, measured in sorted(figures.items())
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")


def print_table(figures: Mapping[Cell, Figures], console: Console) -> None:
    """A row a cell; the ratio to the floor is that of p50 at c=1, of the rate at c=32."""
    console.print(" · ".join(f"{workload.name} {workload.title}" for workload in WORKLOADS))
    table = Table("", box=None)
    table.add_column("c", no_wrap=True)
    table.add_column("system", no_wrap=True)
    for heading in ("p50 ms", "p99 ms", "req/s", "ratio", "server µs", "database µs", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for cell, measured in sorted(figures.items()):
        table.add_row(
            cell.workload,
            str(cell.concurrency),
            cell.system,
            f"{measured.p50_ms:.2f}",
            f"{measured.p99_ms:.2f}",
            f"{measured.rps:,.0f}",
            _ratio(figures, cell),
            f"{measured.server_cpu_us:.0f}",
            f"{measured.postgres_cpu_us:.0f}",
            f"{measured.rss_mb:.0f}",
        )
    console.print(table)


def _ratio(figures: Mapping[Cell, Figures], cell: Cell) -> str:
    base = figures.get(Cell(cell.workload, cell.concurrency, BASE))
    if base is None:
        return ""
    own = figures[cell]
    ratio = own.p50_ms / base.p50_ms if cell.concurrency == 1 else own.rps / base.rps
    return f"{ratio:.2f}"
