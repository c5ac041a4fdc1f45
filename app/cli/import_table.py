"""What an import prints when it is done: counts and reasons, no patient's data."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from resolvers.imports.ledger import Ledger, Outcome


def screen() -> Console:
    """The standard output; a file or pipe takes wider lines than a terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def show(console: Console, ledger: Ledger) -> None:
    """Print the table of outcomes, then why what was rejected was, then what else is to be said."""
    console.print(outcomes_table(ledger))
    if ledger.reasons:
        console.print("Rejected (wardline import rejected lists them):")
        for (kind, reason), count in sorted(ledger.reasons.items()):
            console.print(f"  {count} x {kind}: {reason}", markup=False)
    for remark, count in sorted(ledger.remarks.items()):
        console.print(f"  {count} x {remark}", markup=False)


def outcomes_table(ledger: Ledger) -> Table:
    """A row for each type of record and one for all. Read is the sum of the others."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_footer=True)
    table.add_column("record", "all", overflow="fold")
    table.add_column("read", str(ledger.read.total()), justify="right", no_wrap=True)
    for outcome in Outcome:
        total = _shown(ledger.total(outcome))
        table.add_column(outcome.value, total, justify="right", no_wrap=True)
    for kind in ledger.types:
        counts = [_shown(ledger.total(outcome, kind)) for outcome in Outcome]
        table.add_row(kind.replace("[", r"\["), str(ledger.read[kind]), *counts)
    return table


def rejections_table(rows: Sequence[asyncpg.Record]) -> Table:
    """The open rejections; their sources are a patient's data and are shown one at a time."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("id", "rejected", "record", "reason"):
        table.add_column(name, no_wrap=name in ("id", "rejected"))
    for row in rows:
        at = row["rejected_at"].strftime("%Y-%m-%d")
        kind, reason = (row[name].replace("[", r"\[") for name in ("record_type", "reason"))
        table.add_row(str(row["id"]), at, kind, reason)
    return table


def _shown(count: int) -> str:
    return str(count) if count else ""
