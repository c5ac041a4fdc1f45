"""The audit: who read or wrote what of whom, sealed in a chain. Only ever added.

An entry is written by the statement that read (resolvers/reading/audit), so nothing hangs on it
that would cost there: no foreign key, and no second index but on the entries of audiences. What
finds and proves entries is written behind it by `seal_audit`, a function of the database (decision
0006; the form of what is hashed is in models/rules/audit_chain). Triggers refuse to change or
remove rows of these tables.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.rules.audit import AuditOperation, AuditOutcome


class AuditSelection(Base):
    """What all entries of one plan share, written once: `id` is the SHA-256 of the rest.

    `roots` are the root fields, `fields` those of patients' data and of the audit that were
    read, `refused` those that the actor's scopes refused, all as "Type.field"; `scopes` are
    the granted ones that what was read asked for. Names of the schema only: no values, no
    arguments. `outcome` is DONE or the code of the refusal.
    """

    __tablename__ = "audit_selections"
    __table_args__ = (one_of("operation", AuditOperation), one_of("outcome", AuditOutcome))

    id: Mapped[bytes] = mapped_column(primary_key=True)
    operation: Mapped[str]
    operation_name: Mapped[str | None]
    document_hash: Mapped[str | None]
    outcome: Mapped[str]
    roots: Mapped[list[str]]
    scopes: Mapped[list[str]]
    fields: Mapped[list[str]]
    refused: Mapped[list[str]]


class AuditEntry(Base):
    """One operation of one actor.

    `patient_ids` are the patients whose rows the answer held, once for each time that the statement
    came to one from what belongs to no patient: a ward board of 30 beds has 30, two lists of the
    same patients have each twice. `user_id` is null where an unknown account was tried, and so is
    `hospital_id` where the database has several. Ids only; whom they name may be gone.

    `first_position` and `last_position` are those of the hospital's log. A push to one tells with
    them which events it held. A push to many has an `audience_id` and no user; who heard it is told
    by the stays of that audience (decision 0012): an entry with a user, a `stay_id` and the first
    position that is heard, and when it ends another with the last one too.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        # Appended in about this order, so a few bytes a page find a time; an entry pays nothing.
        Index("ix_audit_entries_occurred_at", "occurred_at", postgresql_using="brin"),
        Index(
            "ix_audit_entries_audience",
            "audience_id",
            "user_id",
            "first_position",
            postgresql_where=text("audience_id IS NOT NULL"),
        ),
        Index(
            "ix_audit_entries_hearer",
            "user_id",
            "audience_id",
            postgresql_where=text("audience_id IS NOT NULL AND user_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    hospital_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    user_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]
    selection_id: Mapped[bytes]
    request_id: Mapped[str | None]
    patient_ids: Mapped[list[UUID]]
    audience_id: Mapped[UUID | None]
    stay_id: Mapped[UUID | None]
    first_position: Mapped[int | None] = mapped_column(BigInteger)
    last_position: Mapped[int | None] = mapped_column(BigInteger)


class AuditSeal(Base):
    """The link of one entry: positions are gap-free, `hash` is over the seal before."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    form: Mapped[int] = mapped_column(SmallInteger)
    sealed_at: Mapped[datetime]
    digest: Mapped[bytes]
    hash: Mapped[bytes]


class AuditMention(Base):
    """Which of the entries sealed up to `position`, and after the mention before, are about
    somebody: the user who acted, or a patient. What a user heard is found by the user's stays."""

    __tablename__ = "audit_mentions"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class AuditGap(Base):
    """Ids below the newest sealed one that no entry had yet: a transaction that was still running,
    or one that was rolled back. Looked at until the first cannot be any more."""

    __tablename__ = "audit_gaps"

    first_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last_id: Mapped[int] = mapped_column(BigInteger)
    noted_at: Mapped[datetime]
    running: Mapped[int] = mapped_column(BigInteger)
