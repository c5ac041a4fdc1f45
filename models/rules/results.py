"""Enums of laboratory results, with their HL7 codes."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Interpretation(StrEnum):
    """What a value means. NOT_JUDGED is never silent: the verdict carries the reason."""

    NORMAL = "NORMAL"
    LOW = "LOW"
    HIGH = "HIGH"
    CRITICAL_LOW = "CRITICAL_LOW"
    CRITICAL_HIGH = "CRITICAL_HIGH"
    ABNORMAL = "ABNORMAL"
    CRITICAL_ABNORMAL = "CRITICAL_ABNORMAL"
    NOT_JUDGED = "NOT_JUDGED"


class ResultStatus(StrEnum):
    """Where a result stands."""

    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    CORRECTED = "CORRECTED"
    CANCELLED = "CANCELLED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class IngestOutcome(StrEnum):
    """What became of one result of a batch."""

    CREATED = "CREATED"
    DUPLICATE = "DUPLICATE"
    CORRECTED = "CORRECTED"
    REJECTED = "REJECTED"


INTERPRETATION_OF_FLAG: Mapping[str, Interpretation] = MappingProxyType(
    {
        "N": Interpretation.NORMAL,
        "L": Interpretation.LOW,
        "H": Interpretation.HIGH,
        "LL": Interpretation.CRITICAL_LOW,
        "HH": Interpretation.CRITICAL_HIGH,
        "A": Interpretation.ABNORMAL,
        "AA": Interpretation.CRITICAL_ABNORMAL,
    }
)
"""OBX-8 / HL7 v3 ObservationInterpretation."""

STATUS_OF_OBX11: Mapping[str, ResultStatus] = MappingProxyType(
    {
        "P": ResultStatus.PRELIMINARY,
        "F": ResultStatus.FINAL,
        "C": ResultStatus.CORRECTED,
        "X": ResultStatus.CANCELLED,
        "W": ResultStatus.ENTERED_IN_ERROR,
    }
)
"""OBX-11, HL7 v2 table 0085: W is a result posted in error (wrong patient)."""

CRITICAL: frozenset[Interpretation] = frozenset(
    {
        Interpretation.CRITICAL_LOW,
        Interpretation.CRITICAL_HIGH,
        Interpretation.CRITICAL_ABNORMAL,
    }
)
