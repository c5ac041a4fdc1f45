"""Medication orders and administrations: their status and what each allows."""

import itertools
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from math import ceil
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

RUNNING = frozenset({MedicationStatus.DRAFT, MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD})
"""The orders that a new one is held against: what is given, and what may be again."""

DEFAULT_TIMES: Mapping[Frequency, tuple[str, ...]] = MappingProxyType(
    {
        Frequency.QD: ("08:00",),
        Frequency.BID: ("08:00", "20:00"),
        Frequency.TID: ("08:00", "14:00", "20:00"),
        Frequency.QID: ("08:00", "12:00", "16:00", "20:00"),
        Frequency.QOD: ("08:00",),
        Frequency.Q4H: ("00:00", "04:00", "08:00", "12:00", "16:00", "20:00"),
        Frequency.Q6H: ("00:00", "06:00", "12:00", "18:00"),
        Frequency.Q8H: ("06:00", "14:00", "22:00"),
    }
)
"""Local times of the doses of a day where the order names none. No standard has them: these are
ours, and an order says where they are (`times_by_default`)."""

HOURS_BETWEEN: Mapping[Frequency, int] = MappingProxyType(
    {Frequency.Q4H: 4, Frequency.Q6H: 6, Frequency.Q8H: 8}
)
"""The frequencies that mean equal intervals, also at night."""

MOST_PER_DAY = 96
"""The most doses that an order as needed may allow in 24 hours: one in a quarter of an hour."""

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


def discontinue(current: MedicationStatus, *, begun: bool = True) -> MedicationStatus | Refusal:
    """What discontinuing makes of an order, or why it cannot be discontinued. `begun`: its start
    has come, so that a dose of it may have been given."""
    if current is MedicationStatus.ACTIVE and not begun:
        return MedicationStatus.CANCELLED
    return _DISCONTINUED.get(current) or Refusal(
        f"an order that is {current} is not running", MOVES[current]
    )


def start(current: MedicationStatus, *, begun: bool) -> Refusal | None:
    """Whether an order may be started now: a draft, or one that is to begin later. None: yes."""
    if current is MedicationStatus.DRAFT or (current is MedicationStatus.ACTIVE and not begun):
        return None
    return Refusal(f"an order that is {current} is not waiting to start", MOVES[current])


def resume(current: MedicationStatus) -> Refusal | None:
    """Whether an order may be resumed; None: yes."""
    if current is MedicationStatus.ON_HOLD:
        return None
    return Refusal(f"an order that is {current} is not held", MOVES[current])


def as_needed(*, needed: bool, reason: str | None) -> Refusal | None:
    """As needed says for what; a reason without it would be read by nobody. None: allowed."""
    given = bool((reason or "").strip())
    if needed and not given:
        return Refusal("an order as needed says for what")
    if given and not needed:
        return Refusal("a reason for as needed stands on an order as needed alone")
    return None


def most_per_day(
    *, needed: bool, most: int | None, often: Frequency | None = None
) -> int | Refusal | None:
    """How often an order as needed may be given in 24 hours: what it says, else what its frequency
    comes to, of QOD one. None: it is not as needed, and has no such limit."""
    if most is not None and not needed:
        return Refusal("a maximum a day stands on an order as needed alone")
    if not needed:
        return None
    if most is None and often is None:
        return Refusal("an order as needed says how many doses a day at most, or how often")
    if most is None and often is not None:
        return ceil(DOSES_A_DAY[often])
    if most is not None and not 1 <= most <= MOST_PER_DAY:
        return Refusal("the maximum a day is out of range")
    return most


_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def times(
    often: Frequency | None, chosen: Iterable[str], *, needed: bool
) -> tuple[str, ...] | Refusal:
    """The local times (HH:MM) of the doses of a day, in order: those chosen, else ours.

    An order as needed has none, nor has one without a frequency. There are as many as the frequency
    has doses a day (of QOD one: on its days), and those of Q4H, Q6H and Q8H lie equally far apart.
    """
    found = tuple(sorted(set(chosen)))
    if needed or often is None:
        if found:
            return Refusal("times stand on an order with a frequency that is not as needed")
        return ()
    if not found:
        return DEFAULT_TIMES[often]
    if not all(_TIME.fullmatch(one) for one in found):
        return Refusal("a time is HH:MM from 00:00 to 23:59")
    wanted = len(DEFAULT_TIMES[often])
    if len(found) != wanted:
        return Refusal(f"{often} has {wanted} different times a day")
    between = HOURS_BETWEEN.get(often)
    if between is not None:
        minutes = [int(one[:2]) * 60 + int(one[3:]) for one in found]
        if any(b - a != between * 60 for a, b in itertools.pairwise(minutes)):
            return Refusal(f"the times of {often} lie {between} hours apart")
    return found


def frequency(text: str) -> Frequency | Refusal:
    """The frequency a client wrote, in any case and with or without points (`b.i.d.`)."""
    plain = text.strip().replace(".", "").replace(" ", "").upper()
    if plain in Frequency.__members__:
        return Frequency[plain]
    if plain == "PRN":
        return Refusal("as needed stands beside the frequency: set asNeeded", tuple(Frequency))
    return Refusal("not a frequency", tuple(Frequency))
