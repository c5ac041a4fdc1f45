"""The embedded servers as a user meets them: first start, second start, who may come in."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from app.embedded import FolderInUse, Servers, embedded_servers, urls_of_running


async def test_the_database_is_what_a_hospital_needs(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        shown = {
            name: await connection.fetchval("SELECT current_setting($1)", name)
            for name in ("server_encoding", "TimeZone", "jit", "data_checksums", "is_superuser")
        }
        locale = await connection.fetchval(
            "SELECT datlocale FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    assert shown == {
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "jit": "off",
        "data_checksums": "on",
        "is_superuser": "off",
    }
    assert locale == "C.UTF-8"


async def test_nobody_comes_in_without_the_password(servers: Servers) -> None:
    place = urlsplit(servers.database_url)
    for user in ("wardline", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=place.hostname, port=place.port, user=user, password="x", database="postgres"
            )
    client = Redis(host="127.0.0.1", port=servers.redis.port, retry=Retry(NoBackoff(), 0))
    with pytest.raises(AuthenticationError):
        await client.get("anything")
    await client.aclose()


async def test_they_listen_on_loopback_alone(servers: Servers) -> None:
    for pid in (servers.postgres.pid, servers.redis.pid):
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}


async def test_the_log_never_repeats_a_value(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        await connection.execute("CREATE TEMP TABLE people (name text PRIMARY KEY)")
        await connection.execute("INSERT INTO people VALUES ('Eleanor Rigby')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO people VALUES ($1)", "Eleanor Rigby")
    finally:
        await connection.close()
    log = servers.postgres.log_file.read_text()
    assert "duplicate key" in log
    assert "Rigby" not in log


async def test_the_second_start_finds_data_ports_and_passwords_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with embedded_servers(home, fast=True) as first:
        await run(first.database_url, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)")
        urls = first.database_url, first.redis_url
        assert urls_of_running(home) == urls
        pids = [first.postgres.pid, first.redis.pid]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    async with embedded_servers(home, fast=True) as second:
        assert (second.database_url, second.redis_url) == urls
        assert await value(second.database_url, "SELECT a FROM kept") == 7


async def test_only_the_owner_reads_the_passwords_and_no_parent_changes_its_mode(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    modes = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}
    home = closed / "home"
    async with embedded_servers(home, fast=True):
        secret = [path for path in home.rglob("*") if path.is_file() and holds_secret(path, home)]
        assert {path.name for path in secret} == {"servers.json", "redis.conf"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert modes == {folder: folder.stat().st_mode for folder in modes}


def holds_secret(path: Path, home: Path) -> bool:
    memory = json.loads((home / "servers.json").read_text())
    secrets = [text.encode() for name, text in memory.items() if name.endswith("_password")]
    content = path.read_bytes()
    return any(secret in content for secret in secrets)


async def test_a_second_process_on_the_folder_is_told_who_has_it(tmp_path: Path) -> None:
    async with embedded_servers(tmp_path / "home", fast=True):
        with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}"):
            async with embedded_servers(tmp_path / "home", fast=True):
                pass


async def test_a_taken_port_is_left_to_its_taker(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with embedded_servers(home, fast=True) as first:
        ports = first.postgres.port, first.redis.port
    with (
        socket.create_server(("127.0.0.1", ports[0])),
        socket.create_server(("127.0.0.1", ports[1])),
    ):
        async with embedded_servers(home, fast=True) as second:
            assert second.postgres.port not in ports
            assert second.redis.port not in ports
            assert await value(second.database_url, "SELECT 1") == 1


async def test_a_first_start_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    half = tmp_path / "home" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    async with embedded_servers(tmp_path / "home", fast=True) as servers:
        assert await value(servers.database_url, "SELECT 1") == 1
    assert not half.exists()


async def test_a_halted_server_is_stopped_all_the_same(tmp_path: Path) -> None:
    async with embedded_servers(tmp_path / "home", fast=True) as servers:
        pids = [servers.postgres.pid, servers.redis.pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_command_beside_throw_away_servers_gives_its_exit_code() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.embedded"),
        *(sys.executable, "-c", "import os; exit(len(os.environ['DATABASE_URL']) > 9 and 42)"),
    )
    assert await process.wait() == 42


async def run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
