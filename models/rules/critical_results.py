"""The critical result: its states and what may happen to it."""

from enum import StrEnum


class CriticalResultStatus(StrEnum):
    """OPEN until somebody reads it back (ACKNOWLEDGED) or its result is taken back (WITHDRAWN)."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    WITHDRAWN = "WITHDRAWN"


class CriticalResultStepKind(StrEnum):
    """A step of the loop, which is also what a station hears."""

    RAISED = "RAISED"
    ESCALATED = "ESCALATED"
    READ_BACK_REFUSED = "READ_BACK_REFUSED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REOPENED = "REOPENED"
    WITHDRAWN = "WITHDRAWN"
    BREACHED = "BREACHED"


CriticalResultEventKind = CriticalResultStepKind
"""Its name in the contract."""
