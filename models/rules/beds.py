"""Beds: their status, the moves between them, and who may take one.

OCCUPIED is held by a stay and by nothing else: a bed becomes OCCUPIED by an admission or a
transfer and leaves it by a discharge or a transfer, never by hand. A reservation is not a status of
the bed (FHIR R4 Encounter.location.status): a reserved bed keeps the status it has.

Where a bed is not to be had, the refusal says what may become of it: the status that a hand may
set, or the event (DISCHARGED, RELEASED …) that has to come first.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from models.rules.isolations import CONTAMINATING, IsolationKind, missing
from models.rules.refusals import Refusal


class BedStatus(StrEnum):
    """Operational status. Source: HL7 v2 table 0116; MASKED is HL7 v3 NullFlavor MSK: there is a
    status, and it is not for the reader. No bed has it."""

    UNOCCUPIED = "UNOCCUPIED"
    OCCUPIED = "OCCUPIED"
    HOUSEKEEPING = "HOUSEKEEPING"
    CONTAMINATED = "CONTAMINATED"
    ISOLATED = "ISOLATED"
    CLOSED = "CLOSED"
    MASKED = "MASKED"


class BedChangeEventKind(StrEnum):
    """What a station hears about a bed."""

    ADMITTED = "ADMITTED"
    TRANSFERRED_IN = "TRANSFERRED_IN"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"
    DISCHARGED = "DISCHARGED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    STATUS_CHANGED = "STATUS_CHANGED"
    LEAVE_STARTED = "LEAVE_STARTED"
    LEAVE_ENDED = "LEAVE_ENDED"
    ADMISSION_CANCELLED = "ADMISSION_CANCELLED"
    TRANSFER_CANCELLED = "TRANSFER_CANCELLED"
    DISCHARGE_CANCELLED = "DISCHARGE_CANCELLED"
    ISOLATION_SET = "ISOLATION_SET"
    ISOLATION_ENDED = "ISOLATION_ENDED"
    EQUIPPED = "EQUIPPED"
    ADDED = "ADDED"
    CHANGED = "CHANGED"
    RETIRED = "RETIRED"
    WARD_ADDED = "WARD_ADDED"
    WARD_CHANGED = "WARD_CHANGED"
    WARD_RETIRED = "WARD_RETIRED"


STATUS_OF_0116: Mapping[str, BedStatus] = MappingProxyType(
    {
        "U": BedStatus.UNOCCUPIED,
        "O": BedStatus.OCCUPIED,
        "H": BedStatus.HOUSEKEEPING,
        "K": BedStatus.CONTAMINATED,
        "I": BedStatus.ISOLATED,
        "C": BedStatus.CLOSED,
    }
)
"""HL7 v2 table 0116, as in PV1-40 and NPU-2."""

UNCLEAN: frozenset[BedStatus] = frozenset({BedStatus.HOUSEKEEPING, BedStatus.CONTAMINATED})
"""The bed waits to be cleaned."""

READY: frozenset[BedStatus] = frozenset({BedStatus.UNOCCUPIED, BedStatus.ISOLATED})
"""The bed has been cleaned, for everybody or for whom it is reserved."""

UNAVAILABLE: frozenset[BedStatus] = frozenset(
    {BedStatus.HOUSEKEEPING, BedStatus.CONTAMINATED, BedStatus.ISOLATED, BedStatus.CLOSED}
)
"""Empty, and yet not to be given to just anybody."""

# By hand, on an empty bed. A contaminated bed is cleaned before anything else becomes of it, be it
# closed: whoever opens it again would not know. Every other move between the statuses of an empty
# bed is a person's to judge.
MOVES: Mapping[BedStatus, tuple[BedStatus, ...]] = MappingProxyType(
    {
        BedStatus.UNOCCUPIED: (
            BedStatus.HOUSEKEEPING,
            BedStatus.CONTAMINATED,
            BedStatus.ISOLATED,
            BedStatus.CLOSED,
        ),
        BedStatus.OCCUPIED: (),
        BedStatus.HOUSEKEEPING: (
            BedStatus.UNOCCUPIED,
            BedStatus.CONTAMINATED,
            BedStatus.ISOLATED,
            BedStatus.CLOSED,
        ),
        BedStatus.CONTAMINATED: (BedStatus.HOUSEKEEPING,),
        BedStatus.ISOLATED: (
            BedStatus.UNOCCUPIED,
            BedStatus.HOUSEKEEPING,
            BedStatus.CONTAMINATED,
            BedStatus.CLOSED,
        ),
        BedStatus.CLOSED: (
            BedStatus.UNOCCUPIED,
            BedStatus.HOUSEKEEPING,
            BedStatus.CONTAMINATED,
            BedStatus.ISOLATED,
        ),
        BedStatus.MASKED: (),
    }
)


FREEING = (BedChangeEventKind.DISCHARGED, BedChangeEventKind.TRANSFERRED_OUT)
"""What empties a bed in which somebody lies."""

_OF_ANOTHER = (BedChangeEventKind.RELEASED,)


def after_stay(isolated: Iterable[IsolationKind]) -> BedStatus:
    """What a bed becomes when its patient leaves it: by a discharge, by a transfer, or because
    either was never meant. `isolated`: of what kinds the patient was at any time in this bed."""
    if CONTAMINATING & frozenset(isolated):
        return BedStatus.CONTAMINATED
    return BedStatus.HOUSEKEEPING


def set_status(current: BedStatus, target: BedStatus, *, occupied: bool) -> Refusal | None:
    """Whether a person may set `target` on a bed; None: yes. `occupied`: a stay in it is current.

    The status a free bed already has is allowed, so that a command sent twice is no error.
    """
    if occupied:
        return Refusal("the bed is occupied: discharge or transfer the patient first", FREEING)
    moves = MOVES[current]
    if target is BedStatus.OCCUPIED:
        return Refusal("a bed becomes occupied by an admission or a transfer alone", moves)
    if target in moves or (target is current and target is not BedStatus.MASKED):
        return None
    return Refusal(f"a bed that is {current} does not become {target}", moves)


def take(
    status: BedStatus, *, occupied: bool, reserved: bool = False, reserved_for_patient: bool = False
) -> Refusal | None:
    """Whether a patient may be admitted or transferred into a bed; None: yes. `reserved`: somebody
    holds it; `reserved_for_patient`: this patient does.

    In table 0116 only U says that a bed may be taken. I stands beside it as a status of its own: an
    isolated bed is kept apart, and goes only to the patient for whom somebody reserved it by name.
    Every other status keeps everybody out, also who has reserved it: it is not clean, or closed.
    """
    if occupied or status is BedStatus.OCCUPIED:
        return Refusal("the bed is occupied", FREEING)
    if reserved and not reserved_for_patient:
        return Refusal("the bed is reserved for another patient", _OF_ANOTHER)
    if status is BedStatus.UNOCCUPIED:
        return None
    if status is BedStatus.ISOLATED and reserved_for_patient:
        return None
    moves = MOVES[status]
    if status is BedStatus.ISOLATED:
        instead = (BedChangeEventKind.RESERVED, *moves)
        return Refusal("the bed is isolated: reserve it for the patient first", instead)
    return Refusal(f"the bed is {status}: it must be UNOCCUPIED first", moves)


def fits(
    status: BedStatus, isolated: Iterable[IsolationKind], fit_for: Iterable[IsolationKind]
) -> Refusal | None:
    """Whether a bed is fit for what its patient is isolated for; None: yes. It may be taken all the
    same by somebody who says why. Who reserved a bed that is ISOLATED has judged that already."""
    if status is BedStatus.ISOLATED or not missing(isolated, fit_for):
        return None
    return Refusal("the bed is not fit for the isolation that the patient is under")


def take_back(
    status: BedStatus, *, occupied: bool, reserved: bool = False, reserved_for_patient: bool = False
) -> Refusal | None:
    """Whether a patient has the bed again that was left in error; None: yes.

    Since nobody has lain there, what waits to be cleaned is the patient's own bed.
    """
    if occupied or status is BedStatus.OCCUPIED:
        return Refusal("the bed of before is occupied", FREEING)
    if reserved and not reserved_for_patient:
        return Refusal("the bed of before is reserved for another patient", _OF_ANOTHER)
    if status is BedStatus.UNOCCUPIED or status in UNCLEAN:
        return None
    return Refusal(f"the bed of before is {status}", MOVES[status])


RESERVABLE: frozenset[BedStatus] = frozenset(
    {BedStatus.UNOCCUPIED, BedStatus.HOUSEKEEPING, BedStatus.ISOLATED}
)
"""A bed that is being cleaned can be promised; one that is taken, contaminated or closed cannot."""


def reserve(
    status: BedStatus, *, occupied: bool, reserved: bool = False, reserved_for_patient: bool = False
) -> Refusal | None:
    """Whether a bed may be reserved for a patient; None: yes (again for the same: a new term)."""
    if reserved and not reserved_for_patient:
        return Refusal("the bed is reserved for another patient", _OF_ANOTHER)
    if occupied or status is BedStatus.OCCUPIED:
        return Refusal("a bed that is OCCUPIED cannot be reserved", FREEING)
    if status not in RESERVABLE:
        return Refusal(f"a bed that is {status} cannot be reserved", MOVES[status])
    return None
