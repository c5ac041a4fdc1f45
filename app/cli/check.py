"""`wardline check`: is everything there that the application needs?"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from app.cli.mistakes import Mistake, explain
from app.cli.running import run, write_logs
from app.cli.servers import database_url, redis_url, with_servers
from app.connections import Connections, connections, too_few
from app.schema_version import current, head
from app.settings import Settings, SettingsError, limits_of, load_settings
from resolvers.database import as_application
from subscriptions.redis_address import REDIS_ERRORS, Doors, RedisAddress

OLDEST_POSTGRES = 15

Probe = Callable[[Settings], Awaitable[str]]


def check() -> None:
    """Check the settings, the trusted documents, the database, its migrations, the audit, the
    connections and Redis; exit 1 when one is wrong."""
    settings = load_settings()
    write_logs(settings.log_level)
    results: list[tuple[str, bool, str]] = [("settings", True, "valid")]
    run(lambda: _check(settings, results))
    table = Table("What", "State", "Detail")
    for what, good, detail in results:
        table.add_row(what, "[green]ok[/green]" if good else "[red]wrong[/red]", detail)
    Console().print(table)
    if not all(good for _, good, _ in results):
        raise typer.Exit(1)


async def _check(settings: Settings, results: list[tuple[str, bool, str]]) -> None:
    probes: dict[str, Probe] = {
        "database": _database,
        "migrations": _migrations,
        "audit": _audit,
        "connections": _connections,
        "Redis": _redis,
    }
    if settings.trusted_documents is not None:
        probes = {"documents": _documents, **probes}
    async with with_servers(settings, join=True) as completed:
        for what, probe in probes.items():
            try:
                results.append((what, True, await probe(completed)))
            except (OSError, asyncpg.PostgresError, RedisError, Mistake, SettingsError) as error:
                results.append((what, False, explain(error)))


async def _documents(settings: Settings) -> str:
    # The schema, which nothing else here needs.
    from app.persisted_documents import trusted_documents
    from resolvers.reading.documents import Documents
    from schema.catalogue import CORE

    check = Documents(CORE, limits=limits_of(settings)).read
    return (
        f"{len(trusted_documents(settings.trusted_documents, check))} of the manifest, each valid"
    )


async def _database(settings: Settings) -> str:
    connection = await asyncpg.connect(database_url(settings), timeout=5)
    try:
        version = connection.get_server_version()
    finally:
        await connection.close()
    if version.major < OLDEST_POSTGRES:
        raise Mistake(f"PostgreSQL {version.major} is too old; {OLDEST_POSTGRES} is the floor")
    return f"PostgreSQL {version.major}.{version.micro}"


async def ready(settings: Settings) -> None:
    """Raise what is wrong with the database, before anything is built on it."""
    await _database(settings)
    await _migrations(settings)
    log = logging.getLogger("wardline")
    kept, how = await _kept(settings)
    if not kept:
        log.warning("the audit is %s", how)
    found = await _held(settings)
    if not found.fit:
        # Many a small database gives one process less than it might use, and that does.
        if settings.workers > 1:
            raise Mistake(too_few(found))
        log.warning("%s; WARDLINE_POOL_MAX_SIZE is too large for this database", found)


async def _migrations(settings: Settings) -> str:
    connection = await asyncpg.connect(database_url(settings), timeout=5)
    try:
        revision = await current(connection)
    finally:
        await connection.close()
    if revision != head():
        raise Mistake(f"at {revision}, the code is at {head()}; run: wardline migrate")
    return f"at {revision}, the newest"


async def _audit(settings: Settings) -> str:
    _, how = await _kept(settings)
    return how


async def _kept(settings: Settings) -> tuple[bool, str]:
    """Whether the application's role could not change the audit, and what to say of it."""
    connection = await asyncpg.connect(database_url(settings), timeout=5)
    try:
        if not await connection.fetchval("SELECT to_regclass('public.audit_entries')"):
            raise Mistake("there is none yet; run: wardline migrate")
        await as_application(connection)
        changes: bool = await connection.fetchval(
            "SELECT has_table_privilege('public.audit_entries', 'UPDATE')"
        )
        role: str = await connection.fetchval("SELECT current_user")
    finally:
        await connection.close()
    if changes:
        return False, f"kept by triggers alone: {role} owns it; see docs/audit.md"
    return True, f"kept from {role}, which may only add to it"


async def _connections(settings: Settings) -> str:
    found = await _held(settings)
    if not found.fit and settings.workers > 1:
        raise Mistake(too_few(found))
    return str(found)


async def _held(settings: Settings) -> Connections:
    connection = await asyncpg.connect(database_url(settings), timeout=5)
    try:
        return await connections(connection, settings)
    finally:
        await connection.close()


async def _redis(settings: Settings) -> str:
    address = RedisAddress.parse(redis_url(settings))
    doors = Doors(address)
    # Of several that are named some may be away.
    for _ in address.hosts[1:]:
        with suppress(*REDIS_ERRORS):
            return await _redis_version(doors.next(timeout=2))
    return await _redis_version(doors.next(timeout=2))


async def _redis_version(client: Redis) -> str:
    try:
        information = await client.info("server")
    finally:
        await client.aclose()
    return f"Redis {information['redis_version']}"
