"""What an import could not place: kept with its source, to be listed and tried again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital


class ImportRejection(Identified, InHospital, Base):
    """A record an import rejected: OPEN until a later try takes it in (`resolved_at`).

    `source_text` is the record as it came (a FHIR resource, an HL7 v2 segment group), `record_key`
    names it within its format, so that a second run of the same file finds it again.
    """

    __tablename__ = "import_rejections"
    __table_args__ = (
        CheckConstraint("format IN ('fhir', 'hl7v2')", name="format_known"),
        Index("uq_import_rejections_record", "hospital_id", "format", "record_key", unique=True),
        Index(
            "ix_import_rejections_open",
            "hospital_id",
            "rejected_at",
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    format: Mapped[str]
    record_key: Mapped[str]
    record_type: Mapped[str]
    reason: Mapped[str]
    source_text: Mapped[str]
    rejected_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class UnmappedObservation(Identified, InHospital, Base):
    """An observation that is neither a laboratory result nor a vital sign that Wardline charts.

    Kept whole and marked, never dropped: `reason` says why it has no better place, `source_text` is
    the record as it came. A laboratory result with an unknown code is not here but in `lab_results`
    with `unmapped`, where the ward sees it.
    """

    __tablename__ = "unmapped_observations"
    __table_args__ = (
        UniqueConstraint("hospital_id", "sender", "external_id"),
        Index("ix_unmapped_observations_patient", "patient_id", "observed_at"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    code: Mapped[str | None]
    display: Mapped[str | None]
    observed_at: Mapped[datetime]
    reason: Mapped[str]
    source_text: Mapped[str]
    sender: Mapped[str]
    external_id: Mapped[str]
