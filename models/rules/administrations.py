"""Administrations: what may be recorded on an order."""

from collections.abc import Mapping
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
