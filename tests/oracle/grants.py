"""Grants: who may do what on which rows, written a second time, by scope and role.

Read from the design and the clinical rules, not from models/rules/scopes: where the two differ, one
of them is wrong. A letter is a reach; several letters are several reaches, to be read as "or".
"""

from __future__ import annotations

HOSPITAL, WARDS, TREATMENT, OPENED, OWN, AUTHORED = "H", "W", "T", "X", "O", "A"

TABLE = """
scope                       ADMIN DOCTOR NURSE CHARGE_NURSE LAB PHARMACIST CLERK AUDITOR INTEGRATOR PATIENT
ward:read                   H     T      W     W            H   H          H     H       H          .
patient:read                H     T      W     W            H   H          H     H       A          O
patient-contact:read        H     T      W     W            .   .          H     .       A          O
patient-identifiers:read    H     .      .     .            .   .          H     .       A          O
care-team:read              H     T      W     W            .   .          .     H       A          O
admission:read              H     T      W     W            .   .          H     H       A          O
admission-reason:read       H     T      W     W            .   .          .     .       A          O
isolation:read              H     T      W     W            .   .          H     .       A          O
allergy:read                H     T      W     W            .   H          .     .       A          O
vitals:read                 H     T      W     W            .   .          .     .       A          O
lab:read                    H     T      W     W            H   H          .     .       A          O
critical-result:read        H     T      W     W            H   .          .     .       A          .
critical-result-report:read H     .      .     W            H   .          .     H       .          .
medication:read             H     T      W     W            .   H          .     .       A          O
emergency-access:read       H     A      A     A            .   .          .     H       .          .
user:read                   H     .      .     .            .   .          .     .       .          .
audit:read                  H     .      .     .            .   .          .     H       .          O
audit-detail:read           H     .      .     .            .   .          .     H       .          .
import:read                 H     .      .     .            .   .          .     .       A          .
administration:record       H     T      W     W            .   .          .     .       .          .
allergy:correct             H     T      W     W            .   H          .     .       A          .
allergy:record              H     T      W     W            .   H          .     .       H          .
bed:equip                   H     .      .     .            .   .          .     .       .          .
bed:reserve                 H     .      .     W            .   .          H     .       .          .
bed-status:set              H     .      .     W            .   .          H     .       .          .
care-team:assign            H     T      .     W            .   .          .     .       .          .
critical-result:acknowledge H     T      W     W            .   .          .     .       .          .
critical-rule:read          H     H      H     H            H   H          .     H       .          .
critical-rule:write         H     .      .     .            H   .          .     .       .          .
emergency-access:end        H     A      A     A            .   .          .     H       .          .
emergency-access:review     H     .      .     .            .   .          .     H       .          .
isolation:end               H     T      .     W            .   .          .     .       .          .
isolation:override          H     T      .     W            .   .          .     .       .          .
escalation-chain:write      H     .      .     .            .   .          .     .       .          .
isolation:set               H     T      W     W            .   .          .     .       .          .
leave:record                H     T      W     W            .   .          H     .       H          .
lab:record                  H     .      .     .            H   .          .     .       H          .
medication:discontinue      H     T      .     .            .   H          .     .       .          .
medication:hold             H     T      .     .            .   H          .     .       .          .
medication:order            H     T      .     .            .   H          .     .       H          .
patient:admit               H     T      .     W            .   .          H     .       H          .
patient:break-glass         H     H      H     H            .   .          .     .       .          .
patient:discharge           H     T      .     W            .   .          H     .       H          .
patient:register            H     .      .     .            .   .          H     .       H          .
patient:transfer            H     T      .     W            .   .          H     .       H          .
pregnancy:record            H     T      W     W            .   .          .     .       .          .
spo2-scale:set              H     T      .     .            .   .          .     .       .          .
user:write                  H     .      .     .            .   .          .     .       .          .
ward:write                  H     .      .     .            .   .          .     .       .          .
vitals:correct              H     T      W     W            .   .          .     .       A          .
vitals:record               H     T      W     W            .   .          .     .       H          .
"""  # noqa: E501 (a table is read across)


def _read(table: str) -> dict[str, dict[str, frozenset[str]]]:
    heading, *lines = table.strip().splitlines()
    _, *roles = heading.split()
    found: dict[str, dict[str, frozenset[str]]] = {role: {} for role in roles}
    for line in lines:
        scope, *letters = line.split()
        for role, reaches in zip(roles, letters, strict=True):
            if reaches != ".":
                found[role][scope] = frozenset(reaches)
    return found


