"""Retirements: when a bed or a ward may be taken out of service for good.

What is retired is in no list and takes no patient, and its history stays. `allowed` of these
refusals names mutations: what has to be done before.
"""

from models.rules.beds import BedStatus
from models.rules.refusals import Refusal


def retire_bed(status: BedStatus, *, occupied: bool, reserved: bool) -> Refusal | None:
    """Whether a bed may be retired; None: yes. A contaminated one is cleaned before anything else
    becomes of it: whoever brings it back would not know."""
    if occupied or status is BedStatus.OCCUPIED:
        return Refusal(
            "the bed is occupied: discharge or transfer the patient first",
            ("dischargePatient", "transferPatient"),
        )
    if reserved:
        return Refusal("the bed is reserved: release it first", ("releaseReservation",))
    if status is BedStatus.CONTAMINATED:
        return Refusal("the bed is CONTAMINATED: it is cleaned first", ("setBedStatus",))
    return None


def retire_ward(*, alerts: int) -> Refusal | None:
    """Whether a ward may be retired once each of its beds may; None: yes. `alerts`: the critical
    results that are open there: nobody else would hear of those."""
    if alerts:
        return Refusal(
            f"{alerts} critical results are open on the ward: acknowledge them first",
            ("acknowledgeCriticalResult",),
        )
    return None
