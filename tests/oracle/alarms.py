"""Alarms: by which chain the clock of a critical result runs, and who is called at its steps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.oracle.grants import ENTRY
from tests.oracle.rows import Held, Row, spoken
from tests.oracle.sight import Viewer, sees

SHIPPED = {
    "CRITICAL": {
        0: "WARD_NURSE_AND_ORDERING_CLINICIAN",
        5: "CHARGE_NURSE",
        15: "ON_CALL_DOCTOR",
        30: "ATTENDING",
        60: "REPORT",
    },
    "URGENT_REVIEW": {
        0: "WARD_NURSE_AND_ORDERING_CLINICIAN",
        5: "CHARGE_NURSE",
        15: "ON_CALL_DOCTOR",
        30: "ATTENDING",
        60: "REPORT",
    },
    "EMERGENCY": {
        0: "WARD_NURSE_AND_ORDERING_CLINICIAN",
        5: "ON_CALL_DOCTOR",
        15: "ATTENDING",
        30: "REPORT",
    },
}
"""Minutes and audiences of a hospital that has set nothing."""


def ships(urgency: str) -> Row:
    """The chain that ships as if it were a row."""
    steps = SHIPPED[urgency]
    return {
        "__typename": "EscalationChain",
        "urgency": urgency,
        "version": 0,
        "ward_id": None,
        "after_minutes": list(steps),
        "audiences": list(steps.values()),
        "created_at": None,
        "created_by": None,
        "retired_at": None,
    }


def in_force(held: Held, ward: UUID | None, urgency: str) -> Row:
    """The ward's own, else the hospital's, else the one that ships."""
    for place in (ward, None):
        for one in held.where("EscalationChain", "ward_id", place):
            if one["urgency"] == urgency and one["retired_at"] is None:
                return one
    return ships(urgency)


def chain_of(held: Held, alert: Row) -> Row:
    """The version by which the clock of a critical result runs."""
    return next(iter(held.the("EscalationChain", alert["chain_id"])), ships(alert["urgency"]))


def chain_asked(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    """The chain in force that is asked for; none of a ward that is out of sight."""
    urgency = given.get("urgency", "CRITICAL")
    if "ward" not in given:
        return [in_force(held, None, urgency)]
    wards = held.where("Ward", "code", given["ward"])
    seen = [one for one in wards if sees(held, viewer, one, ENTRY["Ward"])]
    return [in_force(held, ward["id"], urgency) for ward in seen]


def chains_of_ward(held: Held, viewer: Viewer, ward: Row, given: dict[str, Any]) -> list[Row]:
    """Those in force on a ward, one of each urgency; none of a ward that is out of sight."""
    if not sees(held, viewer, ward, ENTRY["Ward"]):
        return []
    return [in_force(held, ward["id"], urgency) for urgency in SHIPPED]


def steps_of_chain(held: Held, viewer: Viewer, chain: Row, given: dict[str, Any]) -> list[Row]:
    """The steps of a version."""
    both = zip(chain["after_minutes"], chain["audiences"], strict=True)
    return [
        {"__typename": "EscalationStep", "level": level, "after_minutes": minutes}
        | {"audience": audience}
        for level, (minutes, audience) in enumerate(both)
    ]


def next_audience(held: Held, viewer: Viewer, alert: Row) -> Any:
    """Who is called next; nobody while no clock runs, or at the end of the chain."""
    audiences = chain_of(held, alert)["audiences"]
    level = alert["escalation_level"] + 1
    if alert["next_escalation_at"] is None or level >= len(audiences):
        return None
    return audiences[level]


def called(held: Held, viewer: Viewer, step: Row) -> Any:
    """The names of those who were called, or who listened."""
    names = [user["display_name"] for one in step["called"] for user in held.the("Viewer", one)]
    return sorted(names, key=str.encode)


def station(held: Held, viewer: Viewer, step: Row) -> Any:
    """The address of the session in which a step was made."""
    return next((one["address"] for one in held.the("Session", step["session_id"])), None)


def set_at(held: Held, viewer: Viewer, chain: Row) -> Any:
    """When a version was set; the one that ships never was."""
    return spoken(chain["created_at"])
