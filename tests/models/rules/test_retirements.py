"""What may be retired: never what is in use, and what has to be done first is said."""

from __future__ import annotations

import itertools

import pytest

from models.rules.beds import BedStatus
from models.rules.retirements import retire_bed, retire_ward

REAL = [one for one in BedStatus if one is not BedStatus.MASKED]
FREE = [BedStatus.UNOCCUPIED, BedStatus.HOUSEKEEPING, BedStatus.ISOLATED, BedStatus.CLOSED]


@pytest.mark.parametrize(
    ("status", "occupied", "reserved"),
    [*itertools.product(REAL, (False, True), (False, True))],
)
def test_a_bed_in_use_is_never_retired(status: BedStatus, occupied: bool, reserved: bool) -> None:
    refused = retire_bed(status, occupied=occupied, reserved=reserved)
    assert (refused is None) is (status in FREE and not occupied and not reserved)
    if refused is not None:
        assert refused.allowed, "something can be done about it"


def test_a_ward_is_not_retired_over_an_open_critical_result() -> None:
    assert retire_ward(alerts=0) is None
    refused = retire_ward(alerts=2)
    assert refused is not None
    assert refused.reason.startswith("2 ")
    assert refused.allowed == ("acknowledgeCriticalResult",)
