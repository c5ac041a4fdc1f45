"""Care teams: what a member is to the patient, and how long the relation lasts.

A treatment relation ("legitimate relationship" in NHS Connecting for Health's information
governance) is between a patient and either one person or the group of people who care for whoever
comes to them. The group here is a ward; the person is a member of the patient's care team (FHIR R4
CareTeam.participant, with a period).
"""

from datetime import datetime
from enum import StrEnum

from models.rules.refusals import Refusal


class CareTeamRole(StrEnum):
    """Source: HL7 v3 ParticipationType, as FHIR R4 Encounter.participant.type has it."""

    ATTENDER = "ATTENDER"
    """ATND: responsible for the patient during the stay."""
    CONSULTANT = "CONSULTANT"
    """CON: asked for advice."""
    PARTICIPANT = "PARTICIPANT"
    """PART: takes part in the care in another way."""


def end(ended_at: datetime | None, now: datetime) -> Refusal | None:
    """Whether a membership can be ended now; None: yes, also while its tail lasts."""
    if ended_at is not None and ended_at <= now:
        return Refusal("the membership has ended already")
    return None
