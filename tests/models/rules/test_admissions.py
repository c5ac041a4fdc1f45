import itertools
from datetime import UTC, datetime, timedelta

import pytest

from models.rules.admissions import (
    CURRENT,
    MOVES,
    AdmissionStatus,
    become,
    cancel_admission,
    cancel_discharge,
    end_leave,
    in_time,
    start_leave,
    transfer,
)

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


@pytest.mark.parametrize("status", AdmissionStatus)
def test_each_move_begins_where_it_can(status: AdmissionStatus) -> None:
    begins = {
        "IN_PROGRESS": [start_leave(status)],
        "ON_LEAVE": [end_leave(status)],
        "FINISHED": [cancel_discharge(status)],
    }
    for begin, refusals in begins.items():
        for refusal in refusals:
            assert (refusal is None) is (status == begin)
            assert refusal is None or refusal.allowed == MOVES[status]


@pytest.mark.parametrize("status", AdmissionStatus)
def test_an_admission_in_which_somebody_was_cared_for_is_not_cancelled(
    status: AdmissionStatus,
) -> None:
    never_meant = cancel_admission(status, charted=False)
    assert (never_meant is None) is (status in {"PLANNED", "IN_PROGRESS"})
    refusal = cancel_admission(status, charted=True)
    assert refusal is not None
    if never_meant is None:
        assert set(refusal.allowed) == set(MOVES[status]) - {AdmissionStatus.CANCELLED}
    else:
        assert refusal == never_meant


def test_what_is_cancelled_is_cancelled_in_time() -> None:
    then, within = datetime(2026, 11, 21, 9, 30, tzinfo=UTC), timedelta(hours=24)
    assert in_time(then, then, within) is None
    assert in_time(then, then + within, within) is None
    late = in_time(then, then + within + timedelta(microseconds=1), within)
    assert late is not None
    assert "24 hours" in late.reason
