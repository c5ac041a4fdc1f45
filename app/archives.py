"""Archives: a database written to a file by pg_dump, and brought back from it.

PostgreSQL's own programs do it, which are the embedded server's or those of the PATH. They are
given the password in their environment, since a command line is open to every account of the
machine. Of what psql says no more is told than the kind of an error: its messages repeat values.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from app.embedded import ServerFailed
from app.embedded.postgres import binaries
from app.settings import PREFIX
from resolvers import restores

NAMES = ("pg_dump", "pg_restore", "psql")
PIECE = 1 << 20
_STATE = re.compile(r"(?:ERROR|FATAL):\s+([0-9A-Z]{5})\s*$", re.MULTILINE)
_REASON = re.compile(r"^pg_(?:dump|restore): error: (.+)$", re.MULTILINE)
# Since 17, whatever the server is that will read it.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout"


class ArchiveFailed(Exception):
    """The sentence says what is wrong. Nothing was changed, and no file was left."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of PostgreSQL's programs, and their version."""

    folder: Path
    major: int

    def command(self, name: str, *words: str) -> tuple[str, ...]:
        return (str(self.folder / name), *words)


async def programs(server: int, *, embedded: bool) -> Programs:
    """Programs that are not older than a server of this version. Raises ArchiveFailed."""
    found = [one for folder in _folders(embedded) if (one := await _programs(folder))]
    for one in found:
        if one.major >= server:
            return one
    there = f"; those of {found[0].major} are older" if found else ""
    raise ArchiveFailed(
        f"this needs {', '.join(NAMES)} of PostgreSQL {server} or newer on the PATH{there}"
    )


def _folders(embedded: bool) -> list[Path]:
    folders = []
    with suppress(ServerFailed):
        folders.append(binaries())
    on_path = [Path(found).parent for name in NAMES if (found := shutil.which(name))]
    # Of a server of the user's own its programs are asked first: the wheel's know no TLS.
    return folders + on_path[:1] if embedded else on_path[:1] + folders


async def _programs(folder: Path) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in NAMES):
        return None
    async with _started(str(folder / "pg_restore"), "--version") as process:
        output, _ = await process.communicate()
    version = re.search(rb"\) (\d+)", output)
    return None if version is None else Programs(folder, int(version[1]))


# -- to a file -------------------------------------------------------------------------------------


