from decimal import Decimal

import pytest

from models.rules.critical_results import (
    CriticalResultStatus,
    CriticalResultStepKind,
    acknowledge,
    corrected,
)
from models.rules.refusals import Refusal
from models.rules.results import ResultStatus

Status = CriticalResultStatus
Kind = CriticalResultStepKind


@pytest.mark.parametrize(
    ("value", "read_back", "kind"),
    [
        ("6.9", "6.9", Kind.ACKNOWLEDGED),
        ("6.9", "6.90", Kind.ACKNOWLEDGED),
        ("6.9", "6.8", Kind.READ_BACK_REFUSED),
        ("6.9", "69", Kind.READ_BACK_REFUSED),
        ("6.9", "NaN", Kind.READ_BACK_REFUSED),
        (None, "6.9", Kind.READ_BACK_REFUSED),
    ],
)
def test_read_back(value: str | None, read_back: str, kind: Kind) -> None:
    sent = None if value is None else Decimal(value)
    assert acknowledge(Status.OPEN, sent, Decimal(read_back)) is kind


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.WITHDRAWN])
def test_what_is_not_open_is_not_acknowledged(status: Status) -> None:
    assert isinstance(acknowledge(status, Decimal("6.9"), Decimal("6.9")), Refusal)


@pytest.mark.parametrize(
    ("status", "critical", "result", "same", "kind"),
    [
        (None, True, "CORRECTED", False, Kind.RAISED),
        (None, False, "CORRECTED", False, None),
        (None, True, "CANCELLED", False, None),
        (Status.OPEN, True, "CORRECTED", False, Kind.REOPENED),
        (Status.OPEN, True, "FINAL", True, None),
        (Status.OPEN, False, "CORRECTED", False, Kind.WITHDRAWN),
        (Status.OPEN, True, "ENTERED_IN_ERROR", False, Kind.WITHDRAWN),
        (Status.OPEN, True, "CANCELLED", True, Kind.WITHDRAWN),
        (Status.ACKNOWLEDGED, True, "CORRECTED", False, Kind.REOPENED),
        (Status.ACKNOWLEDGED, True, "FINAL", True, None),
        (Status.ACKNOWLEDGED, False, "CORRECTED", False, Kind.WITHDRAWN),
        (Status.WITHDRAWN, True, "CORRECTED", True, Kind.REOPENED),
        (Status.WITHDRAWN, False, "CORRECTED", False, None),
    ],
)
def test_a_corrected_result(
    *, status: Status | None, critical: bool, result: str, same: bool, kind: Kind | None
) -> None:
    found = corrected(status, critical=critical, result=ResultStatus(result), same_finding=same)
    assert found is kind
