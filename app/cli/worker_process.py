"""One worker process, as its supervisor sees it: started, heard from, and ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

READY, ALIVE, LEAVING = b"r", b".", b"l"
"""What a worker tells its supervisor, a byte each: that it serves, each second that its loop goes
round, and that it takes no more connections."""
OF_MIGRATIONS = "MIGRATIONS_DATABASE_URL"
"""Whose login owns the tables, the audit's among them."""
SOURCES = str(Path(__file__).resolve().parents[2])
"""Where the packages are, for a process that is started in any folder."""


class WorkerProcess:
    """A process that accepts on `listener`, or will. Made by `started`."""

    def __init__(self, number: int, process: Process, news: int) -> None:
        self.number = number
        self.ready = asyncio.Event()
        """It accepts connections."""
        self.leaving = asyncio.Event()
        """It accepts no more, or is gone."""
        self.silent_looks = 0
        """How often `look` was called since it last said something."""
        self.began = asyncio.get_running_loop().time()
        self._process = process
        self._news = news
        asyncio.get_running_loop().add_reader(news, self._read)

    @classmethod
    async def started(
        cls, number: int, listener: socket.socket, settings: dict[str, Any]
    ) -> WorkerProcess:
        """Start one. `settings` go before those of the environment, which it inherits but for the
        login of migrations."""
        news, its_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            process = await asyncio.create_subprocess_exec(
                # -P: what lies in the folder that the command was started in is not ours.
                *(sys.executable, "-P", "-m", "app.cli.worker", "--number", str(number)),
                *("--listener", str(listener.fileno()), "--news", str(its_end)),
                stdin=PIPE,
                pass_fds=(listener.fileno(), its_end),
                env=_environment(),
                # Ctrl-C in a terminal is for the supervisor, who ends them in order.
                start_new_session=True,
            )
        except BaseException:
            os.close(news)
            raise
        finally:
            os.close(its_end)
        assert process.stdin is not None
        with suppress(ConnectionError):
            process.stdin.write(json.dumps(settings).encode() + b"\n")
            await process.stdin.drain()
        return cls(number, process, news)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; negative: the signal that ended it."""
        return self._process.returncode

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return asyncio.get_running_loop().time() - self.began

    async def ready_within(self, seconds: float) -> bool:
        """Wait until it accepts connections; False where it ended before, or takes longer."""
        ready = asyncio.create_task(self.ready.wait())
        ended = asyncio.create_task(self.ended())
        try:
            await asyncio.wait((ready, ended), timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            ready.cancel()
            ended.cancel()
        return self.ready.is_set() and self.code is None

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await self._process.wait()

    async def stop(self, seconds: float) -> bool:
        """Have it drain and end; False where it took longer, and was killed."""
        self._send(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), seconds)
        except TimeoutError:
            await self.kill()
            return False
        self.close()
        return True

    async def kill(self) -> None:
        """Kill it, and wait for its end."""
        self.end_now()
        await self.ended()
        self.close()

    def end_now(self) -> None:
        """Kill it, and do not wait."""
        self._send(signal.SIGKILL)

    def look(self) -> int:
        """To be called each second: how often in a row it had said nothing."""
        if not self.ready.is_set() or self.leaving.is_set():
            return 0
        self.silent_looks += 1
        return self.silent_looks

    def close(self) -> None:
        """Let go of what was kept for it."""
        self.leaving.set()
        if self._news >= 0:
            asyncio.get_running_loop().remove_reader(self._news)
            os.close(self._news)
            self._news = -1
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def _read(self) -> None:
        said = os.read(self._news, 1024)
        self.silent_looks = 0
        if READY in said:
            self.ready.set()
        if not said or LEAVING in said:
            self.leaving.set()
        if not said:
            asyncio.get_running_loop().remove_reader(self._news)


def _environment() -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if name != OF_MIGRATIONS}
    path = inherited.get("PYTHONPATH")
    return inherited | {"PYTHONPATH": f"{SOURCES}{os.pathsep}{path}" if path else SOURCES}
