"""Where Node and the locked packages of the peers are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST = 22
"""PostGraphile 5 asks for it."""
OF_THE_WHEEL = HERE.parent.parent / ".venv" / "node" / "node"


class Missing(Exception):
    """Node or the packages are not installed; says which."""


def script(name: str) -> tuple[str, ...]:
    """The command that runs one of the peers. Raises Missing."""
    if not (HERE / "node_modules" / ".installed").exists():
        raise Missing("the peers' packages are not installed: make bench/peers/node_modules")
    return (node(), str(HERE / name))


def node() -> str:
    """Node 22 or newer: NODE of the environment, the one of the wheel, or the machine's. Raises
    Missing."""
    candidates = (os.environ.get("NODE"), str(OF_THE_WHEEL), shutil.which("node"))
    for candidate in candidates:
        if candidate and Path(candidate).exists() and _major(candidate) >= OLDEST:
            return candidate
    raise Missing(f"there is no Node {OLDEST} or newer")


def _major(candidate: str) -> int:
    command = [candidate, "-p", "process.versions.node.split('.')[0]"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    return int(told) if told.strip().isdigit() else 0
