"""The two clients of docs/clients as processes of their own, and what they have told so far."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "docs" / "clients"
PACKAGES = ROOT / "web" / "node_modules"
PATIENCE = 60.0

Line = dict[str, Any]


@dataclass
class Display:
    """A client's process; `told` is its stdout, `noted` its stderr."""

    name: str
    process: asyncio.subprocess.Process
    told: Path
    noted: Path

    @property
    def lines(self) -> list[Line]:
        """What it has told, one by one."""
        whole, _, _ = self.told.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    async def until(self, condition: Callable[[list[Line]], bool], what: str) -> None:
        """Return when the lines are so; `what` is said if they never are."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.lines):
            assert self.process.returncode is None, self.noted.read_text()
            assert time.monotonic() < deadline, f"{self.name}, not in time: {what}"
            await asyncio.sleep(0.05)


@contextmanager
def running(process: asyncio.subprocess.Process) -> Iterator[None]:
    """End it, whatever it is at."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()


async def python_display(folder: Path, url: str, ward: str, silence: float) -> Display:
    """`python docs/clients/station.py`, as its user calls it."""
    return await _start(
        folder,
        "python",
        *(sys.executable, str(CLIENTS / "station.py")),
        *("--url", url, "--ward", ward, "--silence", str(silence)),
        STATION_USERNAME="nurse",
        STATION_PASSWORD="wardline",
    )


async def node_display(folder: Path, given: dict[str, Any]) -> Display:
    """`docs/clients/station.ts` in Node, behind a display that prints what it hears."""
    node = await compiled(folder)
    script = folder / "compiled" / "display.mjs"
    return await _start(folder, "node", node, str(script), json.dumps(given))


async def compiled(folder: Path) -> str:
    """Check the types of station.ts strictly and compile it beside the display; where node is."""
    own = ROOT / ".venv" / "node" / "node"
    node = shutil.which("node") or (str(own) if own.exists() else None)
    if node is None:
        pytest.skip("no node on this machine, and not the wheel's either (make web installs it)")
    compiler = PACKAGES / "typescript" / "bin" / "tsc"
    if not compiler.exists() or not (PACKAGES / "ws").is_dir():
        pytest.skip("web/node_modules has no typescript and ws (make web installs them)")
    there = folder / "compiled"
    process = await asyncio.create_subprocess_exec(
        *(node, str(compiler), "-p", str(CLIENTS), "--noEmit", "false", "--outDir", str(there)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    (there / "package.json").write_text('{"type": "module"}')
    (there / "node_modules").symlink_to(PACKAGES)
    shutil.copy(Path(__file__).with_name("display.mjs"), there)
    return node


async def _start(folder: Path, name: str, *command: str, **more: str) -> Display:
    told, noted = folder / f"{name}.told", folder / f"{name}.noted"
    with told.open("w") as out, noted.open("w") as err:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=out, stderr=err, env={**os.environ, **more}
        )
    return Display(name, process, told, noted)
