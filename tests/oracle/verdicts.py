"""Verdicts: the rules, and the versions of them behind what is said of a laboratory result."""

from __future__ import annotations

from typing import Any

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer, in_sight


def _applied(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row] | None:
    """All that it was held against; null where that was not kept."""
    if row["applied_rules"] is None:
        return None
    return [one for one in held.all("CriticalRule") if one["id"] in row["applied_rules"]]


def _passed(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    return held.the("CriticalRule", row["rule_id"])


def _rules(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    rows = held.all("CriticalRule")
    if "code" in given:
        rows = [one for one in rows if given["code"] in one["codes"]]
    if "ward" in given:
        named = held.where("Ward", "code", given["ward"])
        wards = [None, *(ward["id"] for ward in in_sight(held, viewer, named))]
        rows = [one for one in rows if one["ward_id"] in wards]
    if "retired" in given:
        rows = [one for one in rows if (one["retired_at"] is not None) is given["retired"]]
    return rows


def _versions(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    return held.where("CriticalRule", "key", row["key"])


VERDICTS = {
    "Query.criticalRules": _rules,
    "CriticalRule.versions": _versions,
    "LabResult.criticalRule": _passed,
    "LabResult.appliedRules": _applied,
    "CriticalResult.criticalRule": _passed,
}
