"""Which PostgreSQL and Redis a command works on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from app.embedded import FolderInUse, embedded_servers, urls_of_running
from app.settings import Settings


@asynccontextmanager
async def with_servers(settings: Settings, *, join: bool = False) -> AsyncIterator[Settings]:
    """The settings with both URLs: the environment's, or those of the embedded servers, which run
    for as long as this lasts. With `join`, those that another process (`wardline dev`) runs on
    the same data folder do as well.

    Raises FolderInUse (without `join`) and ServerFailed.
    """
    if settings.database_url and settings.redis_url:
        yield settings
        return
    try:
        async with embedded_servers(settings.home) as servers:
            yield _completed(settings, servers.database_url, servers.redis_url)
    except FolderInUse:
        if not join:
            raise
        yield _completed(settings, *urls_of_running(settings.home))


@asynccontextmanager
async def with_database(settings: Settings) -> AsyncIterator[Settings]:
    """The same for a command that needs the database alone: one of the user's is enough."""
    if settings.database_url:
        yield settings
        return
    async with with_servers(settings, join=True) as completed:
        yield completed


def _completed(settings: Settings, database_url: str, redis_url: str) -> Settings:
    return settings.model_copy(
        update={
            "database_url": settings.database_url or SecretStr(database_url),
            "redis_url": settings.redis_url or SecretStr(redis_url),
        }
    )


def database_url(settings: Settings) -> str:
    """The URL of settings that `with_servers` has completed."""
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()


def migrations_url(settings: Settings) -> str:
    """Where migrations run: the same database, by the login that owns it."""
    owner = settings.migrations_database_url
    return database_url(settings) if owner is None else owner.get_secret_value()


def redis_url(settings: Settings) -> str:
    """The URL of settings that `with_servers` has completed."""
    assert settings.redis_url is not None
    return settings.redis_url.get_secret_value()
