"""Which migrations the code has and which the database has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from resolvers.database import Connection

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_REVISION = re.compile(r'^revision = "(\d{4})"$', re.MULTILINE)


@cache
def head() -> str:
    """The newest migration of the code: they are numbered in their order."""
    revisions = (
        found[1]
        for file in (MIGRATIONS / "versions").glob("*.py")
        if (found := _REVISION.search(file.read_text()))
    )
    return max(revisions)


async def current(connection: Connection | asyncpg.Pool[Any]) -> str | None:
    """The migration that the database is at; None when it has none of ours."""
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return revision
