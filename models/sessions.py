"""Session of a signed-in user, and the attempts to sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital


class Session(Identified, InHospital, Base):
    """A session. Only the SHA-256 of its 256-bit token is stored.

    It ends at the first of: `revoked_at` (sign-out), idle too long after `last_seen_at`,
    `expires_at` (absolute), the user disabled.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None]


class SignInAttempt(Identified, Base):
    """A refused attempt to sign in; counted by account and by address to slow guessing down.

    `username` is what was typed, cut at 100 characters, kept as a hash: people type their password
    there.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account", "account_hash", "attempted_at"),
        Index("ix_sign_in_attempts_address", "address", "attempted_at"),
        Index("ix_sign_in_attempts_time", "attempted_at"),
    )

    account_hash: Mapped[bytes]
    address: Mapped[str]
    attempted_at: Mapped[datetime]
