"""nginx on the example of the documentation, before servers that a test names."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pytest

from tests.first_light.process import free_port

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"
PATIENCE = 20.0


@dataclass
class Proxy:
    """A running nginx. `wrote` is its log of accesses and of errors."""

    port: int
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def wrote(self) -> str:
        return self.output.read_text()


def adapted(port: int, folder: Path, servers: tuple[str, str], changes: Mapping[str, str]) -> str:
    """The example with what differs from one place to another; `changes` are the test's own."""
    text = EXAMPLE.read_text()
    one, other = (urlsplit(server).netloc for server in servers)
    own = {
        "server app-1:8000": f"server {one}",
        "server app-2:8000": f"server {other}",
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "pid /tmp/nginx.pid;": f"pid {folder}/nginx.pid;",
    }
    for old, new in {**own, **changes}.items():
        assert text.count(old) == 1, f"the example has no {old}, or several"
        text = text.replace(old, new)
    return text


@asynccontextmanager
async def nginx(
    folder: Path, one: str, other: str, changes: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Proxy]:
    """Run it before two servers, by their URLs; the test is skipped where there is no nginx."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        pytest.skip("nginx is not on this machine (Debian: nginx-light)")
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(adapted(port, folder, (one, other), changes))
    proxy = Proxy(port, folder / "nginx.log")
    with proxy.output.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            *(binary, "-p", str(folder), "-c", str(configuration), "-g", "daemon off;"),
            stdout=output,
            stderr=output,
        )
    try:
        await _answers(process, proxy)
        yield proxy
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _answers(process: asyncio.subprocess.Process, proxy: Proxy) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.returncode is None, proxy.wrote
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, proxy.wrote
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
