"""What a run ran on: the machine, the commit, the versions."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import psutil

from bench import processors
from bench.peers import packages
from bench.systems import ROOT

OURS = ("uvicorn", "uvloop", "websockets", "asyncpg", "strawberry-graphql", "broadcaster")
FROM_NPM = ("mercurius", "mqemitter-redis", "fastify", "graphql")


async def about(database_url: str) -> dict[str, Any]:
    """As it goes beside the figures."""
    connection = await asyncpg.connect(database_url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _told("git", "describe", "--always", "--dirty"),
        "machine": {
            "processor": _processor(),
            "cores": len(processors.cores()) or os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "python": platform.python_version(),
            "postgresql": postgres,
            "node": _node(),
            **{name: version(name) for name in OURS},
            **{name: _from_npm(name) for name in FROM_NPM},
        },
    }


def _processor() -> str:
    """The name that Linux has for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _node() -> str | None:
    try:
        return _told(packages.node(), "--version")
    except packages.Missing:
        return None


def _from_npm(name: str) -> str | None:
    manifest = packages.HERE / "node_modules" / name / "package.json"
    found: str | None = (
        orjson.loads(manifest.read_bytes())["version"] if manifest.exists() else None
    )
    return found


def _told(*command: str) -> str | None:
    """What a command says; None where there is no such command, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
