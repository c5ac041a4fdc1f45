"""Admissions: their status and what each may become."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from models.rules.refusals import Refusal


class AdmissionStatus(StrEnum):
    """Source: FHIR R4 Encounter.status (arrived is IN_PROGRESS here: a bed is held from then)."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    ON_LEAVE = "ON_LEAVE"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


CURRENT: frozenset[AdmissionStatus] = frozenset(
    {AdmissionStatus.IN_PROGRESS, AdmissionStatus.ON_LEAVE}
)
"""The patient is of this hospital now. A patient has at most one such admission."""

# Sources: FHIR R4 Encounter.status; the trigger events of HL7 v2 beside the moves.
MOVES: Mapping[AdmissionStatus, tuple[AdmissionStatus, ...]] = MappingProxyType(
    {
        AdmissionStatus.PLANNED: (
            AdmissionStatus.IN_PROGRESS,  # A01
            AdmissionStatus.CANCELLED,
        ),
        AdmissionStatus.IN_PROGRESS: (
            AdmissionStatus.ON_LEAVE,  # A21
            AdmissionStatus.FINISHED,  # A03
            AdmissionStatus.CANCELLED,  # A11
        ),
        AdmissionStatus.ON_LEAVE: (
            AdmissionStatus.IN_PROGRESS,  # A22
            AdmissionStatus.FINISHED,  # A03: did not come back
        ),
        AdmissionStatus.FINISHED: (AdmissionStatus.IN_PROGRESS,),  # A13 cancels the discharge
        AdmissionStatus.CANCELLED: (),
    }
)


def become(current: AdmissionStatus, target: AdmissionStatus) -> Refusal | None:
    """Whether an admission may go from `current` to `target`; None: yes."""
    moves = MOVES[current]
    if target in moves:
        return None
    return Refusal(f"an admission that is {current} does not become {target}", moves)


def transfer(status: AdmissionStatus) -> Refusal | None:
    """Whether the patient of an admission may change beds (A02); None: yes."""
    if status in CURRENT:
        return None
    return Refusal(f"an admission that is {status} holds no bed", MOVES[status])


def start_leave(status: AdmissionStatus) -> Refusal | None:
    """Whether the patient may go on leave (A21); None: yes. The bed stays the patient's."""
    return become(status, AdmissionStatus.ON_LEAVE)


def end_leave(status: AdmissionStatus) -> Refusal | None:
    """Whether the patient comes back from leave (A22); None: yes."""
    if status is AdmissionStatus.ON_LEAVE:
        return None
    return Refusal(f"an admission that is {status} is not on leave", MOVES[status])


def cancel_admission(status: AdmissionStatus, *, charted: bool) -> Refusal | None:
    """Whether an admission may be taken back as never meant (A11); None: yes. `charted`: somebody
    was cared for in it, so there was an admission, and what it needs is an end."""
    ruled_out = become(status, AdmissionStatus.CANCELLED)
    if ruled_out is None and charted:
        return Refusal(
            "the patient was cared for in this admission: discharge instead",
            tuple(move for move in MOVES[status] if move is not AdmissionStatus.CANCELLED),
        )
    return ruled_out


def cancel_discharge(status: AdmissionStatus) -> Refusal | None:
    """Whether a discharge may be taken back (A13); None: yes."""
    if status is AdmissionStatus.FINISHED:
        return None
    return Refusal(f"an admission that is {status} has no discharge to cancel", MOVES[status])


def in_time(written_at: datetime, now: datetime, within: timedelta) -> Refusal | None:
    """Whether what was written then may still be cancelled; None: yes. Later it is history, and
    others have acted on it."""
    if now - written_at <= within:
        return None
    hours = within / timedelta(hours=1)
    return Refusal(f"that is longer ago than {hours:g} hours, within which it can be cancelled")
