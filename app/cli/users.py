"""`wardline user add` and `wardline user passwd`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from app.cli.mistakes import Mistake
from app.cli.running import run, write_logs
from app.cli.servers import database_url, with_servers
from app.settings import Settings, load_settings
from models.rules.roles import Role
from resolvers.database import Connection, open_pool
from resolvers.hospitals import create_hospital
from resolvers.users import add_user, set_password

app = typer.Typer(no_args_is_help=True, help="Add users and set their passwords.")

PASSWORD_FROM_STDIN = typer.Option(
    "--password-stdin", help="Read the password from the first line of the standard input."
)


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="1 to 100 of a-z 0-9 . _ @ -")],
    name: Annotated[str, typer.Option("--name", help="The name that others see.")],
    role: Annotated[list[Role], typer.Option("--role", help="May be given several times.")],
    ward: Annotated[
        list[str] | None,
        typer.Option("--ward", help="Code of a ward the user works on; may be given several times"),
    ] = None,
    hospital: Annotated[
        str | None, typer.Option("--hospital", help="Code; not needed where there is only one.")
    ] = None,
    new_hospital: Annotated[
        str | None,
        typer.Option(
            "--new-hospital", help="Make the hospital of --hospital, with this name, if it is new."
        ),
    ] = None,
    patient: Annotated[
        str | None, typer.Option("--patient", help="MRN of the own record of a PATIENT.")
    ] = None,
    password_stdin: Annotated[bool, PASSWORD_FROM_STDIN] = False,
) -> None:
    """Add a user. The password is asked for, twice, and not shown."""
    settings = load_settings()
    write_logs(settings.log_level)
    password = _password(from_stdin=password_stdin)

    async def work() -> None:
        async with _connection(settings) as connection:
            await add_user(
                connection,
                await _hospital(connection, hospital, new_hospital),
                username=username,
                display_name=name,
                password=password,
                roles=role,
                ward_codes=ward or (),
                patient_mrn=patient,
            )

    run(work)
    Console(highlight=False).print(f"Added {username}.")


@app.command()
def passwd(
    username: Annotated[str, typer.Argument(help="Whose password it is.")],
    password_stdin: Annotated[bool, PASSWORD_FROM_STDIN] = False,
) -> None:
    """Give a user another password; ends every session of the user."""
    settings = load_settings()
    write_logs(settings.log_level)
    password = _password(from_stdin=password_stdin)

    async def work() -> None:
        async with _connection(settings) as connection:
            await set_password(
                connection, username=username, password=password, now=datetime.now(UTC)
            )

    run(work)
    Console(highlight=False).print(f"{username} has another password; open sessions have ended.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return entered


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[Connection]:
    async with with_servers(settings, join=True) as completed:
        pool = await open_pool(database_url(completed), max_size=1)
        try:
            async with pool.acquire() as connection:
                yield connection
        finally:
            await pool.close()


async def _hospital(connection: Connection, code: str | None, name: str | None) -> UUID:
    if name is not None:
        if code is None:
            raise Mistake("--new-hospital needs --hospital CODE as well")
        return await create_hospital(connection, code, name, now=datetime.now(UTC))
    rows = await connection.fetch("SELECT id, code FROM hospitals ORDER BY code")
    if not rows:
        raise Mistake("there is no hospital yet; make it with --hospital CODE --new-hospital NAME")
    chosen = [row for row in rows if code in (None, row["code"])]
    if len(chosen) != 1:
        known = ", ".join(row["code"] for row in rows)
        raise Mistake(f"--hospital must be one of: {known}")
    hospital_id: UUID = chosen[0]["id"]
    return hospital_id
