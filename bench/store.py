"""Filled databases, kept as templates: a run works on a copy, and finds what the last one found."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app.upgrading import upgrade
from bench import hospital
from bench.sizes import Size

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    *("bench/hospital.py", "bench/hospital.sql", "bench/filling.py", "bench/sizes.py"),
    *("migrations/versions/*.py", "models/rules/starter_rules.py"),
)
"""What the rows and tables of a filled database are made from."""


async def database(server_url: str, size: Size) -> str:
    """The URL of a database of this size for one run; filled anew where none is kept."""
    filled, run = f"filled_{size.name}_{_key(size)}", f"run_{size.name}"
    async with _administrator(server_url) as connection:
        if not await _exists(connection, filled):
            await _fill(connection, server_url, size, filled)
        await connection.execute(f"DROP DATABASE IF EXISTS {run}")
        # The files as they are: through the log a full hospital takes minutes.
        await connection.execute(f"CREATE DATABASE {run} TEMPLATE {filled} STRATEGY file_copy")
    return _on(server_url, run)


async def _fill(
    connection: asyncpg.Connection[Any], server_url: str, size: Size, filled: str
) -> None:
    """Under another name until it is whole: a fill that was cut off does not count."""
    draft = f"draft_{size.name}"
    for name in (draft, *await _older(connection, size)):
        await connection.execute(f"DROP DATABASE IF EXISTS {name}")
    await connection.execute(f"CREATE DATABASE {draft}")
    url = _on(server_url, draft)
    await upgrade(url)
    await hospital.build(url, size)
    await connection.execute(f"ALTER DATABASE {draft} RENAME TO {filled}")


async def _exists(connection: asyncpg.Connection[Any], name: str) -> bool:
    found = await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name)
    return found is not None


async def _older(connection: asyncpg.Connection[Any], size: Size) -> list[str]:
    """Those of the same size, from other sources."""
    rows = await connection.fetch(
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", f"filled_{size.name}_"
    )
    return [row["datname"] for row in rows]


def _key(size: Size) -> str:
    hashed = hashlib.sha256(repr(astuple(size)).encode())
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


@asynccontextmanager
async def _administrator(server_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(_on(server_url, "postgres"), command_timeout=600)
    try:
        yield connection
    finally:
        await connection.close()


def _on(server_url: str, name: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
