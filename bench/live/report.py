"""What is left of a run: the file of figures, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench.live.cells import Cell, Figures

COLUMNS = (
    ("first ms", "commit_to_first_ms", "{:.1f}"),
    ("last p50", "commit_to_last_p50_ms", "{:.1f}"),
    ("last p99", "commit_to_last_p99_ms", "{:.1f}"),
    ("answer", "answered_p50_ms", "{:.1f}"),
    ("bytes", "message_bytes", "{}"),
    ("deliv/s", "deliveries_per_s", "{:,.0f}"),
    ("ev/msg", "events_per_message", "{:.1f}"),
    ("µs/deliv", "cpu_us_per_delivery", "{:.1f}"),
    ("paced µs", "paced_cpu_us_per_delivery", "{:.1f}"),
    ("PG µs", "postgres_cpu_us_per_delivery", "{:.1f}"),
    ("load", "load_busy", "{:.0%}"),
    ("kB/sock", "rss_kb_per_socket", "{:.1f}"),
    ("stmt/ev", "queries_per_event", "{:.1f}"),
    ("burst ms", "burst_to_last_ms", "{:.0f}"),
    ("open s", "open_s", "{:.1f}"),
)


def write(measured: Mapping[Cell, Figures], about: Mapping[str, Any], path: Path) -> None:
    """The list of figures as JSON, a row a cell; beside it what they were measured on."""
    rows = [
        {
            "system": cell.system,
            "sockets": cell.sockets,
            "documents": cell.documents,
            "groups": cell.groups,
            **{
                name: value if value is None else round(value, 3)
                for name, value in asdict(figures).items()
            },
        }
        for cell, figures in measured.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.stem}-run.json")
    for file, what in ((path, rows), (beside, about)):
        file.write_bytes(orjson.dumps(what, option=orjson.OPT_INDENT_2) + b"\n")


def print_table(measured: Mapping[Cell, Figures], console: Console) -> None:
    """A row a cell."""
    table = Table(box=None)
    for heading in ("sockets", "docs", "system"):
        table.add_column(heading, no_wrap=True)
    for heading, _, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for cell, figures in measured.items():
        values = [(getattr(figures, name), form) for _, name, form in COLUMNS]
        told = ["" if value is None else form.format(value) for value, form in values]
        table.add_row(f"{cell.sockets:,}", str(cell.documents), cell.system, *told)
    console.print(table)
