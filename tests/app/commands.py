"""The command `wardline` as a user meets it: a process, its exit code and what it says.

A process that has imported the app forks itself for each command: that has arguments, environment,
streams and an end of its own, and the second that the imports take is spent once a worker. (That
the command starts from nothing is shown by tests/app/test_cli_serving.py.)
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

LONGEST = 60
LATER = ("app.upgrading", "schema.catalogue")
"""What commands import when they are run, and takes longest."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Commands:
    """Runs commands, one after the other."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._in, self._out, self._err = (folder / name for name in ("in", "out", "err"))

    async def run(
        self, *words: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> Ended:
        """Run the command with nothing of Wardline in its environment but what is given."""
        clean = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith("WARDLINE_")
            and name not in {"DATABASE_URL", "REDIS_URL", "HOST", "PORT"}
        }
        self._in.write_text(stdin)
        streams = [str(path) for path in (self._in, self._out, self._err)]
        asked = [words, clean | {"COLUMNS": "200"} | dict(environment or {}), streams]
        to, told = self._process.stdin, self._process.stdout
        assert to is not None
        assert told is not None
        to.write(json.dumps(asked).encode() + b"\n")
        code = await asyncio.wait_for(told.readline(), LONGEST)
        return Ended(int(code), self._out.read_text(), self._err.read_text())


@asynccontextmanager
async def ready() -> AsyncIterator[Commands]:
    """The process that has imported the app; it ends with the tests that started it."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.app.commands"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield Commands(process, Path(folder))
        finally:
            process.kill()
            await process.wait()


def _forked() -> bool:
    """Fork for each line of stdin and tell how that ended; True in each fork, at its beginning."""
    with open(0, "rb", buffering=0, closefd=False) as lines:
        while line := lines.readline():
            child = os.fork()
            if child == 0:
                _become(*json.loads(line))
                return True
            _, status = os.waitpid(child, 0)
            os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return False


def _become(words: list[str], environment: dict[str, str], streams: list[str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    for number, (path, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with Path(path).open(mode, encoding="utf-8") as file:
            os.dup2(file.fileno(), number)


if __name__ == "__main__":
    from app.cli import main

    for name in LATER:
        import_module(name)

    if _forked():
        main()
