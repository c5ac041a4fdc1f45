"""Allergies: how bad the next reaction could be."""

from enum import StrEnum


class Criticality(StrEnum):
    """Source: FHIR R4 allergy-intolerance-criticality."""

    LOW = "LOW"
    HIGH = "HIGH"
    UNABLE_TO_ASSESS = "UNABLE_TO_ASSESS"
