"""The command as a user meets it: a process, its exit code and what it says."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import asyncpg
import pytest

from app.embedded import embedded_servers
from app.schema_version import head
from resolvers.passwords import verify
from tests.app.commands import Commands

CLOSED = "127.0.0.1:1"  # nothing listens on tcpmux


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


async def test_help_names_every_command(wardline: Commands) -> None:
    ended = await wardline.run("--help")
    assert ended.code == 0
    for command in ("dev", "serve", "migrate", "check", "backup", "restore", "import", "user"):
        assert f" {command} " in ended.out


@pytest.mark.parametrize(
    "words", [("nonsense",), ("serve", "--nonsense"), ("user", "add"), ("user", "passwd")]
)
async def test_wrong_usage_is_2(wardline: Commands, words: tuple[str, ...]) -> None:
    ended = await wardline.run(*words)
    assert ended.code == 2
    assert "Usage: " in ended.err


async def test_a_wrong_setting_is_one_line_and_1(wardline: Commands) -> None:
    ended = await wardline.run("check", environment={"PORT": "http"})
    assert ended.code == 1
    assert ended.err.splitlines() == [
        "wardline: PORT: Input should be a valid integer, unable to parse string as an integer"
    ]


async def test_an_unreachable_database_is_one_line_and_1(wardline: Commands) -> None:
    ended = await wardline.run(
        "migrate",
        environment={
            "DATABASE_URL": f"postgresql://wardline:hunter2@{CLOSED}/wardline",
            "REDIS_URL": f"redis://{CLOSED}",
        },
    )
    assert ended.code == 1
    assert ended.err.splitlines() == [
        "wardline: the database can not be reached: Connection refused"
    ]


async def test_debug_shows_where(wardline: Commands) -> None:
    ended = await wardline.run("--debug", "check", environment={"PORT": "http"})
    assert ended.code == 1
    assert "Traceback" in ended.err


async def test_check_is_0_where_everything_is_there(
    wardline: Commands, environment: dict[str, str]
) -> None:
    ended = await wardline.run("check", environment=environment)
    assert ended.code == 0, ended
    assert ended.out.count(" ok ") == 6
    assert f"at {head()}, the newest" in ended.out


async def test_check_reads_the_manifest_of_documents(
    wardline: Commands, environment: dict[str, str], tmp_path: Path
) -> None:
    manifest = tmp_path / "documents.json"
    named = environment | {"WARDLINE_TRUSTED_DOCUMENTS": str(manifest)}
    manifest.write_text('{"a": "{ viewer { id } }", "b": "{ viewer { username } }"}')
    ended = await wardline.run("check", environment=named)
    assert ended.code == 0, ended
    assert "2 of the manifest, each valid" in ended.out
    manifest.write_text('{"a": "{ nope }"}')
    ended = await wardline.run("check", environment=named)
    assert ended.code == 1
    assert "document a" in ended.out


async def test_check_is_1_and_says_what_is_wrong(
    wardline: Commands, empty_database: str, redis_url: str
) -> None:
    ended = await wardline.run(
        "check", environment={"DATABASE_URL": empty_database, "REDIS_URL": f"redis://{CLOSED}"}
    )
    assert ended.code == 1
    assert ended.out.count(" wrong ") == 3
    assert "run: wardline migrate" in ended.out
    assert "Redis can not be reached" in ended.out


async def test_migrate_goes_to_the_newest_and_stays_there(
    wardline: Commands, empty_database: str, redis_url: str
) -> None:
    environment = {"DATABASE_URL": empty_database, "REDIS_URL": redis_url}
    first = await wardline.run("migrate", environment=environment)
    assert (first.code, first.out) == (0, f"The database went from None to {head()}.\n")
    second = await wardline.run("migrate", environment=environment)
    assert (second.code, second.out) == (0, f"The database is at {head()} already.\n")


async def test_a_command_joins_the_servers_that_another_process_runs(
    wardline: Commands, tmp_path: Path
) -> None:
    async with embedded_servers(tmp_path / "home", fast=True):
        ended = await wardline.run("migrate", environment={"WARDLINE_HOME": str(tmp_path / "home")})
    assert (ended.code, ended.out) == (0, f"The database went from None to {head()}.\n")


@pytest.mark.parametrize("command", ["dev", "serve"])
async def test_a_taken_port_is_said_before_anything_is_started(
    wardline: Commands, tmp_path: Path, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await wardline.run(
            command, environment={"PORT": port, "WARDLINE_HOME": str(tmp_path / "home")}
        )
    assert ended.code == 1
    assert ended.err.splitlines() == [
        f"wardline: port {port} is in use; stop what runs there, or set PORT to another one"
    ]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", ["dev", "serve"])
async def test_a_taken_data_folder_is_said(
    wardline: Commands, tmp_path: Path, command: str
) -> None:
    home = tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    async with embedded_servers(home, fast=True):
        ended = await wardline.run(command, environment={"PORT": port, "WARDLINE_HOME": str(home)})
    assert ended.code == 1
    assert f"the data folder {home} is in use by process {os.getpid()}" in ended.err
    assert "Traceback" not in ended.err


async def test_the_first_user_comes_with_the_first_hospital(
    wardline: Commands, environment: dict[str, str]
) -> None:
    words = ("user", "add", "Ada", "--name", "Ada Lovelace", "--role", "DOCTOR", "--password-stdin")
    without = await wardline.run(*words, stdin="correct horse\n", environment=environment)
    assert without.code == 1
    assert "--new-hospital" in without.err

    hospital = ("--hospital", "MAIN", "--new-hospital", "Main Hospital")
    made = await wardline.run(*words, *hospital, stdin="correct horse\n", environment=environment)
    assert made.code == 0, made
    assert await verify(await password_hash(environment), "correct horse")

    again = await wardline.run(*words, stdin="correct horse\n", environment=environment)
    assert (again.code, again.out) == (1, "")
    assert again.err.splitlines() == ["wardline: there is a user of this name already"]

    changed = await wardline.run(
        "user",
        "passwd",
        "ada",
        "--password-stdin",
        stdin="battery staple\n",
        environment=environment,
    )
    assert changed.code == 0, changed
    assert await verify(await password_hash(environment), "battery staple")

    short = await wardline.run(
        "user", "passwd", "ada", "--password-stdin", stdin="short\n", environment=environment
    )
    assert short.code == 1
    assert short.err.splitlines() == ["wardline: a password has 8 to 1024 characters"]

    unknown = await wardline.run(
        "user",
        "passwd",
        "nobody",
        "--password-stdin",
        stdin="long enough\n",
        environment=environment,
    )
    assert unknown.code == 1
    assert unknown.err.splitlines() == ["wardline: there is no user of this name"]


async def password_hash(environment: dict[str, str]) -> str:
    connection = await asyncpg.connect(environment["DATABASE_URL"])
    try:
        found: str = await connection.fetchval(
            "SELECT password_hash FROM users WHERE username = 'ada'"
        )
    finally:
        await connection.close()
    return found
