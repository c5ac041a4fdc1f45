"""Medication orders and administrations: their status."""

from enum import StrEnum


class MedicationStatus(StrEnum):
    """Source: FHIR R4 MedicationRequest.status."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    CANCELLED = "CANCELLED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class AdministrationStatus(StrEnum):
    """Source: FHIR R4 MedicationAdministration.status, as far as a ward records it: completed is
    GIVEN, not-done is NOT_GIVEN."""

    GIVEN = "GIVEN"
    NOT_GIVEN = "NOT_GIVEN"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class Frequency(StrEnum):
    """How often. As needed (PRN) stands beside the frequency and is not one of them."""

    QD = "QD"
    BID = "BID"
    TID = "TID"
    QID = "QID"
    QOD = "QOD"
    Q4H = "Q4H"
    Q6H = "Q6H"
    Q8H = "Q8H"
