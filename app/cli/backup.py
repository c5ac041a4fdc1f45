"""`wardline backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console

from app import archives
from app.cli.mistakes import Mistake
from app.cli.running import run, write_logs
from app.cli.servers import migrations_url, with_database
from app.schema_version import current
from app.settings import Settings, load_settings


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; must not be there yet.")],
) -> None:
    """Write the database to a file, as of one moment, while the hospital works.

    With pg_dump: the embedded server's, or one on the PATH that is not older than the server. The
    file holds every patient's data.
    """
    settings = load_settings()
    write_logs(settings.log_level)
    if file.exists():
        raise Mistake(f"{file} is there already")
    run(lambda: _backup(settings, file))


async def _backup(settings: Settings, file: Path) -> None:
    from resolvers import audit

    async with with_database(settings) as completed:
        url = migrations_url(completed)
        connection = await asyncpg.connect(url, timeout=10)
        try:
            server = connection.get_server_version().major
            revision = await current(connection)
            if revision is None:
                raise Mistake("the database holds nothing of Wardline yet")
            # Before, so that the chain in the file has come by it.
            head = await audit.head(connection)
        finally:
            await connection.close()
        tools = await archives.programs(server, embedded=settings.database_url is None)
        size = await archives.write(tools, url, file)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Wrote {file}: {size / 1e6:,.1f} MB, the database at {revision}.")
    console.print(f"Its audit is sealed up to {head}, or further. Note that elsewhere.")
