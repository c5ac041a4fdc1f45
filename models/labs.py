"""Laboratory result and its versions (FHIR Observation, category laboratory)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of
from models.rules.results import Interpretation, ResultStatus


class LabResult(Identified, InHospital, Written, Base):
    """One version of a result. A correction is a new row; the row before stays as it was sent.

    `root_id` is the id of the first version, `version` counts from 1, `corrects_id` points at the
    version before, `superseded_at` is null on the newest. `value`, `comparator`, `text` and `unit`
    are as sent, and so are `specimen` and `sender_flag`; `canonical_value` in `canonical_unit`
    (UCUM) is what the rules judged, or where there is none the value in the UCUM spelling of its
    unit.
    `unmapped`: the sender's code has no LOINC code; `arrived_late`: older on arrival than the
    setting, judged but silent. `applied_rules` are the versions of the critical rules that the
    value was held against (empty: none applied; null: judged before migration 0022),
    `rule_id` is the one of them whose limit it passes.
    `critical_result_id` is the critical result that this version raised, joined or spoke to: that
    of its result, as far as one was ever due. `verdict` is why it is critical, in words.
    `ordered_by` is the clinician who wanted to know.
    """

    __tablename__ = "lab_results"
    __table_args__ = (
        one_of("interpretation", Interpretation),
        one_of("status", ResultStatus),
        CheckConstraint("comparator IN ('<', '<=', '>', '>=')", name="comparator_known"),
        CheckConstraint("(version = 1) = (corrects_id IS NULL)", name="correction_points_back"),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint(
            "(interpretation = 'NOT_JUDGED') = (not_judged_reason IS NOT NULL)",
            name="not_judged_says_why",
        ),
        CheckConstraint("value IS NULL OR value <> 'NaN'", name="value_is_number"),
        UniqueConstraint("root_id", "version"),
        Index(
            "ix_lab_results_patient",
            "patient_id",
            text("observed_at DESC"),
            text("id DESC"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_lab_results_patient_code",
            "patient_id",
            "code",
            text("observed_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_lab_results_patient_abnormal",
            "patient_id",
            text("observed_at DESC"),
            text("id DESC"),
            postgresql_where=text(
                "superseded_at IS NULL AND interpretation NOT IN ('NORMAL', 'NOT_JUDGED')"
            ),
        ),
        Index(
            "ix_lab_results_hospital",
            "hospital_id",
            text("observed_at DESC"),
            text("id DESC"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_lab_results_not_judged",
            "hospital_id",
            text("observed_at DESC"),
            text("id DESC"),
            postgresql_where=text("superseded_at IS NULL AND interpretation = 'NOT_JUDGED'"),
        ),
        Index(
            "uq_lab_results_external",
            "hospital_id",
            "sender",
            "external_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL AND external_id IS NOT NULL"),
        ),
        Index("uq_lab_results_corrects_id", "corrects_id", unique=True),
        Index(
            "ix_lab_results_critical_result_id",
            "critical_result_id",
            postgresql_where=text("critical_result_id IS NOT NULL"),
        ),
        Index(
            "ix_lab_results_ordered_by",
            "ordered_by",
            postgresql_where=text("ordered_by IS NOT NULL"),
        ),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    code: Mapped[str]
    display: Mapped[str]
    panel: Mapped[str | None]
    value: Mapped[Decimal | None]
    comparator: Mapped[str | None]
    text: Mapped[str | None]
    unit: Mapped[str | None]
    specimen: Mapped[str | None]
    canonical_value: Mapped[Decimal | None]
    canonical_unit: Mapped[str | None]
    reference_low: Mapped[Decimal | None]
    reference_high: Mapped[Decimal | None]
    sender_flag: Mapped[str | None]
    interpretation: Mapped[str]
    not_judged_reason: Mapped[str | None]
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("critical_rules.id"), index=True)
    applied_rules: Mapped[list[UUID] | None]
    status: Mapped[str]
    observed_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    unmapped: Mapped[bool] = mapped_column(server_default=false())
    arrived_late: Mapped[bool] = mapped_column(server_default=false())
    sender: Mapped[str]
    external_id: Mapped[str | None]
    root_id: Mapped[UUID] = mapped_column(ForeignKey("lab_results.id"))
    version: Mapped[int] = mapped_column(server_default="1")
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("lab_results.id"))
    superseded_at: Mapped[datetime | None]
    # The two tables point at each other: a result is written before the alert that it raises.
    critical_result_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("critical_results.id", deferrable=True, initially="DEFERRED", use_alter=True)
    )
    verdict: Mapped[str | None]
    ordered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
