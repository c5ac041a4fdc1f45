"""Medication orders and administrations: their status and what each allows."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from models.rules.refusals import Refusal


class MedicationStatus(StrEnum):
    """Source: FHIR R4 MedicationRequest.status."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    CANCELLED = "CANCELLED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class OrderStepKind(StrEnum):
    """What happens to an order."""

    ORDERED = "ORDERED"
    STARTED = "STARTED"
    HELD = "HELD"
    RESUMED = "RESUMED"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"
    OVERRIDDEN = "OVERRIDDEN"
    """A warning was overridden, with the reason."""
    IMPORTED = "IMPORTED"
    """The sender of the order says what it is now."""


class Frequency(StrEnum):
    """How often. As needed (PRN) stands beside the frequency and is not one of them. Source: the
    hospital's clinical table."""

    QD = "QD"
    BID = "BID"
    TID = "TID"
    QID = "QID"
    QOD = "QOD"
    Q4H = "Q4H"
    Q6H = "Q6H"
    Q8H = "Q8H"


DOSES_A_DAY: Mapping[Frequency, Decimal] = MappingProxyType(
    {
        Frequency.QD: Decimal(1),
        Frequency.BID: Decimal(2),
        Frequency.TID: Decimal(3),
        Frequency.QID: Decimal(4),
        Frequency.QOD: Decimal("0.5"),
        Frequency.Q4H: Decimal(6),
        Frequency.Q6H: Decimal(4),
        Frequency.Q8H: Decimal(3),
    }
)

# Source: FHIR R4 MedicationRequest.status and the definitions of its codes.
MOVES: Mapping[MedicationStatus, tuple[MedicationStatus, ...]] = MappingProxyType(
    {
        MedicationStatus.DRAFT: (
            MedicationStatus.ACTIVE,
            MedicationStatus.CANCELLED,
            MedicationStatus.ENTERED_IN_ERROR,
        ),
        MedicationStatus.ACTIVE: (
            MedicationStatus.ON_HOLD,
            MedicationStatus.COMPLETED,
            MedicationStatus.STOPPED,
            MedicationStatus.CANCELLED,
            MedicationStatus.ENTERED_IN_ERROR,
        ),
        MedicationStatus.ON_HOLD: (
            MedicationStatus.ACTIVE,
            MedicationStatus.STOPPED,
            MedicationStatus.CANCELLED,
            MedicationStatus.ENTERED_IN_ERROR,
        ),
        MedicationStatus.COMPLETED: (MedicationStatus.ENTERED_IN_ERROR,),
        MedicationStatus.STOPPED: (MedicationStatus.ENTERED_IN_ERROR,),
        MedicationStatus.CANCELLED: (MedicationStatus.ENTERED_IN_ERROR,),
        MedicationStatus.ENTERED_IN_ERROR: (),
    }
)

# FHIR: "stopped" ends what may have been given, "cancelled" withdraws what never was.
_DISCONTINUED: Mapping[MedicationStatus, MedicationStatus] = MappingProxyType(
    {
        MedicationStatus.ACTIVE: MedicationStatus.STOPPED,
        MedicationStatus.ON_HOLD: MedicationStatus.STOPPED,
        MedicationStatus.DRAFT: MedicationStatus.CANCELLED,
    }
)


def become(current: MedicationStatus, target: MedicationStatus) -> Refusal | None:
    """Whether an order may go from `current` to `target`; None: yes."""
    moves = MOVES[current]
    if target in moves:
        return None
    return Refusal(f"an order that is {current} does not become {target}", moves)


def discontinue(current: MedicationStatus) -> MedicationStatus | Refusal:
    """What discontinuing makes of an order, or why it cannot be discontinued."""
    return _DISCONTINUED.get(current) or Refusal(
        f"an order that is {current} is not running", MOVES[current]
    )


def as_needed(*, needed: bool, reason: str | None) -> Refusal | None:
    """As needed says for what; a reason without it would be read by nobody. None: allowed."""
    given = bool((reason or "").strip())
    if needed and not given:
        return Refusal("an order as needed says for what")
    if given and not needed:
        return Refusal("a reason for as needed stands on an order as needed alone")
    return None


def frequency(text: str) -> Frequency | Refusal:
    """The frequency a client wrote, in any case and with or without points (`b.i.d.`)."""
    plain = text.strip().replace(".", "").replace(" ", "").upper()
    if plain in Frequency.__members__:
        return Frequency[plain]
    if plain == "PRN":
        return Refusal("as needed stands beside the frequency: set asNeeded", tuple(Frequency))
    return Refusal("not a frequency", tuple(Frequency))
