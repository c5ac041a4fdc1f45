"""Relations: the rows behind each field that gives objects, found by walking over all of them.

A function gives every row that the field means, before anybody's sight is asked; the order in which
they are shown is that of `sorted_rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.oracle.grants import ENTRY, GUARDS
from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer, in_sight, sees

Given = dict[str, Any]
Relation = Callable[[Held, Viewer, Row, Given], list[Row]]

NODES = tuple(type_ for type_ in ENTRY if type_ not in ("BedStay", "AuditEntry"))
"""The types with an id of their own."""

NEWEST = {
    "Admission": "admitted_at",
    "BedStay": "started_at",
    "Allergy": "recorded_at",
    "CareTeamMember": "started_at",
    "EmergencyAccess": "opened_at",
    "VitalSigns": "recorded_at",
    "LabResult": "observed_at",
    "CriticalResult": "raised_at",
    "MedicationOrder": "ordered_at",
    "MedicationAdministration": "given_at",
}
"""What is shown newest first, and by which time."""


def sort_key(field: str, row: Row) -> tuple[Any, ...]:
    """What a row is sorted by in a list."""
    type_ = row["__typename"]
    if field == "LabResult.history":
        return (row["version"],)
    if type_ == "AuditEntry":
        return (row["id"],)
    if type_ == "AuditActor":
        return (row["display_name"].encode(), row["id"])
    if type_ in NEWEST:
        return (row[NEWEST[type_]], row["id"])
    return (row["name_key" if type_ == "Patient" else "code"].encode(), row["id"])


def descends(field: str, type_: str) -> bool:
    """Whether the greatest comes first."""
    return type_ in NEWEST or type_ == "AuditEntry" or field == "LabResult.history"


def sorted_rows(field: str, rows: list[Row]) -> list[Row]:
    """The rows in the order of the list."""
    if len(rows) < 2:
        return rows
    reverse = descends(field, rows[0]["__typename"])
    return sorted(rows, key=lambda row: sort_key(field, row), reverse=reverse)


def _of_patient(type_: str, keep: Callable[[Row], bool] = lambda _: True) -> Relation:
    def find(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
        mine = [one for one in held.where(type_, "patient_id", row["id"]) if keep(one)]
        return [one for one in mine if _fits(one, given)]

    return find


def _fits(row: Row, given: Given) -> bool:
    """Whether a row is what the arguments ask for."""
    if "code" in given and row["code"] != given["code"]:
        return False
    if "status" in given and row["status"] not in given["status"]:
        return False
    if "abnormal" in given:
        remarkable = row["interpretation"] not in ("NORMAL", "NOT_JUDGED")
        if remarkable is not given["abnormal"]:
            return False
    at = row[NEWEST[row["__typename"]]]
    return not (("from" in given and at < given["from"]) or ("to" in given and at >= given["to"]))


def _current(held: Held, column: str, value: Any) -> list[Row]:
    return [s for s in held.where("BedStay", column, value) if s["ended_at"] is None]


def _place(type_: str, column: str) -> Relation:
    def find(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
        return [
            place
            for stay in _current(held, "admission_id", row["id"])
            for place in held.the(type_, stay[column])
        ]

    return find


def behind(type_: str, column: str) -> Relation:
    """The row that a column points at."""
    return lambda held, viewer, row, given: held.the(type_, row[column])


def kept(held: Held, bed: Row) -> list[Row]:
    """The reservation of a bed that still holds."""
    now = datetime.now(UTC)
    return [
        one
        for one in held.where("Reservation", "bed_id", bed["id"])
        if one["ended_at"] is None
        and (one["reserved_until"] is None or one["reserved_until"] > now)
    ]


def _patient_named(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("Patient")
    if "id" in given:
        rows = [one for one in rows if f"pat_{one['id']}" == given["id"]]
    if "mrn" in given:
        rows = [one for one in rows if one["mrn"] == given["mrn"]]
    return rows


def _patients(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("Patient")
    if "nationalId" in given:
        rows = [one for one in rows if one["national_id"] == given["nationalId"].strip()]
    if "search" not in given:
        return rows
    wanted = " ".join(given["search"].lower().split())
    return [
        one
        for one in rows
        if f"{one['family_name']} {one['given_name']}".lower().startswith(wanted)
        or f"{one['given_name']} {one['family_name']}".lower().startswith(wanted)
        or one["mrn"] == given["search"].strip()
    ]


def _critical(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("CriticalResult")
    if "ward" in given:
        named = held.where("Ward", "code", given["ward"])
        wards = [ward["id"] for ward in in_sight(held, viewer, named)]
        rows = [one for one in rows if one["ward_id"] in wards]
    return [one for one in rows if "status" not in given or one["status"] in given["status"]]


def _accesses(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("EmergencyAccess")
    if "reviewed" in given:
        rows = [one for one in rows if (one["reviewed_at"] is not None) is given["reviewed"]]
    if "patient" in given:
        rows = [one for one in rows if f"pat_{one['patient_id']}" == given["patient"]]
    return rows


def _entries(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("AuditEntry")
    if "patient" in given:
        patients = [one["id"] for one in held.named(given["patient"], ["Patient"])]
        rows = [one for one in rows if {*patients} & {*one["patient_ids"]}]
    if "user" in given:
        users = {one["id"] for one in held.named(given["user"], ["Viewer"])}
        rows = [one for one in rows if {one["user_id"], *_heard_by(held, one)} & users]
    if "audience" in given:
        rows = [one for one in rows if str(one["audience_id"]) == given["audience"]]
    return [
        one
        for one in rows
        if ("from" not in given or one["occurred_at"] >= given["from"])
        and ("to" not in given or one["occurred_at"] < given["to"])
    ]


def _heard_by(held: Held, push: Row) -> list[UUID]:
    """The users who were in the audience of a push: whose stay began before it, and has not ended
    or ended after it."""
    if push["audience_id"] is None or push["user_id"] is not None:
        return []
    inside, over = {}, set()
    for one in held.where("AuditEntry", "audience_id", push["audience_id"]):
        if one["user_id"] is not None and one["first_position"] <= push["first_position"]:
            inside[one["stay_id"]] = one["user_id"]
            if one["operation"] == "UNSUBSCRIBED" and one["last_position"] < push["last_position"]:
                over.add(one["stay_id"])
    return sorted({user for stay, user in inside.items() if stay not in over})


def _team(row: Row) -> bool:
    return row["ended_at"] is None or row["ended_at"] > datetime.now(UTC)


def _history(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    versions = held.where("LabResult", "root_id", row["root_id"])
    return [one for one in versions if one["version"] < row["version"]]


def _wards(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    return held.all("Ward")


RELATIONS: dict[str, Relation] = {
    "Query.viewer": lambda held, viewer, row, given: held.the("Viewer", viewer.user),
    "Query.node": lambda held, viewer, row, given: held.named(given["id"], NODES),
    "Query.wards": _wards,
    "Query.ward": lambda held, viewer, row, given: held.where("Ward", "code", given["code"]),
    "Query.patient": _patient_named,
    "Query.patients": _patients,
    "Query.admission": lambda held, viewer, row, given: held.named(given["id"], ["Admission"]),
    "Query.criticalResults": _critical,
    "Query.emergencyAccesses": _accesses,
    "Query.auditEntries": _entries,
    "AuditEntry.actor": behind("AuditActor", "user_id"),
    "AuditEntry.recipients": lambda held, viewer, row, given: [
        one for user in _heard_by(held, row)[:100] for one in held.the("AuditActor", user)
    ],
    "AuditEntry.patients": lambda held, viewer, row, given: [
        one for one in held.all("Patient") if one["id"] in row["patient_ids"]
    ],
    "Viewer.wards": _wards,
    "SignInPayload.viewer": lambda held, viewer, row, given: held.the("Viewer", viewer.user),
    "Ward.beds": lambda held, viewer, row, given: held.where("Bed", "ward_id", row["id"]),
    "Bed.ward": behind("Ward", "ward_id"),
    "Bed.admission": lambda held, viewer, row, given: [
        one
        for stay in _current(held, "bed_id", row["id"])
        for one in held.the("Admission", stay["admission_id"])
    ],
    "Bed.reservedFor": lambda held, viewer, row, given: [
        one for kept_ in kept(held, row) for one in held.the("Patient", kept_["patient_id"])
    ],
    "BedStay.bed": behind("Bed", "bed_id"),
    "Admission.patient": behind("Patient", "patient_id"),
    "Admission.bed": _place("Bed", "bed_id"),
    "Admission.ward": _place("Ward", "ward_id"),
    "Admission.stays": lambda held, viewer, row, given: held.where(
        "BedStay", "admission_id", row["id"]
    ),
    "Patient.admission": _of_patient(
        "Admission", lambda row: row["status"] in ("IN_PROGRESS", "ON_LEAVE")
    ),
    "Patient.admissions": _of_patient("Admission"),
    "Patient.careTeam": _of_patient("CareTeamMember", _team),
    "Patient.allergies": _of_patient("Allergy", lambda row: row["entered_in_error_at"] is None),
    "Patient.latestVitals": _of_patient("VitalSigns"),
    "Patient.vitals": _of_patient("VitalSigns"),
    "Patient.labResults": _of_patient("LabResult", lambda row: row["superseded_at"] is None),
    "Patient.medications": _of_patient("MedicationOrder"),
    "LabResult.patient": behind("Patient", "patient_id"),
    "LabResult.criticalResult": lambda held, viewer, row, given: held.where(
        "CriticalResult", "lab_result_id", row["id"]
    ),
    "LabResult.history": _history,
    "CriticalResult.patient": behind("Patient", "patient_id"),
    "CriticalResult.ward": behind("Ward", "ward_id"),
    "CriticalResult.labResult": behind("LabResult", "lab_result_id"),
    "MedicationOrder.patient": behind("Patient", "patient_id"),
    "MedicationOrder.administrations": lambda held, viewer, row, given: held.where(
        "MedicationAdministration", "medication_order_id", row["id"]
    ),
    "EmergencyAccess.patient": behind("Patient", "patient_id"),
    "EmergencyAccessEvent.emergencyAccess": behind("EmergencyAccess", "subject_id"),
    "LabResultOutcome.labResult": behind("LabResult", "lab_result"),
    "CriticalResultEvent.criticalResult": behind("CriticalResult", "subject_id"),
    "BedChangeEvent.bed": behind("Bed", "subject_id"),
    "VitalSignsEvent.vitals": behind("VitalSigns", "subject_id"),
    "VitalSignsEvent.patient": behind("Patient", "patient_id"),
}


def _name_of(column: str, name: str = "display_name") -> Callable[[Held, Viewer, Row], Any]:
    def find(held: Held, viewer: Viewer, row: Row) -> Any:
        return next((user[name] for user in held.the("Viewer", row[column])), None)

    return find


def _as_text(column: str) -> Callable[[Held, Viewer, Row], Any]:
    return lambda held, viewer, row: None if row[column] is None else str(row[column])


def _occupancy(held: Held, viewer: Viewer, ward: Row) -> Row:
    """Of a ward out of sight, shown as the place of a stay, there is nothing to count."""
    beds = held.where("Bed", "ward_id", ward["id"]) if in_sight(held, viewer, [ward]) else []
    free = [bed for bed in beds if bed["status"] == "UNOCCUPIED"]
    promised = [bed for bed in free if kept(held, bed)]
    occupied = [bed for bed in beds if bed["status"] == "OCCUPIED"]
    return {
        "beds": len(beds),
        "occupied": len(occupied),
        "available": len(free) - len(promised),
        "unavailable": len(beds) - len(free) - len(occupied),
        "reserved": len(promised),
    }


def _of_bed(find: Callable[[Held, Row], Any], masked: Any) -> Callable[[Held, Viewer, Row], Any]:
    """What is not told of a bed out of sight, of which a stay shows the place alone."""
    return lambda held, viewer, row: find(held, row) if in_sight(held, viewer, [row]) else masked


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
    "Ward.occupancy": _occupancy,
    "Ward.stations": _stations,
    "Station.username": lambda held, viewer, row: _user_of(held, row)["username"],
    "Station.name": lambda held, viewer, row: _user_of(held, row)["display_name"],
    "Bed.status": _of_bed(lambda held, bed: bed["status"], "MASKED"),
    "Bed.reserved": _of_bed(lambda held, bed: bool(kept(held, bed)), masked=False),
    "VitalSigns.news2": lambda held, viewer, row: row if row["news2_applies"] else None,
    "CriticalResult.acknowledgedBy": _name_of("acknowledged_by"),
    "MedicationAdministration.givenBy": _name_of("given_by"),
    "CareTeamMember.name": _name_of("user_id"),
    "EmergencyAccess.userId": lambda held, viewer, row: f"usr_{row['user_id']}",
    "EmergencyAccess.username": _name_of("user_id", "username"),
    "EmergencyAccess.openedBy": _name_of("user_id"),
    "EmergencyAccess.reviewedBy": _name_of("reviewed_by"),
    "Viewer.roles": lambda held, viewer, row: sorted(held.roles.get(row["id"], [])),
    "AuditActor.roles": lambda held, viewer, row: sorted(held.roles.get(row["id"], [])),
    "AuditEntry.types": lambda held, viewer, row: sorted(
        {name.partition(".")[0] for name in row["fields"]}
    ),
    "AuditEntry.patientIds": lambda held, viewer, row: sorted(
        {f"pat_{one}" for one in row["patient_ids"]}
    ),
    "AuditEntry.rows": lambda held, viewer, row: len(row["patient_ids"]),
    "AuditEntry.recipientCount": lambda held, viewer, row: len(_heard_by(held, row)),
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
