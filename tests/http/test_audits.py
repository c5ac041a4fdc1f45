"""The server audits of npm `graphql-http`, run by node against the real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.http.served import served

ROOT = Path(__file__).resolve().parents[2]
AUDITS = 61


@pytest.fixture(scope="session")
def node() -> Path:
    """The machine's node, or that of the wheel; the package is among those of the web part."""
    own = ROOT / ".venv" / "node" / "node"
    found = shutil.which("node") or (str(own) if own.exists() else None)
    if found is None:
        pytest.skip("no node on this machine, and not the wheel's either (make web installs it)")
    if not (ROOT / "web" / "node_modules" / "graphql-http").is_dir():
        pytest.skip("web/node_modules has no graphql-http (make web installs it)")
    return Path(found)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(database_url: str, redis_url: str) -> AsyncIterator[str]:
    async with served(database_url=database_url, redis_url=redis_url) as address:
        yield address


async def test_every_audit_of_graphql_http_passes(address: str, node: Path) -> None:
    """Neither an error nor a warning nor a notice."""
    process = await asyncio.create_subprocess_exec(
        node,
        Path(__file__).with_name("audits.mjs"),
        ROOT / "web" / "node_modules" / "graphql-http",
        f"{address}/graphql",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    results = [json.loads(line) for line in out.splitlines()]
    assert [one for one in results if one["status"] != "ok"] == []
    assert len(results) == AUDITS
