"""Every event that a station may need to hear, and the log that holds them.

Grammar: the noun of a table, then what happened to it in the past participle; the command that
caused it is the same phrase in the imperative (acknowledge_critical_result gives
CriticalResultAcknowledged). An event carries ids, never findings: whoever hears it reads the state
with their own rights.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Feed(enum.StrEnum):
    """The live feeds; each event is heard on one."""

    CRITICAL_RESULTS = "CRITICAL_RESULTS"
    BED_CHANGES = "BED_CHANGES"
    VITAL_SIGNS = "VITAL_SIGNS"
    CHART_CHANGES = "CHART_CHANGES"
    EMERGENCY_ACCESSES = "EMERGENCY_ACCESSES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened. `subject_id` is the row it happened to (a critical result, a bed, a set).

    Every write to a chart leaves an event with its `patient_id`, and every write to a bed or to its
    reservation one with its `ward_id`: by these an answer that somebody still holds is known to be
    the answer of now (resolvers/reading/freshness.py).
    """

    feed: ClassVar[Feed]
    label: ClassVar[str]

    subject_id: UUID
    ward_id: UUID | None
    patient_id: UUID | None


class CriticalResultEvent(Event):
    """Subject: `critical_results.id`."""

    __slots__ = ()
    feed = Feed.CRITICAL_RESULTS


class CriticalResultRaised(CriticalResultEvent):
    __slots__ = ()
    label = "RAISED"


class CriticalResultRepeated(CriticalResultEvent):
    """Another result, not worse: makes no sound."""

    __slots__ = ()
    label = "REPEATED"


class CriticalResultWorsened(CriticalResultEvent):
    __slots__ = ()
    label = "WORSENED"


class CriticalResultMoved(CriticalResultEvent):
    """Told to the ward that the patient has left, and to the one where they lie now."""

    __slots__ = ()
    label = "MOVED"


class CriticalResultEscalated(CriticalResultEvent):
    __slots__ = ()
    label = "ESCALATED"


class CriticalResultReadBackRefused(CriticalResultEvent):
    __slots__ = ()
    label = "READ_BACK_REFUSED"


class CriticalResultAcknowledged(CriticalResultEvent):
    __slots__ = ()
    label = "ACKNOWLEDGED"


class CriticalResultReopened(CriticalResultEvent):
    __slots__ = ()
    label = "REOPENED"


class CriticalResultWithdrawn(CriticalResultEvent):
    __slots__ = ()
    label = "WITHDRAWN"


class CriticalResultBreached(CriticalResultEvent):
    __slots__ = ()
    label = "BREACHED"


class BedEvent(Event):
    """Subject: `beds.id`."""

    __slots__ = ()
    feed = Feed.BED_CHANGES


class PatientAdmitted(BedEvent):
    __slots__ = ()
    label = "ADMITTED"


class PatientTransferredIn(BedEvent):
    __slots__ = ()
    label = "TRANSFERRED_IN"


class PatientTransferredOut(BedEvent):
    __slots__ = ()
    label = "TRANSFERRED_OUT"


class PatientDischarged(BedEvent):
    __slots__ = ()
    label = "DISCHARGED"


class BedReserved(BedEvent):
    __slots__ = ()
    label = "RESERVED"


class BedReleased(BedEvent):
    __slots__ = ()
    label = "RELEASED"


class BedStatusSet(BedEvent):
    __slots__ = ()
    label = "STATUS_CHANGED"


class LeaveStarted(BedEvent):
    __slots__ = ()
    label = "LEAVE_STARTED"


class LeaveEnded(BedEvent):
    __slots__ = ()
    label = "LEAVE_ENDED"


class AdmissionCancelled(BedEvent):
    __slots__ = ()
    label = "ADMISSION_CANCELLED"


class TransferCancelled(BedEvent):
    """Told of both beds: that of the transfer, and that of before."""

    __slots__ = ()
    label = "TRANSFER_CANCELLED"


class DischargeCancelled(BedEvent):
    __slots__ = ()
    label = "DISCHARGE_CANCELLED"


class IsolationSet(BedEvent):
    """The patient in the bed is isolated from now on, or for another reason or time."""

    __slots__ = ()
    label = "ISOLATION_SET"


class IsolationEnded(BedEvent):
    __slots__ = ()
    label = "ISOLATION_ENDED"


class BedEquipped(BedEvent):
    """The bed is fit for other kinds of isolation than before."""

    __slots__ = ()
    label = "EQUIPPED"