GRANTS = _read(TABLE)
"""Role → scope → reaches."""

BREAKS_GLASS = "patient:break-glass"
BY_EMERGENCY = set(
    """
    ward:read patient:read patient-contact:read care-team:read admission:read admission-reason:read
    isolation:read allergy:read vitals:read lab:read critical-result:read medication:read
    administration:record allergy:record critical-result:acknowledge medication:discontinue
    allergy:correct medication:hold
    medication:order vitals:record vitals:correct pregnancy:record spo2-scale:set
    """.split()
)
"""What a glass broken opens of one patient, as far as the role may do it at all: to read the chart
and to treat."""

ENTRY = {
    "Ward": "ward:read",
    "Bed": "ward:read",
    "Patient": "patient:read",
    "Admission": "admission:read",
    "BedStay": "admission:read",
    "BedTransition": "ward:read",
    "Isolation": "isolation:read",
    "Allergy": "allergy:read",
    "CareTeamMember": "care-team:read",
    "EmergencyAccess": "emergency-access:read",
    "AuditEntry": "audit:read",
    "User": "user:read",
    "VitalSigns": "vitals:read",
    "Spo2ScaleDecision": "vitals:read",
    "Pregnancy": "vitals:read",
    "LabResult": "lab:read",
    "CriticalResult": "critical-result:read",
    "CriticalRule": "critical-rule:read",
    "MedicationOrder": "medication:read",
    "MedicationOrderStep": "medication:read",
    "MedicationWarning": "medication:read",
    "MedicationAdministration": "medication:read",
}
"""The scope under which rows of a type are seen at all."""

REPORT = "critical-result-report:read"

GUARDS = {
    "MedicationOrder.doses": "medication:read",
    "Query.medicationsDue": "medication:read",
    "Patient.vitalTrend": "vitals:read",
    "VitalTrend.first": "vitals:read",
    "VitalTrend.last": "vitals:read",
    "VitalTrend.buckets": "vitals:read",
    "VitalTrend.news2Bands": "vitals:read",
    "Patient.labTrend": "lab:read",
    "LabTrend.first": "lab:read",
    "LabTrend.last": "lab:read",
    "LabTrend.buckets": "lab:read",
    "LabTrend.leftOut": "lab:read",
    "LabTrend.reference": "lab:read",
    "LabTrend.criticalLimits": "lab:read",
    "Patient.labPanels": "lab:read",
    "CollectedPanel.members": "lab:read",
    "Ward.stations": "critical-result:read",
    "Query.criticalResultReport": REPORT,
    "CriticalResultReport.whole": REPORT,
    "CriticalResultReport.byKind": REPORT,
    "CriticalResultReport.byRule": REPORT,
    "CriticalResultReport.byWard": REPORT,
    "CriticalResultReport.byHour": REPORT,
    "CriticalResultReport.episodes": REPORT,
    "CriticalResultFigures.escalations": REPORT,
    "CriticalResultEpisode.steps": REPORT,
    "Patient.spo2Scale": "vitals:read",
    "Ward.escalationChains": "critical-result:read",
    "Query.escalationChain": "critical-result:read",
    "EscalationChain.steps": "critical-result:read",
    "CriticalResult.chain": "critical-result:read",
    "Patient.phone": "patient-contact:read",
    "Patient.email": "patient-contact:read",
    "Patient.address": "patient-contact:read",
    "Patient.nationalId": "patient-identifiers:read",
    "Admission.reason": "admission-reason:read",
    "BedStay.overrideReason": "admission-reason:read",
    "BedTransition.reason": "admission:read",
    "Isolation.reason": "admission-reason:read",
    "Ward.cleaning": "ward:read",
    "EmergencyAccess.reviewNote": "emergency-access:review",
    "AuditActor.id": "audit-detail:read",
    "AuditActor.username": "audit-detail:read",
    "AuditEntry.patientIds": "audit-detail:read",
    "AuditEntry.rows": "audit-detail:read",
    "AuditEntry.operationName": "audit-detail:read",
    "AuditEntry.documentHash": "audit-detail:read",
    "AuditEntry.session": "audit-detail:read",
    "AuditEntry.address": "audit-detail:read",
    "AuditEntry.requestId": "audit-detail:read",
    "AuditEntry.audience": "audit-detail:read",
    "AuditEntry.firstPosition": "audit-detail:read",
    "AuditEntry.lastPosition": "audit-detail:read",
    "AuditEntry.sealedAt": "audit-detail:read",
    "AuditEntry.seal": "audit-detail:read",
}
"""Fields that ask for more than the type they are of."""

