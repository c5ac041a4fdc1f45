"""What a witness saw, a line of JSON each, in a file that the test reads while it grows.

`at` is `time.monotonic()`, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120.0


class Journal:
    """A witness's side: every line is in the file when `note` returns."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("w", encoding="utf-8")  # noqa: SIM115 (it stays open)

    def note(self, **line: Any) -> None:
        """Write a line."""
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()


@dataclass
class Account:
    """The test's side of a witness: its process, and what it has written down so far."""

    process: asyncio.subprocess.Process
    path: Path
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _offset: int = 0

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Everything so far."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                whole, end, _ = file.read().rpartition(b"\n")
            self._offset += len(whole) + len(end)
            self._lines += [json.loads(line) for line in whole.splitlines()]
        return self._lines

    async def comes(
        self, condition: Callable[[list[dict[str, Any]]], bool], seconds: float = PATIENCE
    ) -> bool:
        """Whether the lines become so."""
        deadline = time.monotonic() + seconds
        while not condition(self.lines):
            assert not self.process.returncode, f"the witness ended: {self.process.returncode}"
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def until(self, condition: Callable[[list[dict[str, Any]]], bool], what: str) -> None:
        """Return when the lines are so; `what` is said if they never are."""
        assert await self.comes(condition), f"not in time: {what}"

    async def tell(self, word: str) -> None:
        """Give it a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        await self.process.stdin.drain()

    async def finish(self) -> list[dict[str, Any]]:
        """Let it come to its end; all that it saw."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        assert code == 0, f"the witness ended with {code}"
        return self.lines


@asynccontextmanager
async def witness(module: str, folder: Path, name: str, **spec: Any) -> AsyncIterator[Account]:
    """Run `tests.faults.witness.<module>` on a specification; it ends when it is told to finish."""
    path = folder / f"{name}.jsonl"
    specification = folder / f"{name}.json"
    specification.write_text(json.dumps({**spec, "journal": str(path)}))
    # A witness runs none of the code that is measured, and would be slowed by it.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.faults.witness.{module}", str(specification)),
        env=plain,
        stdin=asyncio.subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    try:
        yield Account(process, path)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def commands() -> AsyncIterator[str]:
    """A witness's stdin, line by line, until it is closed."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


def specification() -> dict[str, Any]:
    """A witness's specification, by its command line."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return found
