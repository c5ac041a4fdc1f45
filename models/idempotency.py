"""Idempotency key: the same request sent twice is done once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class IdempotencyKey(Base):
    """What a mutation wrote under a key its caller chose.

    The key belongs to the user and the mutation. The same key with the same request
    (`request_hash`) answers with the same ids (`produced`); with another request it is refused.
    """

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    mutation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    produced: Mapped[dict[str, Any]] = mapped_column(JSONB())
    created_at: Mapped[datetime] = mapped_column(index=True)
