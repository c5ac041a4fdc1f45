"""How many connections to PostgreSQL the processes may come to hold, and how many it gives them."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from app.settings import PREFIX, Settings
from resolvers.database import RECORDERS

LISTENERS = 8
"""Connections at most of the live channel of one process."""

_GIVEN = """
SELECT least(
    current_setting('max_connections')::int
      - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true)::int, 0),
    nullif(login.rolconnlimit, -1),
    nullif(database.datconnlimit, -1)
)
FROM pg_roles AS login, pg_database AS database
WHERE login.rolname = session_user AND database.datname = current_database()
"""
"""`reserved_connections` is there since PostgreSQL 16."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What `processes` of one application may come to hold of what is `given`."""

    processes: int
    one: int
    given: int

    @property
    def most(self) -> int:
        """Of all processes."""
        return self.processes * self.one

    @property
    def fit(self) -> bool:
        """Whether each process gets all that it may ask for."""
        return self.most <= self.given

    def __str__(self) -> str:
        return f"{self.most} at most ({self.one} a process), PostgreSQL gives {self.given}"


def of_one_process(settings: Settings) -> int:
    """The most that one process opens: `app/pools`."""
    return 2 * settings.pool_max_size + RECORDERS + LISTENERS


async def connections(
    connection: asyncpg.Connection[asyncpg.Record], settings: Settings
) -> Connections:
    """What `settings.workers` may come to hold: one process more while they are replaced."""
    workers = settings.workers
    given: int = await connection.fetchval(_GIVEN)
    return Connections(workers + 1 if workers > 1 else 1, of_one_process(settings), given)


def too_few(found: Connections) -> str:
    """What to do where they do not fit."""
    spare = found.most - found.given
    return (
        f"the {found.processes - 1} workers, and one more while they are replaced, may open "
        f"{found.most} connections, and PostgreSQL gives {found.given} to this login and database; "
        f"lower {PREFIX}POOL_MAX_SIZE, take fewer workers, or raise max_connections by {spare}"
    )
