"""Emergency access ("break the glass"): until when it is open, who may end it, how it is judged.

Sources: HL7 v3 ActReason ETREAT and BTG (purpose of use); DICOM PS3.16 DCM 110127 and 110138,
Emergency Override Started and Stopped, as the examples of FHIR AuditEvent have them.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.rules.refusals import Refusal


class EmergencyAccessEventKind(StrEnum):
    """What a privacy officer hears."""

    OPENED = "OPENED"
    ENDED = "ENDED"
    REVIEWED = "REVIEWED"


class EmergencyAccessOutcome(StrEnum):
    """What a review found."""

    JUSTIFIED = "JUSTIFIED"
    NOT_JUSTIFIED = "NOT_JUSTIFIED"


def end(ended_at: datetime | None, expires_at: datetime, now: datetime) -> Refusal | None:
    """Whether an access can be ended by hand; None: yes."""
    if ended_at is not None or expires_at <= now:
        return Refusal("the emergency access has ended already")
    return None


def review(
    *, reviewed_at: datetime | None, opened_by: UUID, reviewer: UUID | None
) -> Refusal | None:
    """Whether an access can be reviewed by somebody; None: yes.

    Once, so that a finding is not written over; and by nobody who opened it.
    """
    if reviewed_at is not None:
        return Refusal("the emergency access has been reviewed already")
    if reviewer is None or reviewer == opened_by:
        return Refusal("nobody reviews their own emergency access")
    return None
