"""Medication order (FHIR MedicationRequest), its history, and the warnings against it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.drug_warnings import WarningKind, WarningSeverity
from models.rules.medications import MedicationStatus, OrderStepKind


class MedicationOrder(Identified, InHospital, Edited, Base):
    """An order. DRAFT → ACTIVE ⇄ ON_HOLD → COMPLETED or STOPPED; CANCELLED, ENTERED_IN_ERROR.

    STOPPED says when and why. `override_reason` is given where the order was placed in spite of a
    warning, which is kept in `warnings`. `route` is a code of HL7 v2 table 0162 where it is known,
    else what the sender wrote. `times` are the local times (HH:MM, hospital's zone) of the doses of
    a day, ours where `times_by_default`; none of an order as needed or without a frequency.
    `starts_at` may be to come (null: with the order), `ends_at` null is open; an ACTIVE order whose
    end has passed is completed by the clock (resolvers/medication_ends). `max_per_day` is the
    most doses in any 24 hours of an order as needed; null only where a sender did not say.
    """

    __tablename__ = "medication_orders"
    __table_args__ = (
        one_of("status", MedicationStatus),
        CheckConstraint("dose > 0", name="dose_positive"),
        CheckConstraint("dose IS NULL OR dose_unit IS NOT NULL", name="dose_has_unit"),
        CheckConstraint("status <> 'STOPPED' OR stopped_at IS NOT NULL", name="stopped_says_when"),
        CheckConstraint("max_per_day > 0", name="max_per_day_positive"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "ix_medication_orders_patient", "patient_id", text("ordered_at DESC"), text("id DESC")
        ),
        Index(
            "ix_medication_orders_active",
            "patient_id",
            text("ordered_at DESC"),
            text("id DESC"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_medication_orders_ending",
            "hospital_id",
            "ends_at",
            postgresql_where=text("status = 'ACTIVE' AND sender IS NULL AND ends_at IS NOT NULL"),
        ),
        UniqueConstraint("hospital_id", "sender", "external_id"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    drug: Mapped[str]
    code: Mapped[str | None]
    dose: Mapped[Decimal | None]
    dose_unit: Mapped[str | None]
    route: Mapped[str | None]
    frequency: Mapped[str | None]
    as_needed: Mapped[bool] = mapped_column(server_default=text("false"))
    as_needed_reason: Mapped[str | None]
    max_per_day: Mapped[int | None]
    times: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    times_by_default: Mapped[bool] = mapped_column(server_default=text("false"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    status: Mapped[str]
    ordered_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None]
    hold_reason: Mapped[str | None]
    override_reason: Mapped[str | None]
    warnings: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    sender: Mapped[str | None]
    external_id: Mapped[str | None]


class MedicationOrderStep(Identified, InHospital, Base):
    """What happened to an order, who did it, when and why; only ever added.

    `status` is the order's after it. `user_id` is null where the system did it or nobody knows.
    IMPORTED: the sender's word on the order's status.
    """

    __tablename__ = "medication_order_steps"
    __table_args__ = (
        one_of("kind", OrderStepKind),
        one_of("status", MedicationStatus),
        Index(
            "ix_medication_order_steps_order",
            "medication_order_id",
            text("occurred_at DESC"),
            text("id DESC"),
        ),
    )

    medication_order_id: Mapped[UUID] = mapped_column(ForeignKey("medication_orders.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[str | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)


class MedicationWarning(Identified, InHospital, Base):
    """A warning against an order, with what caused it: an allergy, or another order that runs.

    Found when the order is placed, or later, when the cause comes up; `resolved_at` says that the
    cause or the order is over. Overridden says who took responsibility, when and why. Nobody has
    written it, so that who reads what they wrote alone does not read it.
    """

    __tablename__ = "medication_warnings"
    __table_args__ = (
        one_of("kind", WarningKind),
        one_of("severity", WarningSeverity),
        CheckConstraint("(allergy_id IS NULL) <> (other_order_id IS NULL)", name="one_cause"),
        CheckConstraint(
            "(overridden_at IS NULL) = (override_reason IS NULL)", name="overridden_says_why"
        ),
    )

    medication_order_id: Mapped[UUID] = mapped_column(
        ForeignKey("medication_orders.id"), index=True
    )
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    kind: Mapped[str]
    severity: Mapped[str]
    message: Mapped[str]
    source: Mapped[str]
    allergy_id: Mapped[UUID | None] = mapped_column(ForeignKey("allergies.id"), index=True)
    other_order_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("medication_orders.id"), index=True
    )
    found_at: Mapped[datetime]
    overridden_at: Mapped[datetime | None]
    overridden_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    override_reason: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
