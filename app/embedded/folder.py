"""The data folder (WARDLINE_HOME): one process at a time, and what it remembers of its servers."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"
MEMORY = "servers.json"


class FolderInUse(Exception):
    """Another process runs its servers on this data folder."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the first start chose and later starts keep; written with mode 0600.

    The ports are kept as long as they are free, so that a `psql` line in somebody's shell
    history goes on working.
    """

    superuser_password: str = field(repr=False)
    database_password: str = field(repr=False)
    redis_password: str = field(repr=False)
    database_port: int
    redis_port: int


class Folder:
    """A held data folder. Opening it takes its lock; `close` (or the end of the process, however
    it ends) gives it back."""

    def __init__(self, home: Path) -> None:
        """Raises FolderInUse, or OSError when the folder can not be made."""
        self.home = home.resolve()
        # Others may pass through to the folders of the servers' accounts, and list nothing.
        self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock = self._hold()
        self.memory = self._remember()

    def close(self) -> None:
        self._lock.close()

    def keep_ports(self, *, database_port: int, redis_port: int) -> None:
        self.memory = replace(self.memory, database_port=database_port, redis_port=redis_port)
        self._write(self.memory)

    def _hold(self) -> IO[str]:
        path = self.home / "lock"
        # Not truncated by opening: the one who holds the lock has written its number there.
        lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise FolderInUse(
                f"the data folder {self.home} is in use by process {holder}; stop that one, "
                "or set WARDLINE_HOME to another folder"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock

    def _remember(self) -> Memory:
        if (self.home / MEMORY).exists():
            return read_memory(self.home)
        memory = Memory(
            superuser_password=secrets.token_urlsafe(32),
            database_password=secrets.token_urlsafe(32),
            redis_password=secrets.token_urlsafe(32),
            database_port=free_port(),
            redis_port=free_port(),
        )
        self._write(memory)
        return memory

    def _write(self, memory: Memory) -> None:
        draft = self.home / f"{MEMORY}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(memory), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.home / MEMORY)


def read_memory(home: Path) -> Memory:
    """What the servers on `home` were given, for who may read it."""
    return Memory(**json.loads((home / MEMORY).read_text()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now. SO_REUSEADDR, as the servers themselves set it:
    the closed connections of the run before do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