ARGUMENTS = {
    "Query.patients(nationalId:)": "patient-identifiers:read",
    "Query.auditEntries(patient:)": "audit-detail:read",
    "Query.auditEntries(user:)": "audit-detail:read",
    "Query.auditEntries(audience:)": "audit-detail:read",
}
"""Arguments that tell more than their field shows: asked of the rows alone that the scope opens."""

INHERITED = {"Query.viewer", "SignInPayload.viewer", "Bed.ward", "BedStay.bed"} | {
    "Viewer.session",
    "Admission.stays",
    "BedTransition.bed",
    "Ward.cleaning",
    "Query.criticalResultReport",
    "CriticalResultReport.episodes",
    "CriticalResultEpisode.steps",
    "Query.escalationChain",
    "Ward.escalationChains",
    "EscalationChain.steps",
    "CriticalResult.chain",
    "CriticalResult.steps",
    "AuditEntry.actor",
    "AuditEntry.recipients",
    "MedicationOrder.doses",
    "Query.medicationsDue",
    "Patient.vitalTrend",
    "Patient.labTrend",
    "Patient.labPanels",
}
"""Whoever sees the row sees what is behind these: it is part of what the row means."""

NEVER_REFUSED = {"Query.node", "Query.nodes", "Query.wards", "Viewer.wards", "Ward.beds"} | {
    "LabResult.history"
}
"""Any signed-in user may ask; the rows are those in sight, which may be none."""

MUTATIONS = {
    "signIn": None,
    "signOut": None,
    "changePassword": None,
    "createUser": "user:write",
    "changeUser": "user:write",
    "disableUser": "user:write",
    "enableUser": "user:write",
    "setUserPassword": "user:write",
    "addWard": "ward:write",
    "changeWard": "ward:write",
    "retireWard": "ward:write",
    "addBed": "ward:write",
    "changeBed": "ward:write",
    "retireBed": "ward:write",
    "registerPatient": "patient:register",
    "recordAllergy": "allergy:record",
    "markAllergyEnteredInError": "allergy:correct",
    "recordVitals": "vitals:record",
    "markVitalsEnteredInError": "vitals:correct",
    "setSpo2Scale": "spo2-scale:set",
    "recordPregnancy": "pregnancy:record",
    "endPregnancy": "pregnancy:record",
    "recordLabResults": "lab:record",
    "acknowledgeCriticalResult": "critical-result:acknowledge",
    "addCriticalRule": "critical-rule:write",
    "changeCriticalRule": "critical-rule:write",
    "retireCriticalRule": "critical-rule:write",
    "dryRunCriticalRule": "critical-rule:write",
    "setEscalationChain": "escalation-chain:write",
    "resetEscalationChain": "escalation-chain:write",
    "findArrivingPatient": "patient:admit",
    "admitPatient": "patient:admit",
    "transferPatient": "patient:transfer",
    "dischargePatient": "patient:discharge",
    "swapBeds": "patient:transfer",
    "startLeave": "leave:record",
    "endLeave": "leave:record",
    "cancelAdmission": "patient:admit",
    "cancelTransfer": "patient:transfer",
    "cancelDischarge": "patient:discharge",
    "setIsolation": "isolation:set",
    "endIsolation": "isolation:end",
    "equipBed": "bed:equip",
    "releaseReservation": "bed:reserve",
    "reserveBed": "bed:reserve",
    "setBedStatus": "bed-status:set",
    "orderMedication": "medication:order",
    "startMedication": "medication:order",
    "holdMedication": "medication:hold",
    "resumeMedication": "medication:hold",
    "discontinueMedication": "medication:discontinue",
    "completeMedication": "medication:discontinue",
    "markMedicationEnteredInError": "medication:discontinue",
    "recordAdministration": "administration:record",
    "markAdministrationEnteredInError": "administration:record",
    "assignCareTeamMember": "care-team:assign",
    "endCareTeamMembership": "care-team:assign",
    "breakGlass": "patient:break-glass",
    "endEmergencyAccess": "emergency-access:end",
    "reviewEmergencyAccess": "emergency-access:review",
}
"""What each mutation asks for; None: nothing, or a session."""
