"""Alerts: critical results as they stand while a mutation works on them, and what they speak of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from models.rules.critical_results import CriticalResultKind, CriticalResultStatus
from models.rules.escalation import Urgency


@dataclass(slots=True, kw_only=True)
class Alert:
    """A critical result as it stands inside the transaction; its row is locked, or new."""

    id: UUID
    patient_id: UUID
    ward_id: UUID | None
    lab_result_id: UUID | None
    vital_signs_id: UUID | None = None
    kind: CriticalResultKind = CriticalResultKind.LABORATORY
    rule_id: UUID | None
    rule: str
    status: CriticalResultStatus = CriticalResultStatus.OPEN
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: UUID | None = None
    read_back: Decimal | None = None
    withdrawn_at: datetime | None = None
    escalation_level: int = 0
    next_escalation_at: datetime | None = None
    urgency: Urgency = Urgency.CRITICAL
    chain_id: UUID | None = None
    told_at: datetime | None = None
    repeat_key: str | None = None
    sounded_at: datetime

    @classmethod
    def of(cls, row: asyncpg.Record) -> Alert:
        """The alert of a row of `critical_results`."""
        found = {name: row[name] for name in STATE}
        words = {
            "kind": CriticalResultKind(row["kind"]),
            "status": CriticalResultStatus(row["status"]),
            "urgency": Urgency(row["urgency"]),
        }
        return cls(**found | words)


STATE = tuple(field.name for field in fields(Alert))
"""The columns of `critical_results` that an alert bears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a version of a laboratory result, or a set of vital signs, says, as far as its alert is
    concerned: exactly one of the two is named."""

    lab_result_id: UUID | None = None
    vital_signs_id: UUID | None = None
    urgency: Urgency = Urgency.CRITICAL
    patient_id: UUID
    rule_id: UUID | None
    rule: str
    ward_id: UUID | None
    """Of the bed in which the patient lies now."""
    repeat_key: str | None = None
    """What another must match to join it; None: none does."""
