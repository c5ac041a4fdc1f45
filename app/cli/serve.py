"""`wardline serve`, for a hospital."""

from __future__ import annotations

import socket

from app.cli.check import ready
from app.cli.listening import answer, listen
from app.cli.running import run, write_logs
from app.cli.servers import database_url, with_servers
from app.settings import Settings, load_settings


def serve() -> None:
    """Serve the API, without demo and simulator.

    On the servers of DATABASE_URL and REDIS_URL (run `wardline migrate` before), or else on the
    embedded ones, which it starts and brings up to date itself.
    """
    settings = load_settings().model_copy(update={"simulator": False})
    write_logs(settings.log_level)
    with listen(settings) as listener:
        run(lambda: _serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    from app.upgrading import upgrade  # Alembic, which a server need not hold

    async with with_servers(settings) as completed:
        if settings.database_url is None:
            await upgrade(database_url(completed))
        await ready(completed)
        await answer(completed, listener)
