"""Admissions: their status."""

from enum import StrEnum


class AdmissionStatus(StrEnum):
    """Source: FHIR R4 Encounter.status (arrived is IN_PROGRESS here: a bed is held from then)."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    ON_LEAVE = "ON_LEAVE"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


class StayStatus(StrEnum):
    """Status of a stay in a bed. Source: FHIR R4 Encounter.location.status. A reservation is a
    status of the stay, not of the bed."""

    PLANNED = "PLANNED"
    RESERVED = "RESERVED"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