async def write(tools: Programs, url: str, file: Path) -> int:
    """Write the database to a new file, as of one moment, while others work; its bytes.

    The file has its name when it is whole, and only its owner may read it. Raises ArchiveFailed,
    and FileExistsError.
    """
    draft = file.with_name(f"{file.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        address, given = _address(url)
        words = ("--format=custom", "--schema=public", "--lock-wait-timeout=10s", "--no-password")
        # Not to its standard output, where it could not go back and say where each table begins.
        command = tools.command("pg_dump", *words, f"--file={draft}", f"--dbname={address}")
        async with _started(*command, environment=given) as dumping:
            _, said = await dumping.communicate()
        if dumping.returncode != 0:
            raise ArchiveFailed(f"pg_dump failed: {_reason(said)}")
        os.fsync(descriptor)
        size = os.fstat(descriptor).st_size
        os.link(draft, file)  # unlike a rename it replaces nothing
    finally:
        os.close(descriptor)
        draft.unlink()
    return size


# -- and back --------------------------------------------------------------------------------------


async def revision(tools: Programs, file: Path) -> str:
    """The migration that the database of a file was at. Raises ArchiveFailed."""
    words = ("--data-only", "--table=alembic_version", "--file=-")
    async with _started(*tools.command("pg_restore", *words, str(file))) as process:
        output, said = await process.communicate()
    if process.returncode != 0:
        raise ArchiveFailed(f"{file} can not be read: {_reason(said)}")
    found = re.search(rb"^(\d{4})$", output, re.MULTILINE)
    if found is None:
        raise ArchiveFailed(f"{file} is no backup of Wardline")
    return found[1].decode()


async def restore(tools: Programs, url: str, server: int, file: Path) -> dict[str, int]:
    """Put what is in the file in the place of all that is in the database; what was ended, by
    `restores.SETTLED`. All of it, or, with ArchiveFailed, nothing."""
    address, given = _address(url)
    reading = tools.command(
        *("pg_restore", "--schema=public", "--no-owner", "--no-privileges", "--file=-", str(file))
    )
    writing = tools.command(
        *("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"),
        *("--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--set=SHOW_CONTEXT=never"),
        *("--file=-", f"--dbname={address}"),
    )
    async with (
        _started(*reading) as source,
        _started(*writing, environment=given) as target,
    ):
        assert source.stderr is not None
        assert target.stdout is not None
        assert target.stderr is not None
        saying = [
            asyncio.ensure_future(stream.read())
            for stream in (source.stderr, target.stdout, target.stderr)
        ]
        stopped = False
        try:
            try:
                await _pass_on(source, target, server)
            except (BrokenPipeError, ConnectionResetError):  # psql has stopped at an error
                stopped = True
                source.kill()
            complaint, said, refusal = await asyncio.gather(*saying)
        finally:
            for one in saying:
                one.cancel()
            await asyncio.gather(*saying, return_exceptions=True)
        await target.wait()
        await _over(source)
    if source.returncode != 0 and not stopped:
        reason = _reason(complaint)
        raise ArchiveFailed(f"{file} can not be read to its end: {reason}; nothing was changed")
    if target.returncode != 0:
        state = _STATE.search(refusal.decode(errors="replace"))
        why = _WHY.get(state[1], f"it refuses with {state[1]}") if state else "it is out of reach"
        raise ArchiveFailed(f"the database was not restored: {why}; nothing was changed")
    answers = (line.partition("|") for line in said.decode().split())
    return {name: int(count) for name, _, count in answers if count}


_WHY = {
    "55P03": "somebody holds one of its tables",
    "42501": "the login may not; restore as the one that owns the tables (MIGRATIONS_DATABASE_URL)",
    "53100": "its disk is full",
}


async def _pass_on(
    source: asyncio.subprocess.Process, target: asyncio.subprocess.Process, server: int
) -> None:
    """All that pg_restore writes to psql, within one transaction. The COMMIT is said when the
    source has come to its end and was content; else psql goes, and all is rolled back."""
    assert source.stdout is not None
    assert target.stdin is not None
    before, after = restores.script()
    target.stdin.write(before.encode())
    while line := await source.stdout.readline():
        if server >= 17 or not line.startswith(_UNKNOWN_BEFORE_17):
            target.stdin.write(line)
        if b"'search_path'" in line:  # the last of the settings at the top
            break
    while piece := await source.stdout.read(PIECE):
        target.stdin.write(piece)
        await target.stdin.drain()
    if await source.wait() == 0:
        target.stdin.write(f"{after}COMMIT;\n".encode())
        await target.stdin.drain()
    target.stdin.close()


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its password, and what the environment says: the password, and our name, by
    which a restore sees that somebody else is at work."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([one for one in given if one[0] != "password"], quote_via=quote)
    # Those of the query have been decoded.
    password = unquote(parts.password) if parts.password else dict(given).get("password")
    user, host = parts.username, parts.netloc.rpartition("@")[2]
    address = urlunsplit(
        parts._replace(netloc=host if user is None else f"{user}@{host}", query=query)
    )
    named = {"PGAPPNAME": "wardline"}
    return address, named if password is None else {**named, "PGPASSWORD": password}


def _reason(said: bytes) -> str:
    found = _REASON.search(said.decode(errors="replace"))
    return "it does not say why" if found is None else found[1]


@asynccontextmanager
async def _started(
    *command: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**_inherited(), "LC_ALL": "C", **(environment or {})},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await _over(process)


def _inherited() -> dict[str, str]:
    """Our environment without our settings, which hold passwords that are for nobody else."""
    own = ("DATABASE_URL", "MIGRATIONS_DATABASE_URL", "REDIS_URL")
    return {
        name: text
        for name, text in os.environ.items()
        if name not in own and not name.startswith(PREFIX)
    }


async def _over(process: asyncio.subprocess.Process) -> None:
    """See it end; by force, if it has not. What it still had to say is read: `wait` would wait for
    that as well."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            await stream.read()
    await process.wait()
