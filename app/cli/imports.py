"""`wardline import`: FHIR bundles and HL7 v2 messages, and what could not be taken in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.import_run import opened
from app.cli.import_table import rejections_table, screen, show
from app.cli.mistakes import Mistake
from app.cli.running import run, write_logs
from app.settings import load_settings

if TYPE_CHECKING:
    from resolvers.imports.ledger import Ledger
    from resolvers.imports.runs import Run

app = typer.Typer(
    no_args_is_help=True,
    help="Take in data of other systems. The same files again change nothing.",
)
rejected = typer.Typer(
    invoke_without_command=True, help="List what imports have rejected, and show its source."
)
app.add_typer(rejected, name="rejected")

Hospital = Annotated[
    str | None,
    typer.Option(
        "--hospital",
        help="Code. Not needed where there is only one; the first import makes it where there is "
        "none.",
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", help="User in whose name the rows are written; else the system's."),
]


@app.command()
def fhir(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files (.json, .ndjson, either with .gz) and folders of them."),
    ],
    hospital: Hospital = None,
    as_user: As = None,
    sender: Annotated[
        str,
        typer.Option("--sender", help="Name of the source; its ids are its own."),
    ] = "fhir",
) -> None:
    """Import FHIR R4: bundles, single resources, bulk exports."""
    from resolvers.imports.files import Unreadable, fhir_files

    try:
        sources = fhir_files(paths)
    except Unreadable as error:
        raise Mistake(str(error)) from None
    if not sender or "|" in sender:
        raise typer.BadParameter("a sender has a name without |", param_hint="--sender")
    total = sum(source.size for source in sources)
    _import(hospital, as_user, total, lambda one: one.fhir(sources, sender=sender))


@app.command()
def hl7v2(
    files: Annotated[list[Path], typer.Argument(help="Files of messages, as sent or logged.")],
    hospital: Hospital = None,
    as_user: As = None,
) -> None:
    """Import HL7 v2 messages: ORU^R01 and ADT^A01."""
    from resolvers.imports.files import Unreadable, hl7v2_files

    try:
        sources = hl7v2_files(files)
    except Unreadable as error:
        raise Mistake(str(error)) from None
    total = sum(source.size for source in sources)
    _import(hospital, as_user, total, lambda one: one.hl7v2(sources))


@app.command()
def retry(hospital: Hospital = None, as_user: As = None) -> None:
    """Try again what was rejected; what goes in is resolved."""
    _import(hospital, as_user, None, lambda one: one.retry())


rejected.command("retry")(retry)


@rejected.callback()
def rejected_list(context: typer.Context, hospital: Hospital = None) -> None:
    """List the open rejections, oldest first."""
    if context.invoked_subcommand is None:
        list_rejected(hospital)


@rejected.command("list")
def list_rejected(hospital: Hospital = None) -> None:
    """List the open rejections, oldest first."""
    settings = load_settings()
    write_logs(settings.log_level)

    async def work() -> None:
        async with opened(settings, hospital, None) as one:
            rows = await one.rejected()
        if rows:
            screen().print(rejections_table(rows))
        else:
            screen().print("Nothing is rejected.")

    run(work)


@rejected.command("show")
def show_rejected(
    rejection: Annotated[UUID, typer.Argument(help="Its id, from the list.")],
    hospital: Hospital = None,
) -> None:
    """Print the source of one rejection. It is a patient's data."""
    settings = load_settings()
    write_logs(settings.log_level)

    async def work() -> None:
        async with opened(settings, hospital, None) as one:
            row = await one.rejection(rejection)
        if row is None:
            raise Mistake("there is no rejection of this id in the hospital")
        typer.echo(row["source_text"].replace("\r", "\n"))

    run(work)


def _import(
    hospital: str | None,
    as_user: str | None,
    total: int | None,
    begin: Callable[[Run], Awaitable[Ledger]],
) -> None:
    """Run an import under a progress bar and print what became of it. A rejection is an outcome,
    kept and listed, and not a failure of the command."""
    settings = load_settings()
    write_logs(settings.log_level)
    console = screen()

    async def work() -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Importing", total=total)
            advance = partial(progress.advance, task)
            async with opened(settings, hospital, as_user, advance) as one:
                if total is None:
                    progress.update(task, total=len(await one.rejected()))
                ledger = await begin(one)
        show(console, ledger)
        if not ledger.balanced:
            raise RuntimeError("the outcomes do not add up to what was read")

    run(work)
