"""`wardline restore`."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import asyncpg
import typer
from rich.console import Console

from app import archives
from app.cli.mistakes import Mistake
from app.cli.running import run, write_logs
from app.cli.servers import migrations_url, with_database
from app.schema_version import current, head
from app.settings import Settings, load_settings
from models.rules.audit_chain import Head
from resolvers import restores
from resolvers.database import Connection

LEAVING = 3.0
"""Seconds that a process which is being stopped is given to be gone."""

_LOG = logging.getLogger("wardline")


def restore(
    file: Annotated[
        Path | None, typer.Argument(help="What `wardline backup` has written.", show_default=False)
    ] = None,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish",
            help="Without a file: the database was restored with other tools (a snapshot, a point "
            "in time, a replica that was behind). Do what is then left to do.",
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Yes, replace all that is in the database.")
    ] = False,
) -> None:
    """Bring the database back from a file: completely, or not at all.

    Stop the application first. Every hospital's log gets a new epoch, so that each station reads
    all afresh; sessions and emergency accesses are ended. Users, roles and passwords are then those
    of the backup.
    """
    if (file is None) is not finish:
        raise typer.BadParameter("give a FILE, or --finish, and not both")
    settings = load_settings()
    write_logs(settings.log_level)
    run(lambda: _restore(settings, file, yes=yes))


async def _restore(settings: Settings, file: Path | None, *, yes: bool) -> None:
    async with with_database(settings) as completed:
        url = migrations_url(completed)
        connection = await asyncpg.connect(url, timeout=10)
        try:
            server = connection.get_server_version().major
            before = await _audited(connection)
            if file is None:
                revision = await current(connection)
                _known(revision, "the database")
                await _alone(connection)
                found = await restores.finish(connection)
            else:
                tools = await archives.programs(server, embedded=settings.database_url is None)
                revision = await archives.revision(tools, file)
                _known(revision, str(file))
                if not yes:
                    raise Mistake(f"this replaces all that is in {_place(url)}; say so with --yes")
                await _alone(connection)
                found = await archives.restore(tools, url, server, file)
                await connection.execute("ANALYZE", timeout=None)
            after = await _audited(connection)
        finally:
            await connection.close()
    _tell(found, revision, before if file else None, after)


async def _audited(connection: Connection) -> Head | None:
    """The head of the audit; None where there is none to be read."""
    from resolvers import audit

    try:
        return await audit.head(connection)
    except asyncpg.UndefinedTableError:
        return None


def _known(revision: str | None, what: str) -> None:
    if revision is None or revision < restores.OLDEST:
        raise Mistake(f"{what} is at {revision}; {restores.OLDEST} is the oldest that is known")
    if revision > head():
        raise Mistake(f"{what} is at {revision}, and this release at {head()}; take a newer one")


async def _alone(connection: Connection) -> None:
    """Return when nobody else of the application is connected. Raises Mistake."""
    deadline = time.monotonic() + LEAVING
    while others := await connection.fetchval(restores.OTHERS):
        if time.monotonic() > deadline:
            raise Mistake(
                f"{others} sessions of the application are connected to the database; stop every "
                "process of it first"
            )
        await asyncio.sleep(0.1)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"the database {parts.path.lstrip('/')} on {parts.hostname}"


def _tell(
    found: dict[str, int], revision: str | None, before: Head | None, after: Head | None
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"Restored, at {revision}."
        + ("" if revision == head() else f" This release is at {head()}: run wardline migrate.")
    )
    console.print(
        f"Logs with a new epoch: {found['logs']}. Ended: {found['sessions']} sessions, "
        f"{found['accesses']} emergency accesses."
    )
    was = "" if before is None else f"was sealed up to {before}, and now "
    line = f"The audit {was}is sealed up to {after}."
    console.print(line)
    # Whoever keeps the log elsewhere finds there why the chain went back (docs/operations.md).
    _LOG.warning("the database was restored. %s", line)
    console.print("Users, roles and passwords are those of the backup: look who has left since.")
