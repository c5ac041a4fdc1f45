"""Verdicts: the versions of rules behind what is said of a laboratory result."""

from __future__ import annotations

from typing import Any

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer


def _applied(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row] | None:
    """All that it was held against; null where that was not kept."""
    if row["applied_rules"] is None:
        return None
    return [one for one in held.all("CriticalRule") if one["id"] in row["applied_rules"]]


def _passed(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    return held.the("CriticalRule", row["rule_id"])


VERDICTS = {
    "LabResult.criticalRule": _passed,
    "LabResult.appliedRules": _applied,
    "CriticalResult.criticalRule": _passed,
}
