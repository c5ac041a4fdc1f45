"""The critical result: its states, its read-back, and what a corrected result does to it."""

from decimal import Decimal
from enum import StrEnum

from models.rules.refusals import Refusal
from models.rules.results import ResultStatus


class CriticalResultStatus(StrEnum):
    """OPEN until somebody reads it back (ACKNOWLEDGED) or its result is taken back (WITHDRAWN)."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    WITHDRAWN = "WITHDRAWN"


class CriticalResultKind(StrEnum):
    """What it is that cannot wait: a laboratory result beyond its limits, or a patient who
    deteriorates by NEWS2."""

    LABORATORY = "LABORATORY"
    DETERIORATION = "DETERIORATION"


class CriticalResultStepKind(StrEnum):
    """A step of the loop. Stations hear of each but TOLD, which is said of them."""

    RAISED = "RAISED"
    TOLD = "TOLD"
    """Whose stations had an open feed when it was raised; the job on the clock finds out."""
    REPEATED = "REPEATED"
    """Another result, not worse, has joined it: heard, and makes no sound."""
    WORSENED = "WORSENED"
    """A worse one has joined it: sounds as if it were raised."""
    MOVED = "MOVED"
    """The patient lies on another ward, where it is heard from now on; told to both."""
    ESCALATED = "ESCALATED"
    READ_BACK_REFUSED = "READ_BACK_REFUSED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REOPENED = "REOPENED"
    WITHDRAWN = "WITHDRAWN"
    BREACHED = "BREACHED"


class CriticalResultEventKind(StrEnum):
    """A step as the stations hear it: each but TOLD."""

    RAISED = "RAISED"
    REPEATED = "REPEATED"
    WORSENED = "WORSENED"
    MOVED = "MOVED"
    ESCALATED = "ESCALATED"
    READ_BACK_REFUSED = "READ_BACK_REFUSED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REOPENED = "REOPENED"
    WITHDRAWN = "WITHDRAWN"
    BREACHED = "BREACHED"


TAKEN_BACK: frozenset[ResultStatus] = frozenset(
    {ResultStatus.CANCELLED, ResultStatus.ENTERED_IN_ERROR}
)
"""A result with such a status is no finding: it raises nothing and withdraws what it raised."""


def acknowledge(
    status: CriticalResultStatus, value: Decimal | None, read_back: Decimal
) -> CriticalResultStepKind | Refusal:
    """The step that a read-back makes: ACKNOWLEDGED, or READ_BACK_REFUSED where it is not the
    value as sent (6.90 reads as 6.9). A Refusal: there is nothing to acknowledge.

    `value` None is a text result, flagged critical by its sender: a number read back cannot be
    its finding, and so is refused too.
    """
    if status is not CriticalResultStatus.OPEN:
        return Refusal(f"the critical result is {status}", (CriticalResultStatus.OPEN,))
    same = value is not None and read_back.is_finite() and read_back == value
    return CriticalResultStepKind.ACKNOWLEDGED if same else CriticalResultStepKind.READ_BACK_REFUSED


def corrected(
    status: CriticalResultStatus | None,
    *,
    critical: bool,
    result: ResultStatus,
    same_finding: bool = False,
) -> CriticalResultStepKind | None:
    """What the next version of a result does to its alert; None: nothing.

    `status` is that of the alert of the version before, None where it had none; `critical` the
    verdict on the new version; `same_finding`: value, comparator, unit and verdict did not change.

    A worsening or merely different critical value is never suppressed: it opens the alert again,
    also one that was acknowledged, because what was read back is no longer what is true.
    """
    if not critical or result in TAKEN_BACK:
        standing = status in {CriticalResultStatus.OPEN, CriticalResultStatus.ACKNOWLEDGED}
        return CriticalResultStepKind.WITHDRAWN if standing else None
    if status is None:
        return CriticalResultStepKind.RAISED
    if same_finding and status is not CriticalResultStatus.WITHDRAWN:
        return None
    return CriticalResultStepKind.REOPENED
