"""`wardline dev`, which `make run` calls: everything, with a demo hospital in it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from app.cli.listening import address, answer, listen
from app.cli.running import run, write_logs
from app.cli.servers import database_url, migrations_url, with_servers
from app.settings import Settings, load_settings


def dev(
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Without the simulator: nothing happens by itself.")
    ] = False,
) -> None:
    """Serve a demo hospital on http://localhost:8000 (PORT, HOST), with all that it needs.

    Starts the embedded PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL are set), brings
    the database up to date, loads the demo and serves it. Ctrl-C stops what it started; the data
    stays in .wardline (WARDLINE_HOME).
    """
    settings = load_settings()
    if quiet:
        settings = settings.model_copy(update={"simulator": False})
    write_logs(settings.log_level)
    with listen(settings) as listener:
        run(lambda: _dev(settings, listener))


async def _dev(settings: Settings, listener: socket.socket) -> None:
    from app import demo
    from app.upgrading import upgrade  # Alembic, which a server need not hold
    from resolvers.database import open_pool

    console = Console(highlight=False)
    with console.status("Starting PostgreSQL and Redis") as status:
        async with with_servers(settings) as completed:
            status.update("Bringing the database up to date")
            await upgrade(migrations_url(completed))
            status.update("Loading the demo hospital")
            pool = await open_pool(database_url(completed))
            try:
                await demo.load(
                    pool,
                    password=completed.demo_password.get_secret_value(),
                    now=datetime.now(UTC),
                    progress=lambda step: status.update(f"Loading the demo hospital: {step}"),
                )
            finally:
                await pool.close()
            status.stop()
            welcome(console, completed)
            await answer(completed, listener)
            status.update("Stopping")
            status.start()
    console.print("Stopped.")


def welcome(console: Console, settings: Settings) -> None:
    """Say where it is and how to come in. A password of the user's own is not repeated."""
    password = (
        "as in WARDLINE_DEMO_PASSWORD"
        if "demo_password" in settings.model_fields_set
        else settings.demo_password.get_secret_value()
    )
    from app.demo.users import USERS

    live = "on" if settings.simulator else "off"
    console.print(f"\n[bold]Wardline[/bold]  {address(settings)}")
    console.print(f"GraphiQL  {address(settings)}/graphql")
    console.print(f"Users     {', '.join(user.username for user in USERS)}", soft_wrap=True)
    console.print(f"Password  {password}")
    console.print(f"A demo: every patient is made up. Simulator {live}. Ctrl-C stops everything.\n")
