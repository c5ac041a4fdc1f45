"""`wardline audit verify` and `wardline audit head`."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from rich.console import Console

from app.cli.mistakes import Mistake
from app.cli.running import run, write_logs
from app.cli.servers import database_url, with_servers
from app.settings import Settings, load_settings
from models.rules.audit_chain import Head, Wrong
from resolvers.database import open_pool

app = typer.Typer(no_args_is_help=True, help="Prove that the audit is whole.")
MOST_PRINTED = 100
"""How many findings are told one by one."""


@app.command()
def verify(
    from_head: Annotated[
        str | None,
        typer.Option(
            "--from-head",
            metavar="POSITION:HASH",
            help="A head noted before: the chain must have come by it, so its end was not cut off"
            " and it was not made anew.",
        ),
    ] = None,
) -> None:
    """Walk the whole chain; exit 1, and say where, if entries or seals were changed, removed, moved
    or put in."""
    settings = load_settings()
    write_logs(settings.log_level)
    console = Console(highlight=False, soft_wrap=True)
    found: Counter[Wrong] = Counter()
    run(lambda: _verify(settings, _expected(from_head), console, found))
    if found:
        console.print("The audit is not whole.")
        for wrong, times in found.most_common():
            console.print(f"{times} x {wrong}")
        raise typer.Exit(1)


@app.command()
def head() -> None:
    """Print the end of the chain, POSITION:HASH, to be noted where nobody who runs the database can
    change it."""
    settings = load_settings()
    write_logs(settings.log_level)
    run(lambda: _head(settings))


def _expected(text: str | None) -> Head | None:
    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError:
        raise Mistake("--from-head must be what `wardline audit head` prints") from None


async def _verify(
    settings: Settings, expected: Head | None, console: Console, found: Counter[Wrong]
) -> None:
    from resolvers import audit_verification

    async with with_servers(settings, join=True) as completed:
        pool = await open_pool(database_url(completed), max_size=1)
        try:
            async with pool.acquire() as connection:
                async for one in audit_verification.verify(connection, expected=expected):
                    if isinstance(one, Head):
                        if not found:
                            console.print(f"The audit is whole, up to {one}")
                        continue
                    found[one.wrong] += 1
                    if found.total() <= MOST_PRINTED:
                        console.print(str(one))
        finally:
            await pool.close()


async def _head(settings: Settings) -> None:
    from resolvers import audit

    async with with_servers(settings, join=True) as completed:
        pool = await open_pool(database_url(completed), max_size=1)
        try:
            Console(highlight=False, soft_wrap=True).print(str(await audit.head(pool)))
        finally:
            await pool.close()
