"""What was rejected: kept with its source, listed, and marked as resolved when it goes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import Text, Uuid, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, insert

import models
from resolvers.imports.drafts import Record
from resolvers.transaction import Transaction

_R = models.ImportRejection.__table__
_COLUMNS = (
    "id", "hospital_id", "format", "record_key", "record_type", "reason", "source_text",
    "rejected_at",
)  # fmt: skip
_NEW = insert(models.ImportRejection).values(
    {name: bindparam(name, type_=_R.c[name].type) for name in _COLUMNS}
)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=["hospital_id", "format", "record_key"],
    set_={
        "reason": _NEW.excluded.reason,
        "source_text": _NEW.excluded.source_text,
        "record_type": _NEW.excluded.record_type,
        "resolved_at": None,
    },
    # The same rejection again is not written again.
    where=or_(
        _R.c.reason != _NEW.excluded.reason,
        _R.c.source_text != _NEW.excluded.source_text,
        _R.c.resolved_at.is_not(None),
    ),
)
_OF_HOSPITAL = _R.c.hospital_id == bindparam("hospital")
_RESOLVE = (
    update(models.ImportRejection)
    .where(
        _OF_HOSPITAL,
        _R.c.format == bindparam("of_format", type_=Text()),
        _R.c.record_key == bindparam("keys", type_=ARRAY(Text())).any_(),
        _R.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("now", type_=TIMESTAMP(timezone=True)))
)
_OPEN = select(_R).where(_OF_HOSPITAL, _R.c.resolved_at.is_(None)).order_by(_R.c.id)
_ONE = select(_R).where(_OF_HOSPITAL, _R.c.id == bindparam("rejection", type_=Uuid()))


async def keep(tx: Transaction, format_: str, rejected: Sequence[tuple[Record, str]]) -> None:
    """Keep records with the reason. One that is kept already is brought up to date, not doubled."""
    await tx.run_all(
        _KEEP,
        [
            {
                "id": models.new_id(),
                "hospital_id": tx.hospital_id,
                "format": format_,
                "record_key": record.key,
                "record_type": record.type,
                "reason": reason,
                "source_text": record.source(),
                "rejected_at": tx.now,
            }
            for record, reason in rejected
        ],
    )


async def resolve(tx: Transaction, format_: str, keys: Iterable[str]) -> int:
    """Mark open rejections of records that have gone in; how many there were."""
    return await tx.run(
        _RESOLVE, hospital=tx.hospital_id, of_format=format_, keys=list(keys), now=tx.now
    )


async def listed(tx: Transaction) -> list[asyncpg.Record]:
    """The open rejections of the hospital, oldest first."""
    return await tx.all(_OPEN, hospital=tx.hospital_id)


async def one(tx: Transaction, rejection_id: UUID) -> asyncpg.Record | None:
    """A rejection, resolved or not."""
    return await tx.first(_ONE, hospital=tx.hospital_id, rejection=rejection_id)
