"""The role of the application: the migration makes it where it may, and says so where not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.embedded import Servers
from app.upgrading import upgrade
from resolvers.database import open_pool
from tests.conftest import on_database

PASSWORD = "not-a-secret"


@asynccontextmanager
async def owned(
    servers: Servers, name: str, *, may_make_roles: bool
) -> AsyncIterator[tuple[Any, str]]:
    """(the administrator, the URL of an empty database) of an owner called `name`."""
    administrator = await servers.postgres._connect("postgres")
    rights = "CREATEROLE" if may_make_roles else "NOCREATEROLE"
    try:
        await administrator.execute(f"CREATE ROLE {name} LOGIN {rights} PASSWORD '{PASSWORD}'")
        await administrator.execute(f"CREATE DATABASE {name} OWNER {name}")
        parts = urlsplit(servers.database_url)
        place = f"{name}:{PASSWORD}@{parts.hostname}:{parts.port}"
        yield administrator, on_database(urlunsplit(parts._replace(netloc=place)), name)
    finally:
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await administrator.execute(f"DROP ROLE IF EXISTS {name}_app")
        await administrator.execute(f"DROP ROLE {name}")
        await administrator.close()


async def who(url: str) -> tuple[str, bool]:
    """Who a connection of a pool is, and whether it may change the audit."""
    pool = await open_pool(url, max_size=1)
    try:
        row = await pool.fetchrow(
            "SELECT current_user, has_table_privilege('audit_entries', 'UPDATE') AS may"
        )
        assert row is not None
        await pool.execute("SELECT seal_audit(10)")
        return row["current_user"], row["may"]
    finally:
        await pool.close()


async def test_an_owner_who_may_makes_the_role(servers: Servers) -> None:
    async with owned(servers, "north", may_make_roles=True) as (_, url):
        await upgrade(url)
        assert await who(url) == ("north_app", False)


async def test_where_it_may_not_triggers_keep_the_audit(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    async with owned(servers, "south", may_make_roles=False) as (administrator, url):
        await upgrade(url)
        assert await who(url) == ("south", True)
        pool = await open_pool(url, max_size=1)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added"):
                await pool.execute("DELETE FROM audit_entries")
        finally:
            await pool.close()

        await administrator.execute("CREATE ROLE south_app NOLOGIN")
        await administrator.execute("GRANT south_app TO south")
        await upgrade(url)
        assert await who(url) == ("south_app", False)


async def test_a_login_of_its_own_for_the_application(servers: Servers) -> None:
    """It owns nothing, so there is nothing that it could take back."""
    async with owned(servers, "east", may_make_roles=True) as (administrator, url):
        await upgrade(url)
        await administrator.execute(f"CREATE ROLE east_web LOGIN PASSWORD '{PASSWORD}'")
        try:
            await administrator.execute("GRANT east_app TO east_web")
            web = url.replace("//east:", "//east_web:")
            assert await who(web) == ("east_app", False)
            pool = await open_pool(web, max_size=1)
            try:
                await pool.execute("RESET ROLE")
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                    await pool.execute("UPDATE audit_entries SET address = NULL")
            finally:
                await pool.close()
        finally:
            await administrator.execute("DROP ROLE east_web")