class BedAdded(BedEvent):
    """The bed is new on its ward, or there again."""

    __slots__ = ()
    label = "ADDED"


class BedChanged(BedEvent):
    """The bed has another code."""

    __slots__ = ()
    label = "CHANGED"


class BedRetired(BedEvent):
    """The bed is in no list any more."""

    __slots__ = ()
    label = "RETIRED"


class WardEvent(Event):
    """Subject: `wards.id`. It is heard with the beds."""

    __slots__ = ()
    feed = Feed.BED_CHANGES


class WardAdded(WardEvent):
    __slots__ = ()
    label = "WARD_ADDED"


class WardChanged(WardEvent):
    """The ward has another name, or somebody in the hospital has."""

    __slots__ = ()
    label = "WARD_CHANGED"


class WardRetired(WardEvent):
    __slots__ = ()
    label = "WARD_RETIRED"


class VitalsRecorded(Event):
    """Subject: `vital_signs.id`."""

    __slots__ = ()
    feed = Feed.VITAL_SIGNS
    label = "RECORDED"


class VitalsMarkedEnteredInError(Event):
    """Subject: `vital_signs.id`, which stays and counts for nothing any more."""

    __slots__ = ()
    feed = Feed.VITAL_SIGNS
    label = "ENTERED_IN_ERROR"


class PatientCharted(Event):
    """Subject: `patients.id`. Something was written into the chart that no other feed tells of to
    everybody who may read it: a result, an order, a dose, an allergy, a stay, a name. One for all
    that a transaction writes (resolvers/transaction.py).

    The ward is given with the position: that in which the patient lies at this place in the log
    (migration 0025)."""

    __slots__ = ()
    feed = Feed.CHART_CHANGES
    label = "CHARTED"


class EmergencyAccessEvent(Event):
    """Subject: `emergency_accesses.id`."""

    __slots__ = ()
    feed = Feed.EMERGENCY_ACCESSES


class GlassBroken(EmergencyAccessEvent):
    __slots__ = ()
    label = "OPENED"


class EmergencyAccessEnded(EmergencyAccessEvent):
    __slots__ = ()
    label = "ENDED"


class EmergencyAccessReviewed(EmergencyAccessEvent):
    __slots__ = ()
    label = "REVIEWED"


EVENTS: dict[str, type[Event]] = {
    event.__name__: event
    for event in (
        CriticalResultRaised,
        CriticalResultRepeated,
        CriticalResultWorsened,
        CriticalResultMoved,
        CriticalResultEscalated,
        CriticalResultReadBackRefused,
        CriticalResultAcknowledged,
        CriticalResultReopened,
        CriticalResultWithdrawn,
        CriticalResultBreached,
        PatientAdmitted,
        PatientTransferredIn,
        PatientTransferredOut,
        PatientDischarged,
        BedReserved,
        BedReleased,
        BedStatusSet,
        LeaveStarted,
        LeaveEnded,
        AdmissionCancelled,
        TransferCancelled,
        DischargeCancelled,
        IsolationSet,
        IsolationEnded,
        BedEquipped,
        BedAdded,
        BedChanged,
        BedRetired,
        WardAdded,
        WardChanged,
        WardRetired,
        VitalsRecorded,
        VitalsMarkedEnteredInError,
        PatientCharted,
        GlassBroken,
        EmergencyAccessEnded,
        EmergencyAccessReviewed,
    )
}


class EventCounter(Base):
    """The last position given in a hospital's log, and the epoch in which positions count.

    The row is taken at COMMIT (a deferred constraint trigger, first migration), so positions are
    gap-free and in commit order. A restore from backup changes the epoch.
    """

    __tablename__ = "event_counters"

    hospital_id: Mapped[UUID] = mapped_column(ForeignKey("hospitals.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    epoch: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))


class LoggedEvent(Base):
    """A row of the log. `position` is null inside the transaction and given at its COMMIT."""

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "uq_events_position",
            "hospital_id",
            "position",
            unique=True,
            postgresql_where=text("position IS NOT NULL"),
        ),
        Index("ix_events_pending", "hospital_id", "id", postgresql_where=text("position IS NULL")),
        Index(
            "ix_events_ward", "ward_id", "position", postgresql_where=text("position IS NOT NULL")
        ),
        Index(
            "ix_events_patient",
            "patient_id",
            "position",
            postgresql_where=text("position IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    hospital_id: Mapped[UUID] = mapped_column(ForeignKey("hospitals.id"))
    position: Mapped[int | None] = mapped_column(BigInteger)
    ward_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    occurred_at: Mapped[datetime]
