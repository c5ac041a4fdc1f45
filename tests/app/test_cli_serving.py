"""`wardline dev` and `wardline serve` as processes: served, stopped, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil
import pytest

from app.embedded import urls_of_running


@dataclass
class Server:
    process: asyncio.subprocess.Process
    url: str
    output: Path
    seconds: float

    def family(self) -> list[int]:
        """The process and everything it started."""
        parent = psutil.Process(self.process.pid)
        return [parent.pid, *(child.pid for child in parent.children(recursive=True))]

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 40)


@asynccontextmanager
async def serving(folder: Path, command: str, *words: str) -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clean = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("WARDLINE_") and name not in {"DATABASE_URL", "REDIS_URL", "HOST"}
    }
    output = folder / "output"
    began = time.monotonic()
    with output.open("w") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", command, *words),
            stdout=file,
            stderr=file,
            env=clean | {"PORT": str(port), "WARDLINE_HOME": str(folder / "home")},
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await answering(f"{url}/readyz", process, output)
        yield Server(process, url, output, time.monotonic() - began)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answering(url: str, process: asyncio.subprocess.Process, output: Path) -> None:
    deadline = time.monotonic() + 90
    async with httpx.AsyncClient() as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(url)).status_code == 200:
                    return
            assert process.returncode is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            await asyncio.sleep(0.05)


async def users(home: Path) -> list[str]:
    connection = await asyncpg.connect(urls_of_running(home)[0])
    try:
        rows = await connection.fetch("SELECT username FROM users ORDER BY created_at, username")
    finally:
        await connection.close()
    return [row["username"] for row in rows]


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid)]


async def test_dev_serves_the_demo_and_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    async with serving(tmp_path, "dev", "--quiet") as first:
        made = await users(tmp_path / "home")
        pids = first.family()
        assert len(pids) > 2
        assert await first.end(signal.SIGINT) == 0
        assert alive(pids) == []
        said = first.output.read_text()
        assert f"http://localhost:{first.url.rsplit(':', 1)[1]}" in said
        assert "Password  wardline" in said
        assert all(name in said for name in made)
        assert "Traceback" not in said

    async with serving(tmp_path, "dev", "--quiet") as second:
        assert second.seconds < first.seconds, "the second start makes nothing anew"
        assert await users(tmp_path / "home") == made
        assert await second.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
async def test_serve_has_no_demo_and_stops_by_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with serving(tmp_path, "serve") as server:
        assert await users(tmp_path / "home") == []
        pids = server.family()
        assert await server.end(number) == 0
        assert alive(pids) == []
        assert "Traceback" not in server.output.read_text()


async def test_workers_on_the_embedded_servers_end_before_these_do(tmp_path: Path) -> None:
    async with serving(tmp_path, "serve", "--workers", "2") as server:
        passwords = [urlsplit(url).password for url in urls_of_running(tmp_path / "home")]
        assert all(passwords)
        pids = server.family()
        words = " ".join(" ".join(psutil.Process(pid).cmdline()) for pid in pids)
        assert words.count("app.cli.worker") == 2
        assert not any(str(password) in words for password in passwords)
        assert await server.end(signal.SIGTERM) == 0
        assert alive(pids) == []
        said = server.output.read_text()
        assert "Traceback" not in said
        assert "ERROR" not in said


async def test_after_kill_9_the_next_start_serves(tmp_path: Path) -> None:
    async with serving(tmp_path, "serve") as server:
        server.process.kill()
        await server.process.wait()
    async with serving(tmp_path, "serve") as again:
        assert await again.end(signal.SIGINT) == 0
