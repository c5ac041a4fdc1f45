"""The clock of a critical result: by which chain it runs, and whom it calls as it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.rules import escalation
from models.rules.critical_results import CriticalResultStatus, CriticalResultStepKind
from models.rules.escalation import Audience
from resolvers.escalation_chains import Chain, Chains

if TYPE_CHECKING:
    from resolvers.critical_result_alerts import Alert

SOUNDING = frozenset(
    {
        CriticalResultStepKind.RAISED,
        CriticalResultStepKind.WORSENED,
        CriticalResultStepKind.REOPENED,
        CriticalResultStepKind.MOVED,
    }
)
"""Steps that call whoever is the audience at the level of then. An escalation names its own."""


def start(alert: Alert, chain: Chain, by: datetime | None = None) -> None:
    """Start the clock of an alert at the beginning of a chain, as it was raised. With `by` all of
    the chain comes earlier by as much as its first call would come later than that."""
    alert.chain_id, alert.escalation_level, alert.next_escalation_at = chain.id, 0, None
    first = escalation.next_step(alert.raised_at, 0, chain.steps)
    if alert.status is not CriticalResultStatus.OPEN or first is None:
        return
    late = timedelta(0) if by is None else max(timedelta(0), first.at - by)
    alert.raised_at -= late
    alert.next_escalation_at = first.at - late


def audience_of(step: Mapping[str, Any], alert: Alert, chains: Chains) -> Audience | None:
    """Who is called by a step of an alert; None: nobody."""
    if step["kind"] not in SOUNDING:
        return None
    return chains.of(alert.chain_id, alert.urgency).audience(step["level"])
