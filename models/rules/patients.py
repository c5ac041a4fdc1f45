"""Enums of the patient and the allergy."""

from enum import StrEnum


class Sex(StrEnum):
    """Administrative sex. Source: FHIR R4 administrative-gender."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class Criticality(StrEnum):
    """How bad the next reaction could be. Source: FHIR R4 allergy-intolerance-criticality."""

    LOW = "LOW"
    HIGH = "HIGH"
    UNABLE_TO_ASSESS = "UNABLE_TO_ASSESS"
