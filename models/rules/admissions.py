"""Admissions: their status and what each may become."""

from collections.abc import Mapping
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
            AdmissionStatus.ON_LEAVE,
            AdmissionStatus.FINISHED,  # A03
            AdmissionStatus.CANCELLED,  # A11
        ),
        AdmissionStatus.ON_LEAVE: (
            AdmissionStatus.IN_PROGRESS,
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
