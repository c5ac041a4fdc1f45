"""Who runs on which core, and how much of it each has used."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import psutil


def pin(process: psutil.Process, cores: Iterable[int]) -> None:
    """Keep the process and its children on these cores, where the platform can (Linux)."""
    if hasattr(process, "cpu_affinity"):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                one.cpu_affinity(list(cores))


def cores() -> list[int]:
    """The cores that this process may use."""
    mine = psutil.Process()
    return list(mine.cpu_affinity()) if hasattr(mine, "cpu_affinity") else []


def used(process: psutil.Process, *, children: bool = False) -> dict[int, float]:
    """Seconds of processor time by process number."""
    found: dict[int, float] = {}
    for one in (process, *(process.children(recursive=True) if children else ())):
        with suppress(psutil.Error):  # a backend that has just ended
            times = one.cpu_times()
            found[one.pid] = times.user + times.system
    return found


def between(before: dict[int, float], after: dict[int, float]) -> float:
    """Seconds used between two readings; one that began in between counts whole."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
