"""Administrations: what may be recorded on an order, and for which of its doses."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from models.rules.medications import MedicationStatus
from models.rules.refusals import Refusal


class AdministrationStatus(StrEnum):
    """Source: FHIR R4 MedicationAdministration.status, as far as a ward records it: completed is
    GIVEN, not-done is NOT_GIVEN."""

    GIVEN = "GIVEN"
    NOT_GIVEN = "NOT_GIVEN"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class DoseState(StrEnum):
    """Where a dose of an order stands."""

    DUE = "DUE"
    LATE = "LATE"
    """Nobody has recorded it, and models/rules/schedules.TOLERANCE has passed since it was due."""
    HELD = "HELD"
    """It fell due while the order was held."""
    GIVEN = "GIVEN"
    NOT_GIVEN = "NOT_GIVEN"


RECORDED = (AdministrationStatus.GIVEN, AdministrationStatus.NOT_GIVEN)
"""What settles a dose; one that was entered in error is free again."""


# A dose that was not given is also recorded while the order is held: that is why it was not. What
# was recorded by mistake can be taken back whatever became of the order since.
_RECORDABLE: Mapping[AdministrationStatus, frozenset[MedicationStatus]] = MappingProxyType(
    {
        AdministrationStatus.GIVEN: frozenset({MedicationStatus.ACTIVE}),
        AdministrationStatus.NOT_GIVEN: frozenset(
            {MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD}
        ),
        AdministrationStatus.ENTERED_IN_ERROR: frozenset(MedicationStatus)
        - {MedicationStatus.DRAFT},
    }
)


def administer(
    order: MedicationStatus, status: AdministrationStatus, reason: str | None
) -> Refusal | None:
    """Whether an administration with `status` may be recorded on an order; None: yes."""
    if order not in _RECORDABLE[status]:
        allowed = tuple(each for each in AdministrationStatus if order in _RECORDABLE[each])
        return Refusal(f"{status} cannot be recorded on an order that is {order}", allowed)
    if status is AdministrationStatus.NOT_GIVEN and not (reason or "").strip():
        return Refusal("a dose that was not given needs a reason", tuple(AdministrationStatus))
    return None


def take_back(status: AdministrationStatus) -> Refusal | None:
    """Whether an administration may be marked as entered in error; None: yes."""
    if status is AdministrationStatus.ENTERED_IN_ERROR:
        return Refusal("the administration was entered in error already")
    return None


def nearest(doses: Sequence[datetime], at: datetime, early: timedelta) -> datetime | None:
    """Of the doses that wait, the one that is meant by what was done at `at`: the nearest that was
    due by then, or is within `early`; of two as near, the earlier. None: none is."""
    waiting = [one for one in doses if one <= at + early]
    return min(waiting, key=lambda one: (abs(one - at), one), default=None)
