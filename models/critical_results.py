"""Critical result and the steps of its loop: raised, escalated, read back, acknowledged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of
from models.rules.critical_results import (
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
)
from models.rules.escalation import Audience, Urgency


class CriticalResult(Identified, InHospital, Written, Base):
    """A critical result in the loop: OPEN → ACKNOWLEDGED or WITHDRAWN, and back to OPEN.

    `kind` says whether it speaks of a laboratory result (`lab_result_id`: the version that it
    speaks of now) or of a set of vital signs. `ward_id` is where it is heard (null: the patient
    lies in no bed). While OPEN, `next_escalation_at` is the clock; null: the chain is at its end.
    `urgency` chooses the chain, `chain_id` is the version of it by which the clock runs (null: the
    one that ships). `told_at` is null until the clock has looked who listens. `rule` is the verdict
    in words. ACKNOWLEDGED has who, when and the value read back.

    `repeat_key` is what a result must match to join it (null: none does any more); of a patient
    there is one of each. `sounded_at` is when it was raised, reopened or worsened last.
    """

    __tablename__ = "critical_results"
    __table_args__ = (
        one_of("kind", CriticalResultKind),
        one_of("status", CriticalResultStatus),
        one_of("urgency", Urgency),
        CheckConstraint(
            "(kind = 'LABORATORY') = (lab_result_id IS NOT NULL)"
            " AND (kind = 'DETERIORATION') = (vital_signs_id IS NOT NULL)",
            name="kind_names_its_finding",
        ),
        CheckConstraint(
            "(status = 'ACKNOWLEDGED') = (acknowledged_at IS NOT NULL)",
            name="acknowledged_says_when",
        ),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)"
            " AND (acknowledged_at IS NULL) = (read_back IS NULL)",
            name="acknowledged_says_who",
        ),
        CheckConstraint(
            "status = 'OPEN' OR next_escalation_at IS NULL", name="clock_runs_while_open"
        ),
        CheckConstraint("escalation_level >= 0", name="level_positive"),
        Index("uq_critical_results_lab_result_id", "lab_result_id", unique=True),
        Index("uq_critical_results_vital_signs_id", "vital_signs_id", unique=True),
        # One alert of a patient who deteriorates at a time: what comes meanwhile joins it.
        Index(
            "uq_critical_results_deterioration",
            "patient_id",
            unique=True,
            postgresql_where=text("kind = 'DETERIORATION' AND status = 'OPEN'"),
        ),
        Index(
            "uq_critical_results_repeat_key",
            "patient_id",
            "repeat_key",
            unique=True,
            postgresql_where=text("repeat_key IS NOT NULL"),
        ),
        Index("ix_critical_results_ward", "ward_id", text("raised_at DESC"), text("id DESC")),
        Index(
            "ix_critical_results_hospital", "hospital_id", text("raised_at DESC"), text("id DESC")
        ),
        Index("ix_critical_results_patient", "patient_id", "raised_at"),
        Index(
            "ix_critical_results_due",
            "next_escalation_at",
            postgresql_where=text("next_escalation_at IS NOT NULL"),
        ),
        Index(
            "ix_critical_results_untold",
            "hospital_id",
            "raised_at",
            postgresql_where=text("status = 'OPEN' AND told_at IS NULL"),
        ),
    )

    kind: Mapped[str] = mapped_column(server_default=CriticalResultKind.LABORATORY.value)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    ward_id: Mapped[UUID | None] = mapped_column(ForeignKey("wards.id"))
    lab_result_id: Mapped[UUID | None] = mapped_column(ForeignKey("lab_results.id"))
    vital_signs_id: Mapped[UUID | None] = mapped_column(ForeignKey("vital_signs.id"))
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("critical_rules.id"), index=True)
    rule: Mapped[str]
    status: Mapped[str]
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    read_back: Mapped[Decimal | None]
    withdrawn_at: Mapped[datetime | None]
    escalation_level: Mapped[int] = mapped_column(server_default=text("0"))
    next_escalation_at: Mapped[datetime | None]
    urgency: Mapped[str] = mapped_column(server_default=Urgency.CRITICAL.value)
    chain_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalation_chains.id"), index=True)
    told_at: Mapped[datetime | None]
    repeat_key: Mapped[str | None]
    sounded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CriticalResultStep(Identified, InHospital, Base):
    """A step of the loop as it happened; only ever added. The evidence behind every figure.

    `audience` is who is called by the step, `called` which users that were; of TOLD, whose stations
    had an open feed on the ward. `ward_id` is where it was heard then, and `rule` the verdict in
    words, also when the critical result has moved on since.
    """

    __tablename__ = "critical_result_steps"
    __table_args__ = (
        one_of("kind", CriticalResultStepKind),
        one_of("audience", Audience),
        UniqueConstraint("critical_result_id", "number"),
        Index(
            "ix_critical_result_steps_beginnings",
            "hospital_id",
            "occurred_at",
            postgresql_where=text("kind IN ('RAISED', 'REOPENED')"),
        ),
    )

    critical_result_id: Mapped[UUID] = mapped_column(ForeignKey("critical_results.id"))
    number: Mapped[int]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    lab_result_id: Mapped[UUID | None] = mapped_column(ForeignKey("lab_results.id"), index=True)
    vital_signs_id: Mapped[UUID | None] = mapped_column(ForeignKey("vital_signs.id"), index=True)
    ward_id: Mapped[UUID | None] = mapped_column(ForeignKey("wards.id"), index=True)
    rule: Mapped[str | None]
    audience: Mapped[str | None]
    called: Mapped[list[UUID]] = mapped_column(server_default=text("'{}'"))
    level: Mapped[int]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    read_back: Mapped[Decimal | None]
    note: Mapped[str | None]
