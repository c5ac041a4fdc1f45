"""A server as a supervised child: started, watched, started again when it dies, and stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from abc import ABC, abstractmethod
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import psutil

log = logging.getLogger("wardline.embedded")

START_SECONDS = 30.0
KEPT_LOG_BYTES = 4_000_000


class ServerFailed(Exception):
    """An embedded server can not be started. The message ends with its log's last lines."""


class ServerProcess(ABC):
    """One server below `folder`, which is also its working folder.

    The children get a session of their own, so that Ctrl-C reaches us alone and we stop them
    in order, after the application has let go of them.
    """

    name: str
    stop_signals: tuple[tuple[signal.Signals, float], ...]

    def __init__(self, folder: Path, log_file: Path) -> None:
        self.folder = folder
        self.log_file = log_file
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._turn = asyncio.Lock()

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """The words that start the server in the foreground."""

    @abstractmethod
    async def answers(self) -> bool:
        """Whether the server takes an authenticated command now."""

    @property
    def pid(self) -> int:
        """The process number of the running server. Raises ServerFailed when there is none."""
        if self._process is None or self._process.returncode is not None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until it answers, again and again for up to 30 seconds: after a kill -9
        the old server's children hold its memory until they have noticed.

        Raises ServerFailed.
        """
        self._stopping = False
        async with self._turn:
            await self._start()
        self._watch = asyncio.create_task(self._supervise(), name=f"watch {self.name}")

    async def stop(self) -> None:
        """End the server and everything it started; nothing of it runs afterwards."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        async with self._turn:
            await self._end()

    async def restart(self) -> None:
        """Stop and start on the same port and data."""
        await self.stop()
        await self.start()

    async def wait_until_answering(self, seconds: float = START_SECONDS) -> None:
        """For who has killed it: until the supervisor has it back. Raises ServerFailed."""
        deadline = time.monotonic() + seconds
        while not await self.answers():
            if time.monotonic() > deadline:
                raise self._failure("did not come back")
            await asyncio.sleep(0.05)

    async def _start(self) -> None:
        await self.end_strays()
        deadline = time.monotonic() + START_SECONDS
        while True:
            process = self._process = await self._spawn()
            while process.returncode is None:
                if await self.answers():
                    return
                if time.monotonic() > deadline:
                    await self._end()
                    raise self._failure("does not answer")
                await asyncio.sleep(0.02)
            if time.monotonic() > deadline or self._hopeless():
                raise self._failure(f"ended with code {process.returncode}")
            await asyncio.sleep(0.3)

    def _hopeless(self) -> bool:
        """Whether trying again can not help."""
        return False

    async def _spawn(self) -> Process:
        if self.log_file.exists() and self.log_file.stat().st_size > KEPT_LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        output = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return await asyncio.create_subprocess_exec(
                *self.command(),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            )
        finally:
            os.close(output)

    async def _supervise(self) -> None:
        pause = 0.1
        while True:
            process = self._process
            if process is not None:
                code = await process.wait()
                log.warning("%s ended with code %s; starting it again", self.name, code)
            try:
                async with self._turn:
                    await self._start()
                log.warning("%s is back", self.name)
                pause = 0.1
            except (ServerFailed, OSError) as error:
                log.error("%s", error)  # noqa: TRY400 - the sentence says it; no traceback
                self._process = None
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)

    async def _end(self) -> None:
        process = self._process
        self._process = None
        if process is None or process.returncode is not None:
            return
        for number, seconds in self.stop_signals:
            with suppress(ProcessLookupError):
                process.send_signal(number)
                # One that a test or an administrator has halted could not hear the other signal.
                process.send_signal(signal.SIGCONT)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
                return
        log.error("%s would not end", self.name)

    async def end_strays(self) -> None:
        """End what a run before ours left on this folder. We hold the folder's lock, so nobody
        else's server can be among them."""
        for number, seconds in self.stop_signals:
            strays = await asyncio.to_thread(self._strays)
            if not strays:
                return
            log.warning("%s of an earlier run is still there; ending it", self.name)
            for stray in strays:
                with suppress(psutil.Error):
                    stray.send_signal(number)
                    stray.send_signal(signal.SIGCONT)
            # Not by waiting for their numbers to go: nobody may be there to collect them.
            deadline = time.monotonic() + seconds
            while await asyncio.to_thread(self._strays) and time.monotonic() < deadline:
                await asyncio.sleep(0.05)

    def _strays(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name"]):
            if process.info["name"] not in {"postgres", "redis-server"}:
                continue
            with suppress(psutil.Error):
                # A container's root may not read another account's working folder; the command
                # line is open to all.
                named = {Path(word) for word in process.cmdline()}
                marks = {self.folder, *self._named_in_command()}
                if named & marks or Path(process.cwd()) == self.folder:
                    found.append(process)
        return found

    def _named_in_command(self) -> tuple[Path, ...]:
        return ()

    def _failure(self, what: str) -> ServerFailed:
        lines: list[str] = []
        with suppress(OSError):
            lines = self.log_file.read_text(errors="replace").splitlines()[-5:]
        return ServerFailed("\n  ".join([f"{self.name} {what}; {self.log_file} ends:", *lines]))
