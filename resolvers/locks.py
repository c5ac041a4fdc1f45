"""Locks on what is no row: they last as long as the transaction."""

from __future__ import annotations

import hashlib

from sqlalchemy import BigInteger, bindparam, func, select

from resolvers.transaction import Transaction

_HOLD = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger())))


def key(*words: str | bytes) -> int:
    """The number of an advisory lock: 64 bits, signed."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word if isinstance(word, bytes) else word.encode())
        digest.update(b"\0")
    return int.from_bytes(digest.digest()[:8], signed=True)


async def hold(tx: Transaction, *words: str) -> None:
    """Wait for, and hold, the lock of these words in the hospital."""
    await tx.run(_HOLD, key=key(tx.hospital_id.bytes, *words))
