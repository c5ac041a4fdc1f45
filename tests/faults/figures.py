"""The size of a run, and what it measured: `make faults` prints the figures as a table.

In `make test` the faults are as bad and the numbers smaller; FAULTS=long makes them those of the
fault table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONG = os.environ.get("FAULTS") == "long"
RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results" / "faults.json"


@dataclass(frozen=True)
class Size:
    """How much of everything; times in seconds."""

    mutations: int
    phase: float
    frozen: float
    sockets: int
    readers: int


SIZE = (
    Size(mutations=10_000, phase=10.0, frozen=30.0, sockets=1_000, readers=100)
    if LONG
    else Size(mutations=1_000, phase=1.5, frozen=3.0, sockets=300, readers=30)
)

MEASURED: dict[str, dict[str, Any]] = {}
"""By fault, in the order in which they were tried."""


def measured(fault: str, **figures: Any) -> None:
    """Keep what a fault did, for the table."""
    MEASURED.setdefault(fault, {}).update(figures)


def share(values: Sequence[float], part: float) -> float:
    """A percentile; `part` is 0.99 for the 99th."""
    ordered = sorted(values)
    assert ordered, "nothing was measured"
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def table() -> str:
    """The figures in Markdown."""
    rows = ["| fault | measured |", "|---|---|"]
    for fault, figures in MEASURED.items():
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        rows.append(f"| {fault} | {told} |")
    return "\n".join(rows)


def keep() -> None:
    """Write the figures where they are committed, beside those of faults that were not tried."""
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(before | MEASURED, indent=2) + "\n")
