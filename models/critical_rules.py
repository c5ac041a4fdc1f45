"""Critical rule: the bounds beyond which a result is critical, as data a hospital can edit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of, within
from models.rules.critical_rules import REPEAT_WINDOW
from models.rules.patients import Sex


class CriticalRule(Identified, InHospital, Written, Base):
    """One version of a rule. A change retires the version and adds the next; none is edited.

    `codes` are the LOINC codes that mean the test (serum, plasma, whole blood), `unit` is UCUM,
    ages are hours (`min_age_hours` inclusive, `max_age_hours` exclusive), a null bound is open.
    `specimen` is what the laboratory calls it (LOINC System, FHIR Specimen); null: any.
    `repeat_window` is in minutes. Who wrote a version made it (`created_by`); `retired_reason` is
    null where the next version took its place, and `retired_by` where nobody did.
    """

    __tablename__ = "critical_rules"
    __table_args__ = (
        UniqueConstraint("hospital_id", "key", "version"),
        one_of("sex", Sex),
        CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name="has_bound"),
        CheckConstraint("min_age_hours < max_age_hours", name="ages_ordered"),
        CheckConstraint("cardinality(codes) > 0", name="has_code"),
        within("repeat_window", "0", "10080"),
        CheckConstraint(
            "retired_at IS NOT NULL OR (retired_by IS NULL AND retired_reason IS NULL)",
            name="retired_says_when",
        ),
        Index(
            "uq_critical_rules_current",
            "hospital_id",
            "key",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    key: Mapped[str]
    version: Mapped[int]
    test: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    unit: Mapped[str]
    low: Mapped[Decimal | None]
    low_inclusive: Mapped[bool]
    high: Mapped[Decimal | None]
    high_inclusive: Mapped[bool]
    min_age_hours: Mapped[int | None]
    max_age_hours: Mapped[int | None]
    sex: Mapped[str | None]
    ward_id: Mapped[UUID | None] = mapped_column(ForeignKey("wards.id"), index=True)
    specimen: Mapped[str | None]
    repeat_window: Mapped[int] = mapped_column(server_default=str(REPEAT_WINDOW))
    source: Mapped[str]
    active_from: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    retired_reason: Mapped[str | None]
