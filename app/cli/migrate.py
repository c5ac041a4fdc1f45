"""`wardline migrate`."""

from __future__ import annotations

import asyncpg
from rich.console import Console

from app.cli.running import run, write_logs
from app.cli.servers import migrations_url, with_servers
from app.schema_version import current
from app.settings import Settings, load_settings


def migrate() -> None:
    """Bring the database of DATABASE_URL (or the embedded one) to the newest migration."""
    settings = load_settings()
    write_logs(settings.log_level)
    run(lambda: _migrate(settings))


async def _migrate(settings: Settings) -> None:
    from app.upgrading import upgrade  # Alembic, which a server need not hold

    async with with_servers(settings, join=True) as completed:
        connection = await asyncpg.connect(migrations_url(completed), timeout=10)
        try:
            before = await current(connection)
            await upgrade(migrations_url(completed))
            after = await current(connection)
        finally:
            await connection.close()
    what = f"is at {after} already" if before == after else f"went from {before} to {after}"
    Console(highlight=False).print(f"The database {what}.")
