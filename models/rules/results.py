"""Laboratory results: what a value means, where a result stands, and the panels."""

from collections.abc import Iterable, Mapping
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
        "HU": Interpretation.HIGH,
        "LU": Interpretation.LOW,
    }
)
"""OBX-8 / HL7 v3 ObservationInterpretation: the codes that say how far from normal a value is."""

SENDER_FLAGS: tuple[str, ...] = (
    *INTERPRETATION_OF_FLAG,
    "<", ">", "B", "D", "DET", "E", "EX", "EXP", "HX", "I", "IE", "IND", "LX", "NCL", "ND", "NEG",
    "NR", "NS", "POS", "R", "RR", "S", "SDD", "SYN-R", "SYN-S", "U", "UNE", "W", "WR",
)  # fmt: skip
"""The codes of HL7 v3 ObservationInterpretation that FHIR R4 lists. Those that are not in the table
above are kept, and say nothing of a value to us."""

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


class NotJudged(StrEnum):
    """Why a result is NOT_JUDGED."""

    UNIT = "unit"
    """The unit is missing, unknown, or not convertible to the rule's."""
    TEXT = "text"
    """There is no number to judge."""
    COMPARATOR = "comparator"
    """`<0.5` or `>20` leaves both answers open."""
    VALUE = "value"
    """The number is not finite, or beyond anything that can be measured."""
    NO_RULE = "no rule"
    """No rule, no reference range, no flag of the sender."""


CRITICAL: frozenset[Interpretation] = frozenset(
    {
        Interpretation.CRITICAL_LOW,
        Interpretation.CRITICAL_HIGH,
        Interpretation.CRITICAL_ABNORMAL,
    }
)


def gravest(flags: Iterable[str | None]) -> str | None:
    """Of several flags of one result the one that counts: the first that is critical, else the
    first."""
    given = [flag for flag in flags if flag]
    critical = (flag for flag in given if INTERPRETATION_OF_FLAG.get(flag.upper()) in CRITICAL)
    return next(critical, next(iter(given), None))
