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
    """`message` names drugs and classes: that of an allergy is patient data, for the eyes of who
    may read it. `source` says who says so."""

    kind: WarningKind
    severity: WarningSeverity
    message: str
    source: str
