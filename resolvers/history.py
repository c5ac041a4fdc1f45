"""History: whether the database is still the one that this process has known.

A restore, a point in time or a replica that was behind takes away what was committed, and a process
that remembers having written it would never write it again. Each of them cuts all connections: so
whoever opens one looks (resolvers/database.py), and what a process has seen to be written counts
until the next change. See docs/decisions/0013.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import asyncpg

_known: dict[str, str] = {}
_changes = 0

_EPOCH = "SELECT current_database(), min(epoch::text) FROM public.event_counters"
# A new timeline begins where a server recovered to a point in time, or a replica took over.
_TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"


def changes() -> int:
    """How often a database was found to be on another line of its history than before."""
    return _changes


async def look(connection: asyncpg.Connection[Any]) -> None:
    """Compare a new connection's database with what was seen by the one before."""
    global _changes  # noqa: PLW0603 (as the connections are, it is the process's)
    line, timeline = None, None
    with suppress(asyncpg.PostgresError):  # as it is before the first migration
        line = await connection.fetchrow(_EPOCH)
    with suppress(asyncpg.PostgresError):  # some who offer PostgreSQL do not tell
        timeline = await connection.fetchval(_TIMELINE)
    if line is None:
        return
    name, now = line[0], f"{line[1]} {timeline}"
    if _known.setdefault(name, now) != now:
        _known[name] = now
        _changes += 1
