"""What an import works on: the servers, the hospital, and in whose name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.cli.mistakes import Mistake
from app.cli.servers import database_url, with_servers
from app.settings import Settings
from resolvers.database import Connection, open_pool
from resolvers.hospitals import create_hospital

if TYPE_CHECKING:
    from resolvers.imports.runs import Run

FIRST = "MAIN"
"""Code of the hospital that the first import makes where nobody says another."""


@asynccontextmanager
async def opened(
    settings: Settings,
    hospital: str | None,
    username: str | None,
    advance: Callable[[float], None] = lambda _: None,
) -> AsyncIterator[Run]:
    """An import that can begin. Raises Mistake for a hospital or user that is not there.

    The embedded database is brought up to date first; one of the user's is theirs to migrate.
    """
    from app.upgrading import upgrade  # Alembic, which a server need not hold
    from resolvers.imports.runs import Run, importer
    from resolvers.policy import Policy

    async with with_servers(settings, join=True) as completed:
        if settings.database_url is None:
            await upgrade(database_url(completed))
        pool = await open_pool(database_url(completed), max_size=2)
        try:
            async with pool.acquire() as connection:
                hospital_id, zone = await _hospital(connection, hospital)
                user_id = await _user(connection, hospital_id, username)
            yield Run(
                pool=pool,
                actor=importer(hospital_id, user_id, username or "import"),
                clock=lambda: datetime.now(UTC),
                zone=zone,
                policy=Policy(stale_result_after=timedelta(hours=settings.stale_result_hours)),
                advance=advance,
            )
        finally:
            await pool.close()


async def _hospital(connection: Connection, code: str | None) -> tuple[UUID, tzinfo]:
    """The hospital and its zone; made where there is none at all, so that a slip of the pen in a
    code does not make a second one."""
    rows = await connection.fetch("SELECT id, code, time_zone FROM hospitals ORDER BY code")
    if not rows:
        made = code or FIRST
        return await create_hospital(connection, made, made, now=datetime.now(UTC)), UTC
    chosen = [row for row in rows if code in (None, row["code"])]
    if len(chosen) != 1:
        known = ", ".join(row["code"] for row in rows)
        raise Mistake(f"--hospital must be one of: {known}")
    return chosen[0]["id"], _zone(chosen[0]["time_zone"])


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Mistake(
            f"the hospital's time zone {name} is not known on this machine (is tzdata installed?)"
        ) from None


async def _user(connection: Connection, hospital_id: UUID, username: str | None) -> UUID | None:
    if username is None:
        return None
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM users WHERE hospital_id = $1 AND username = $2 AND disabled_at IS NULL",
        hospital_id,
        username.strip().lower(),
    )
    if found is None:
        raise Mistake(f"--as: there is no user {username} in the hospital")
    return found
