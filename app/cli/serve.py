"""`wardline serve`, for a hospital."""

from __future__ import annotations

import socket
from typing import Annotated, Any

import typer

from app.cli.check import ready
from app.cli.listening import answer, listen
from app.cli.running import run, write_logs
from app.cli.servers import database_url, with_servers
from app.cli.workers import supervise
from app.settings import Settings, load_settings


def serve(
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes that serve (WARDLINE_WORKERS); one as a rule."),
    ] = None,
) -> None:
    """Serve the API, without demo and simulator.

    On the servers of DATABASE_URL and REDIS_URL (run `wardline migrate` before), or else on the
    embedded ones, which it starts and brings up to date itself. With several workers one that dies
    is started again, and SIGHUP replaces them one after the other (docs/deployment.md).
    """
    given: dict[str, Any] = {} if workers is None else {"workers": workers}
    settings = load_settings(simulator=False, **given)
    write_logs(settings.log_level)
    with listen(settings) as listener:
        run(lambda: _serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    from app.upgrading import upgrade  # Alembic, which a server need not hold

    async with with_servers(settings) as completed:
        if settings.database_url is None:
            await upgrade(database_url(completed))
        await ready(completed)
        if settings.workers > 1:
            await supervise(completed, listener)
        else:
            await answer(completed, listener)
