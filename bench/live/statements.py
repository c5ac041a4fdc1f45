"""What PostgreSQL is asked, by its own log: it is told to write down every statement."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from app.embedded.folder import LOOPBACK, read_memory
from app.embedded.postgres import SUPERUSER

STATEMENT = re.compile(
    rb"LOG:  (?:execute [^:]*|statement): (.*?)(?=\n\d{4}-\d\d-\d\d |\Z)", re.DOTALL
)


class Statements:
    """The log of an embedded server, from when it was opened on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._seen = log.stat().st_size

    async def since(self) -> list[bytes]:
        """The text of each statement since it was asked last."""
        await asyncio.sleep(0.2)
        with self._log.open("rb") as file:
            file.seek(self._seen)
            text = file.read()
        self._seen += len(text)
        return STATEMENT.findall(text)


@asynccontextmanager
async def written_down(home: Path) -> AsyncIterator[Statements]:
    """While it lasts the server of the folder writes all statements to its log."""
    memory = read_memory(home)
    connection = await asyncpg.connect(
        host=LOOPBACK,
        port=memory.database_port,
        user=SUPERUSER,
        password=memory.superuser_password,
        database="postgres",
    )
    try:
        await connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        await connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.5)  # a backend looks at its signals before its next statement
        yield Statements(home / "postgres.log")
    finally:
        await connection.execute("ALTER SYSTEM RESET log_statement")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
