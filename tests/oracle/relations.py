"""Relations: the rows behind each field that gives objects, found by walking over all of them.

A function gives every row that the field means, before anybody's sight is asked; the order in which
they are shown is that of `sorted_rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.oracle.alarms import chain_asked, chain_of, chains_of_ward, steps_of_chain
from tests.oracle.beds import cleaning, kept
from tests.oracle.doses import due_on_ward, of_order
from tests.oracle.episodes import REPORTS
from tests.oracle.grants import ENTRY
from tests.oracle.rows import PREFIXES, Held, Row
from tests.oracle.sight import Viewer, in_sight
from tests.oracle.trends import lab_trend, member_result, panels, vital_trend
from tests.oracle.users import IN_SERVICE
from tests.oracle.verdicts import VERDICTS

Given = dict[str, Any]
Relation = Callable[[Held, Viewer, Row, Given], list[Row] | None]

NODES = tuple(type_ for type_ in ENTRY if type_ in PREFIXES)
"""The types with an id of their own."""

NEWEST = {
    "Admission": "admitted_at",
    "BedStay": "started_at",
    "BedTransition": "occurred_at",
    "Isolation": "started_at",
    "Allergy": "recorded_at",
    "CareTeamMember": "started_at",
    "EmergencyAccess": "opened_at",
    "VitalSigns": "recorded_at",
    "Spo2ScaleDecision": "decided_at",
    "Pregnancy": "created_at",
    "LabResult": "observed_at",
    "CriticalResult": "raised_at",
    "MedicationOrder": "ordered_at",
    "MedicationOrderStep": "occurred_at",
    "MedicationWarning": "found_at",
    "MedicationAdministration": "given_at",
}
"""What is shown newest first, and by which time."""
NUMBERED = {"CriticalResultStep": "number", "EscalationStep": "level", "EscalationChain": "urgency"}
"""What is shown in the order of a column."""


def sort_key(field: str, row: Row) -> tuple[Any, ...]:
    """What a row is sorted by in a list."""
    type_ = row["__typename"]
    if field in ("LabResult.history", "CriticalRule.versions"):
        return (row["version"],)
    if type_ == "AuditEntry":
        return (row["id"],)
    if type_ in NUMBERED:
        return (row[NUMBERED[type_]],)
    if type_ == "CriticalResultEpisode":
        return (row["began_at"], row["id"])
    if type_ == "AuditActor":
        return (row["display_name"].encode(), row["id"])
    if type_ in NEWEST:
        return (row[NEWEST[type_]], row["id"])
    if type_ == "CollectedPanel":
        return (row["place"],)
    key = {"Patient": "name_key", "CriticalRule": "key", "User": "username"}.get(type_, "code")
    return (row[key].encode(), row["id"])


def descends(field: str, type_: str) -> bool:
    """Whether the greatest comes first."""
    by_version = field in ("LabResult.history", "CriticalRule.versions")
    return type_ in NEWEST or type_ == "AuditEntry" or by_version


def sorted_rows(field: str, rows: list[Row]) -> list[Row]:
    """The rows in the order of the list."""
    if len(rows) < 2 or rows[0]["__typename"] in ("MedicationDose", "CriticalResultEpisodeStep"):
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
    if "birthDate" in given:
        rows = [one for one in rows if one["birth_date"] == given["birthDate"]]
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
    if "kind" in given:
        rows = [one for one in rows if one["kind"] == given["kind"]]
    return [one for one in rows if "status" not in given or one["status"] in given["status"]]


def _results(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = [one for one in held.all("LabResult") if one["superseded_at"] is None]
    if "ward" in given:
        named = in_sight(held, viewer, held.where("Ward", "code", given["ward"]))
        stays = [stay for ward in named for stay in _current(held, "ward_id", ward["id"])]
        lying = {stay["patient_id"] for stay in stays}
        rows = [one for one in rows if one["patient_id"] in lying]
    if "interpretation" in given:
        rows = [one for one in rows if one["interpretation"] in given["interpretation"]]
        gone = ("CANCELLED", "ENTERED_IN_ERROR")
        rows = [
            one
            for one in rows
            if one["interpretation"] != "NOT_JUDGED" or one["status"] not in gone
        ]
    if "notJudgedReason" in given:
        reason = given["notJudgedReason"].strip()
        rows = [one for one in rows if one["not_judged_reason"] == reason]
    return [
        one
        for one in rows
        if ("from" not in given or one["observed_at"] >= given["from"])
        and ("to" not in given or one["observed_at"] < given["to"])
    ]


def _bed_history(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    rows = held.all("BedTransition")
    if "ward" in given:
        named = in_sight(held, viewer, held.where("Ward", "code", given["ward"]))
        rows = [one for one in rows if one["ward_id"] in [ward["id"] for ward in named]]
    return [one for one in rows if _fits(one, given)]


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
        rows = [one for one in rows if {one["user_id"], *heard_by(held, one)} & users]
    if "audience" in given:
        rows = [one for one in rows if str(one["audience_id"]) == given["audience"]]
    return [
        one
        for one in rows
        if ("from" not in given or one["occurred_at"] >= given["from"])
        and ("to" not in given or one["occurred_at"] < given["to"])
    ]


def heard_by(held: Held, push: Row) -> list[UUID]:
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


def _taken_back(row: Row) -> bool:
    return row["entered_in_error_at"] is not None


def _steps_about(held: Held, vitals: Row) -> list[Row]:
    return held.where("CriticalResultStep", "vital_signs_id", vitals["id"])


def _history(held: Held, viewer: Viewer, row: Row, given: Given) -> list[Row]:
    versions = held.where("LabResult", "root_id", row["root_id"])
    return [one for one in versions if one["version"] < row["version"]]


RELATIONS: dict[str, Relation] = {
    "Query.viewer": lambda held, viewer, row, given: held.the("Viewer", viewer.user),
    "Query.node": lambda held, viewer, row, given: held.named(given["id"], NODES),
    **IN_SERVICE,
    "Query.patient": _patient_named,
    "Query.patients": _patients,
    "Query.admission": lambda held, viewer, row, given: held.named(given["id"], ["Admission"]),
    "Query.criticalResults": _critical,
    "Query.bedHistory": _bed_history,
    **REPORTS,
    "Query.labResults": _results,
    "Query.emergencyAccesses": _accesses,
    "Query.auditEntries": _entries,
    "AuditEntry.actor": behind("AuditActor", "user_id"),
    "AuditEntry.recipients": lambda held, viewer, row, given: [
        one for user in heard_by(held, row)[:100] for one in held.the("AuditActor", user)
    ],
    "AuditEntry.patients": lambda held, viewer, row, given: [
        one for one in held.all("Patient") if one["id"] in row["patient_ids"]
    ],
    "SignInPayload.viewer": lambda held, viewer, row, given: held.the("Viewer", viewer.user),
    "Bed.ward": behind("Ward", "ward_id"),
    "Bed.admission": lambda held, viewer, row, given: [
        one
        for stay in _current(held, "bed_id", row["id"])
        for one in held.the("Admission", stay["admission_id"])
    ],
    "Bed.reservedFor": lambda held, viewer, row, given: [
        one for kept_ in kept(held, row) for one in held.the("Patient", kept_["patient_id"])
    ],
    "Bed.history": lambda held, viewer, row, given: [
        one for one in held.where("BedTransition", "bed_id", row["id"]) if _fits(one, given)
    ],
    "BedTransition.bed": behind("Bed", "bed_id"),
    "BedTransition.admission": behind("Admission", "admission_id"),
    "Ward.cleaning": cleaning,
    "Isolation.patient": behind("Patient", "patient_id"),
    "Patient.isolations": _of_patient("Isolation", lambda row: row["ended_at"] is None),
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
    "ArrivingPatient.admission": _of_patient(
        "Admission", lambda row: row["status"] in ("IN_PROGRESS", "ON_LEAVE")
    ),
    "Patient.admissions": _of_patient("Admission"),
    "Patient.careTeam": _of_patient("CareTeamMember", _team),
    "Patient.allergies": _of_patient("Allergy", lambda row: row["entered_in_error_at"] is None),
    "Patient.allergiesEnteredInError": _of_patient(
        "Allergy", lambda row: row["entered_in_error_at"] is not None
    ),
    "Patient.latestVitals": _of_patient("VitalSigns", lambda row: not _taken_back(row)),
    "Patient.vitals": _of_patient("VitalSigns", lambda row: not _taken_back(row)),
    "Patient.vitalsEnteredInError": _of_patient("VitalSigns", _taken_back),
    "Patient.spo2ScaleDecisions": _of_patient("Spo2ScaleDecision"),
    "Patient.pregnancies": _of_patient("Pregnancy", lambda row: not _taken_back(row)),
    "VitalSigns.criticalResult": lambda held, viewer, row, given: [
        one
        for one in held.all("CriticalResult")
        if one["id"] in {s["critical_result_id"] for s in _steps_about(held, row)}
    ],
    "Patient.labResults": _of_patient("LabResult", lambda row: row["superseded_at"] is None),
    "Patient.medications": _of_patient("MedicationOrder"),
    "Patient.vitalTrend": vital_trend,
    "Patient.labTrend": lab_trend,
    "Patient.labPanels": panels,
    "PanelMember.result": member_result,
    "LabResult.patient": behind("Patient", "patient_id"),
    "LabResult.criticalResult": behind("CriticalResult", "critical_result_id"),
    "LabResult.history": _history,
    **VERDICTS,
    "CriticalRule.ward": behind("Ward", "ward_id"),
    "CriticalRuleTrialCount.ward": behind("Ward", "ward"),
    "CriticalRuleTrialResult.labResult": behind("LabResult", "lab_result"),
    "CriticalResult.patient": behind("Patient", "patient_id"),
    "CriticalResult.ward": behind("Ward", "ward_id"),
    "CriticalResult.labResult": behind("LabResult", "lab_result_id"),
    "CriticalResult.vitals": behind("VitalSigns", "vital_signs_id"),
    "CriticalResult.chain": lambda held, viewer, row, given: [chain_of(held, row)],
    "CriticalResult.steps": lambda held, viewer, row, given: held.where(
        "CriticalResultStep", "critical_result_id", row["id"]
    ),
    "CriticalResultStep.ward": behind("Ward", "ward_id"),
    "CriticalResultStep.labResult": behind("LabResult", "lab_result_id"),
    "CriticalResultStep.vitals": behind("VitalSigns", "vital_signs_id"),
    "Query.escalationChain": chain_asked,
    "Ward.escalationChains": chains_of_ward,
    "EscalationChain.ward": behind("Ward", "ward_id"),
    "EscalationChain.steps": steps_of_chain,
    "CriticalResult.results": lambda held, viewer, row, given: [
        one
        for one in held.where("LabResult", "critical_result_id", row["id"])
        if one["superseded_at"] is None
    ],
    "MedicationOrder.doses": of_order,
    "Query.medicationsDue": due_on_ward,
    "MedicationDose.medication": behind("MedicationOrder", "medication_id"),
    "MedicationDose.patient": behind("Patient", "patient_id"),
    "MedicationDose.administration": behind("MedicationAdministration", "administration_id"),
    "MedicationOrder.patient": behind("Patient", "patient_id"),
    "MedicationOrder.history": lambda held, viewer, row, given: held.where(
        "MedicationOrderStep", "medication_order_id", row["id"]
    ),
    "MedicationOrder.currentWarnings": lambda held, viewer, row, given: [
        one
        for one in held.all("MedicationWarning")
        if row["id"] in (one["medication_order_id"], one["other_order_id"])
        and one["resolved_at"] is None
    ],
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
    "ChartChangeEvent.patient": behind("Patient", "patient_id"),
}
