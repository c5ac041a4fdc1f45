"""Who runs on which core, and how much of it each has used."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

TASKS = "/proc/{}/task"


def cores() -> list[int]:
    """The cores that this process may use."""
    mine = psutil.Process()
    return list(mine.cpu_affinity()) if hasattr(mine, "cpu_affinity") else []


def shared_out(found: list[int]) -> tuple[list[int], list[int]]:
    """The server's core, and those of PostgreSQL and the load."""
    if len(found) < 2:
        return found, found
    return found[:1], found[1:]


def pin(process: psutil.Process, kept: Sequence[int]) -> None:
    """Keep the process and its children on these cores, where the platform can (Linux)."""
    if hasattr(process, "cpu_affinity"):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                one.cpu_affinity(list(kept))


def keeper(kept: Sequence[int]) -> Callable[[], None] | None:
    """What a new process does first, so that every thread of it stays on these cores: a thread
    that runs already (Node starts some) would not be moved with its process."""
    if not kept or not hasattr(os, "sched_setaffinity"):
        return None
    return lambda: os.sched_setaffinity(0, kept)


def used(process: psutil.Process, *, children: bool = False) -> dict[int, float]:
    """Seconds of processor time by process number."""
    found: dict[int, float] = {}
    for one in (process, *(process.children(recursive=True) if children else ())):
        with suppress(psutil.Error, OSError):  # a backend that has just ended
            found[one.pid] = _seconds(one)
    return found


def _seconds(process: psutil.Process) -> float:
    """By the scheduler's own clock where there is one: the other has ticks of 10 ms."""
    tasks = Path(TASKS.format(process.pid))
    try:
        runs = [(task / "schedstat").read_text().split()[0] for task in tasks.iterdir()]
    except OSError:
        times = process.cpu_times()
        return float(times.user + times.system)
    return sum(map(int, runs)) / 1e9


def between(before: dict[int, float], after: dict[int, float]) -> float:
    """Seconds used between two readings; one that began in between counts whole."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
