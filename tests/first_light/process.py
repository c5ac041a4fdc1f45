"""A real server process, started as its user starts it, and known by its address alone."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

STARTS_WITHIN = 90.0
STOPS_WITHIN = 40.0
WORKER = "app.cli.worker"
OUR_SETTINGS = {"DATABASE_URL", "REDIS_URL", "HOST", "PORT"}


@dataclass
class Server:
    """`words` is the command line after `wardline`, `settings` the variables it is given."""

    words: tuple[str, ...]
    settings: Mapping[str, str]
    url: str
    output: Path
    process: asyncio.subprocess.Process

    @property
    def sockets(self) -> str:
        return f"ws{self.url.removeprefix('http')}/graphql"

    @property
    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[int]:
        """The process and everything that it started."""
        parent = psutil.Process(self.process.pid)
        return [parent.pid, *(child.pid for child in parent.children(recursive=True))]

    def workers(self) -> list[psutil.Process]:
        """The processes of `--workers` that take connections by now, in no order."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                # Between fork and exec a child has still the sockets of all the others.
                if WORKER in child.cmdline() and any(
                    one.status == psutil.CONN_LISTEN for one in child.net_connections("tcp")
                ):
                    found.append(child)
        return found

    async def interrupt(self) -> int:
        """Ctrl-C in a terminal: the whole foreground group gets it. The exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), STOPS_WITHIN)

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.wait()

    async def start_again(self) -> None:
        """The same command on the same port, until it is ready."""
        assert self.process.returncode is not None
        self.process = await spawn(self.words, self.settings, self.output)
        await self.ready()

    async def ready(self) -> None:
        """Return when `/readyz` says so."""
        deadline = time.monotonic() + STARTS_WITHIN
        async with httpx.AsyncClient() as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                assert self.process.returncode is None, self.said
                assert time.monotonic() < deadline, self.said
                await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(
    folder: Path,
    *words: str,
    database_url: str | None = None,
    redis_url: str | None = None,
    **settings: str,
) -> AsyncIterator[Server]:
    """`wardline <words>` on a free port; without URLs on servers that it starts itself."""
    port = free_port()
    given = settings | {
        "PORT": str(port),
        "WARDLINE_HOME": str(folder / "home"),
        **({"DATABASE_URL": database_url} if database_url else {}),
        **({"REDIS_URL": redis_url} if redis_url else {}),
    }
    output = folder / f"output-{port}"
    process = await spawn(words, given, output)
    server = Server(words, given, f"http://127.0.0.1:{port}", output, process)
    try:
        await server.ready()
        yield server
    finally:
        if server.process.returncode is None:
            await server.kill()


async def spawn(
    words: tuple[str, ...], settings: Mapping[str, str], output: Path
) -> asyncio.subprocess.Process:
    """Start `wardline <words>`, in a process group as a shell gives it; its words go to a file."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WARDLINE_") and name not in OUR_SETTINGS
    }
    with output.open("a") as file:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=inherited | dict(settings),
            start_new_session=True,
        )


def free_port() -> int:
    """A port below those that the kernel gives to outgoing connections: nobody takes it between
    a kill and the next start."""
    for port in random.sample(range(20_000, 32_000), 200):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("no free port")


def port_of(server: Server) -> str:
    """The port alone, as PORT takes it."""
    return str(urlsplit(server.url).port)
