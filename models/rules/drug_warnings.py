"""What a warning against an order is: its kinds, and how bad it is."""

from dataclasses import dataclass
from enum import StrEnum


class WarningKind(StrEnum):
    ALLERGY_SUBSTANCE = "ALLERGY_SUBSTANCE"
    ALLERGY_CLASS = "ALLERGY_CLASS"
    ALLERGY_CROSS = "ALLERGY_CROSS"
    """Another class that is known to share reactions."""
    DUPLICATE_DRUG = "DUPLICATE_DRUG"
    DUPLICATE_CLASS = "DUPLICATE_CLASS"
    """Another drug of the same class runs already."""
    INTERACTION = "INTERACTION"


class WarningSeverity(StrEnum):
    """Source: FHIR R4 DetectedIssue.severity."""

    HIGH = "HIGH"
    MODERATE = "MODERATE"
    LOW = "LOW"


@dataclass(frozen=True, slots=True)
class DrugWarning:
    """`cause` is the allergy or the running order as it was written: patient data, for the eyes of
    who may read it. `message` names drugs and classes alone."""

    kind: WarningKind
    severity: WarningSeverity
    cause: str
    message: str
    source: str
