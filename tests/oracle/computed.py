"""Computed: fields that are no column of their row, each worked out from the rows in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.oracle.alarms import called, next_audience, set_at, station
from tests.oracle.beds import kept, occupancy
from tests.oracle.episodes import GATHERED, escalations, whole
from tests.oracle.grants import GUARDS
from tests.oracle.relations import heard_by
from tests.oracle.rows import Held, Row, spoken
from tests.oracle.sight import Viewer, in_sight, sees
from tests.oracle.trends import PARTS
from tests.oracle.users import last_sign_in, works_on


def _name_of(column: str, name: str = "display_name") -> Callable[[Held, Viewer, Row], Any]:
    def find(held: Held, viewer: Viewer, row: Row) -> Any:
        return next((user[name] for user in held.the("Viewer", row[column])), None)

    return find


def _comparator(side: str, sign: str) -> Callable[[Held, Viewer, Row], Any]:
    def find(held: Held, viewer: Viewer, row: Row) -> Any:
        if row[side] is None:
            return None
        return f"{sign}=" if row[f"{side}_inclusive"] else sign

    return find


def _as_text(column: str) -> Callable[[Held, Viewer, Row], Any]:
    return lambda held, viewer, row: None if row[column] is None else str(row[column])


def _of_bed(find: Callable[[Held, Row], Any], masked: Any) -> Callable[[Held, Viewer, Row], Any]:
    """What is not told of a bed out of sight, of which a stay shows the place alone."""
    return lambda held, viewer, row: find(held, row) if in_sight(held, viewer, [row]) else masked


def _scale(held: Held, viewer: Viewer, patient: Row) -> str | None:
    """By the decision that no other has followed; where none was made, the first."""
    if not sees(held, viewer, patient, GUARDS["Patient.spo2Scale"]):
        return None
    decided = held.where("Spo2ScaleDecision", "patient_id", patient["id"])
    return next((one["scale"] for one in decided if one["ended_at"] is None), "SCALE_1")


def _user_of(held: Held, station: Row) -> Row:
    return held.the("Viewer", UUID(station["user_id"]))[0]


def _stations(held: Held, viewer: Viewer, ward: Row) -> list[Row] | None:
    """Who listens at a ward in sight, and in reach of the scope: there, or everywhere."""
    seen = in_sight(held, viewer, [ward]) and sees(held, viewer, ward, GUARDS["Ward.stations"])
    if held.stations is None or not seen:
        return None
    return [
        {**one, "since": datetime.fromisoformat(one["since"])}
        for one in held.stations
        if one["ward_id"] in (None, str(ward["id"])) and held.the("Viewer", UUID(one["user_id"]))
    ]


COMPUTED: dict[str, Callable[[Held, Viewer, Row], Any]] = {
    **PARTS,
    "Ward.occupancy": occupancy,
    "Ward.stations": _stations,
    "Station.username": lambda held, viewer, row: _user_of(held, row)["username"],
    "Station.name": lambda held, viewer, row: _user_of(held, row)["display_name"],
    "Bed.status": _of_bed(lambda held, bed: bed["status"], "MASKED"),
    "Bed.reserved": _of_bed(lambda held, bed: bool(kept(held, bed)), masked=False),
    "VitalSigns.news2": lambda held, viewer, row: row if row["news2_applies"] else None,
    "News2.parts": lambda held, viewer, row: row,
    "VitalSigns.news2NotApplicableReason": lambda held, viewer, row: row["news2_not_applicable"],
    "LabResult.orderedBy": _name_of("ordered_by"),
    "VitalSigns.recordedBy": _name_of("created_by"),
    "VitalSigns.enteredInErrorBy": _name_of("entered_in_error_by"),
    "Spo2ScaleDecision.decidedBy": _name_of("created_by"),
    "Pregnancy.recordedBy": _name_of("created_by"),
    "Pregnancy.recordedAt": lambda held, viewer, row: spoken(row["created_at"]),
    "Patient.spo2Scale": _scale,
    "CriticalResult.acknowledgedBy": _name_of("acknowledged_by"),
    "CriticalResult.nextEscalationAudience": next_audience,
    **{
        f"{type_}.{name}": told
        for type_ in ("CriticalResultStep", "CriticalResultEpisodeStep")
        for name, told in (("called", called), ("by", _name_of("user_id")), ("station", station))
    },
    "EscalationChain.setAt": set_at,
    "EscalationChain.setBy": _name_of("created_by"),
    "CriticalRule.lowComparator": _comparator("low", "<"),
    "CriticalRule.highComparator": _comparator("high", ">"),
    "CriticalRule.repeatWindowMinutes": lambda held, viewer, row: row["repeat_window"],
    "CriticalRule.createdBy": _name_of("created_by"),
    "CriticalRule.retiredBy": _name_of("retired_by"),
    "CriticalResultReport.whole": whole,
    **GATHERED,
    "CriticalResultFigures.escalations": escalations,
    "BedTransition.changedBy": _name_of("created_by"),
    "Isolation.setBy": _name_of("created_by"),
    "Isolation.endedBy": _name_of("ended_by"),
    "Isolation.since": lambda held, viewer, row: spoken(row["started_at"]),
    "Bed.statusSince": _of_bed(lambda held, bed: spoken(bed["status_since"]), None),
    "Bed.retiredAt": _of_bed(lambda held, bed: spoken(bed["retired_at"]), None),
    "Bed.closedReason": _of_bed(lambda held, bed: bed["closed_reason"], None),
    "Bed.isolationFor": _of_bed(lambda held, bed: bed["isolation_for"], []),
    "MedicationAdministration.givenBy": _name_of("given_by"),
    "MedicationAdministration.enteredInErrorBy": _name_of("entered_in_error_by"),
    "MedicationOrderStep.by": _name_of("user_id"),
    "MedicationWarning.overriddenBy": _name_of("overridden_by"),
    "CareTeamMember.name": _name_of("user_id"),
    "EmergencyAccess.userId": lambda held, viewer, row: f"usr_{row['user_id']}",
    "EmergencyAccess.username": _name_of("user_id", "username"),
    "EmergencyAccess.openedBy": _name_of("user_id"),
    "EmergencyAccess.reviewedBy": _name_of("reviewed_by"),
    "Viewer.roles": lambda held, viewer, row: sorted(held.roles.get(row["id"], [])),
    "Session.signedInAt": lambda held, viewer, row: spoken(row["created_at"]),
    "Session.endsAt": lambda held, viewer, row: spoken(row["expires_at"]),
    "Session.idleTimeoutSeconds": lambda held, viewer, row: 15 * 60,
    "User.roles": lambda held, viewer, row: sorted(held.roles.get(row["id"], [])),
    "User.wards": works_on,
    "User.active": lambda held, viewer, row: row["disabled_at"] is None,
    "User.lastSignInAt": last_sign_in,
    "User.changedAt": lambda held, viewer, row: spoken(row["updated_at"]),
    "AuditActor.roles": lambda held, viewer, row: sorted(held.roles.get(row["id"], [])),
    "AuditEntry.types": lambda held, viewer, row: sorted(
        {name.partition(".")[0] for name in row["fields"]}
    ),
    "AuditEntry.patientIds": lambda held, viewer, row: sorted(
        {f"pat_{one}" for one in row["patient_ids"]}
    ),
    "AuditEntry.rows": lambda held, viewer, row: len(row["patient_ids"]),
    "AuditEntry.recipientCount": lambda held, viewer, row: len(heard_by(held, row)),
    "AuditEntry.session": _as_text("session_id"),
    "AuditEntry.audience": _as_text("audience_id"),
    "AuditEntry.firstPosition": _as_text("first_position"),
    "AuditEntry.lastPosition": _as_text("last_position"),
    "AuditEntry.seal": lambda held, viewer, row: (
        None if row["position"] is None else f"{row['position']}:{row['hash'].hex()}"
    ),
    "Viewer.scopes": lambda held, viewer, row: viewer.scopes,
}
"""Fields that are no column of their row."""
