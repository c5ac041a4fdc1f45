"""Audit entry: who read or wrote what of whom. Only ever added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, InHospital


class AuditEntry(InHospital, Base):
    """One operation of one actor, written by the statement that read (resolvers/reading).

    `fields` are "Type.field" of the patient data selected, `refused` those the actor's scopes
    refused, `patient_ids` whose rows the answer held. Ids and names of the schema only: no values,
    no arguments. `operation` is query, mutation or subscription.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint(
            "operation IN ('query', 'mutation', 'subscription')", name="operation_known"
        ),
        Index("ix_audit_entries_hospital", "hospital_id", text("id DESC")),
        Index("ix_audit_entries_user", "user_id", text("id DESC")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    occurred_at: Mapped[datetime]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]
    operation: Mapped[str]
    operation_name: Mapped[str | None]
    document_hash: Mapped[str]
    fields: Mapped[list[str]]
    refused: Mapped[list[str]]
    patient_ids: Mapped[list[UUID]]
