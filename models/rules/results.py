"""Laboratory results: what a value means, where a result stands, and the panels."""

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


CBC: tuple[str, ...] = (
    "6690-2",  # leucocytes
    "789-8",  # erythrocytes
    "718-7",  # haemoglobin
    "4544-3",  # haematocrit
    "787-2",  # MCV
    "785-6",  # MCH
    "786-4",  # MCHC
    "788-0",  # RDW
    "777-3",  # platelets
    "32623-1",  # MPV
)
DIFFERENTIAL: tuple[tuple[str, str], ...] = (
    ("751-8", "770-8"),  # neutrophils, absolute and per cent
    ("731-0", "736-9"),  # lymphocytes
    ("742-7", "5905-5"),  # monocytes
    ("711-2", "713-8"),  # eosinophils
    ("704-7", "706-2"),  # basophils
)
CMP: tuple[str, ...] = (
    "2345-7",  # glucose
    "3094-0",  # urea nitrogen
    "2160-0",  # creatinine
    "2951-2",  # sodium
    "2823-3",  # potassium
    "2075-0",  # chloride
    "2028-9",  # carbon dioxide
    "17861-6",  # calcium
    "2885-2",  # protein
    "1751-7",  # albumin
    "1975-2",  # bilirubin, total
    "6768-6",  # alkaline phosphatase
    "1742-6",  # ALT
    "1920-8",  # AST
)
PANELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "58410-2": CBC,
        "57021-8": (*CBC, *(code for pair in DIFFERENTIAL for code in pair)),
        "24323-8": CMP,
    }
)
"""Members of a panel by its LOINC code: CBC, CBC with differential, CMP. Source: LOINC panels, as
the hospital's clinical table gives them."""
