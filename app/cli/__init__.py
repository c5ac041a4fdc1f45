"""The command `wardline`: exit code 0 is done, 1 is a failure (one line says which), 2 is usage."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from app.cli import (
    audit,
    backup,
    check,
    dev,
    imports,
    migrate,
    permissions,
    restore,
    serve,
    users,
)
from app.cli.mistakes import explain

log = logging.getLogger("wardline")

app = typer.Typer(
    name="wardline",
    help="A GraphQL API for hospital wards, with a live channel that never loses a critical "
    "result.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def debugging(
    debug: Annotated[
        bool, typer.Option("--debug", help="On a failure, show where in the code.")
    ] = False,
) -> None:
    if debug:
        log.setLevel(logging.DEBUG)


app.command()(dev.dev)
app.command()(serve.serve)
app.command()(migrate.migrate)
app.command()(check.check)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(permissions.permissions)
app.add_typer(audit.app, name="audit")
app.add_typer(imports.app, name="import")
app.add_typer(users.app, name="user")


def main() -> None:
    """Run the command line. A user's mistake ends in one line, not in a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if log.isEnabledFor(logging.DEBUG):
            raise
        print(f"wardline: {explain(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
