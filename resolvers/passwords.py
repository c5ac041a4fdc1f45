"""Passwords: argon2id, in threads of their own, and as slow for nobody as for somebody.

One hash takes about 0.1 s and 64 MiB, so only a few run at once, whoever asks: the pool of threads
is the cap.
"""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from resolvers.errors import BadInput

T = TypeVar("T")

SHORTEST = 8
LONGEST = 1_024

_HASHER = PasswordHasher()
AT_ONCE = max(2, min(4, os.cpu_count() or 2))


class Hashed(str):
    """The hash of a new password, made before a transaction was begun: nothing is held while one
    waits in the line of those that hash."""

    __slots__ = ()


class _Threads:
    """The pool of threads, made anew when its size is set."""

    def __init__(self) -> None:
        self.pool = _pool(AT_ONCE)


def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=size, thread_name_prefix="argon2")


_THREADS = _Threads()


def limit(at_once: int) -> None:
    """Set how many hashes run at once in this process; what runs already comes to its end."""
    _THREADS.pool.shutdown(wait=False)
    _THREADS.pool = _pool(at_once)


async def hash_password(password: str, *, field: str = "password") -> str:
    """The argon2id hash of a new password of 8 to 1,024 characters (BadInput otherwise)."""
    check_length(password, field=field)
    return await _in_thread(_hash, password)


async def hashed(*_: object, password: str, **given: Any) -> dict[str, Any]:
    """The input of a mutation that gives somebody a `password`, with its hash instead."""
    return given | {"password": Hashed(await hash_password(password))}


def check_length(password: str, *, field: str) -> None:
    """BadInput where a new password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(
            f"a password has {SHORTEST} to {LONGEST} characters",
            field=field,
            limit=f"{SHORTEST} to {LONGEST} characters",
        )


async def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the hash's. None, for an unknown user, takes the same time."""
    return await _in_thread(_verify, password_hash, password)


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(password_hash)


async def rehash(password: str) -> str:
    """A fresh hash of a password that has just been verified, whatever its length."""
    return await _in_thread(_hash, password)


async def _in_thread(work: Callable[..., T], *values: str | None) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS.pool, work, *values)


def _hash(password: str) -> str:
    return _HASHER.hash(_encoded(password))


def _verify(password_hash: str | None, password: str) -> bool:
    nobody = _nobody()  # also for somebody: the first call of a process must not tell them apart
    if len(password) > LONGEST:
        # To spell megabytes out in one form of Unicode holds up every other thread.
        known, password_hash, password = False, nobody, ""
    elif password_hash is None:
        known, password_hash = False, nobody
    else:
        known = True
    try:
        _HASHER.verify(password_hash, _encoded(password))
    except (VerificationError, InvalidHashError):
        return False
    return known


@cache
def _nobody() -> str:
    return _HASHER.hash(os.urandom(32))


def _encoded(password: str) -> bytes:
    # One password has several spellings in Unicode, and keyboards choose among them. Half a
    # surrogate pair cannot be typed but can be sent.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
