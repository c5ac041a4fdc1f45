import itertools

import pytest

from models.rules.admissions import CURRENT, AdmissionStatus, become, transfer

MAY = {
    ("PLANNED", "IN_PROGRESS"),
    ("PLANNED", "CANCELLED"),
    ("IN_PROGRESS", "ON_LEAVE"),
    ("IN_PROGRESS", "FINISHED"),
    ("IN_PROGRESS", "CANCELLED"),
    ("ON_LEAVE", "IN_PROGRESS"),
    ("ON_LEAVE", "FINISHED"),
    ("FINISHED", "IN_PROGRESS"),
}


@pytest.mark.parametrize(
    ("current", "target"), list(itertools.product(AdmissionStatus, AdmissionStatus))
)
def test_every_pair(current: AdmissionStatus, target: AdmissionStatus) -> None:
    refusal = become(current, target)
    if (current, target) in MAY:
        assert refusal is None
    else:
        assert refusal is not None
        assert set(refusal.allowed) == {after for before, after in MAY if before == current}


@pytest.mark.parametrize("status", AdmissionStatus)
def test_only_who_is_here_changes_beds(status: AdmissionStatus) -> None:
    assert (transfer(status) is None) is (status in CURRENT)
    assert frozenset({AdmissionStatus.IN_PROGRESS, AdmissionStatus.ON_LEAVE}) == CURRENT
