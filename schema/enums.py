"""Enums: the words of models/rules under their public names."""

import strawberry

from models.rules.administrations import AdministrationStatus, DoseState
from models.rules.admissions import AdmissionStatus
from models.rules.allergies import Criticality
from models.rules.audit import AuditOperation, AuditOutcome
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.care_teams import CareTeamRole
from models.rules.critical_results import (
    CriticalResultEventKind,
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
)
from models.rules.critical_rules import Side
from models.rules.drug_warnings import WarningKind, WarningSeverity
from models.rules.emergency_access import EmergencyAccessEventKind, EmergencyAccessOutcome
from models.rules.escalation import Audience, Urgency
from models.rules.isolations import IsolationKind
from models.rules.medications import MedicationStatus, OrderStepKind
from models.rules.news2 import News2NotApplicable, News2Risk, Spo2Scale
from models.rules.panels import LabPanel
from models.rules.patients import ChartChangeEventKind, Sex
from models.rules.results import IngestOutcome, Interpretation, ResultStatus
from models.rules.roles import Role
from models.rules.trends import LeftOut
from models.rules.vitals import Consciousness, VitalParameter, VitalSignsEventKind

for _enum, _description in (
    (AdmissionStatus, "FHIR R4 Encounter.status, as far as an inpatient stay has it."),
    (Criticality, "FHIR R4 AllergyIntolerance.criticality."),
    (AuditOperation, "What was done that the audit tells of."),
    (AuditOutcome, "How it ended: done, or the code it was refused with."),
    (BedChangeEventKind, "What happened to a bed."),
    (ChartChangeEventKind, "What happened to a patient's chart."),
    (BedStatus, "HL7 v2 table 0116, spelled out."),
    (IsolationKind, "Precautions (CDC/HICPAC 2007), and the protective environment."),
    (CareTeamRole, "HL7 v3 ParticipationType, as far as a care team has it."),
    (EmergencyAccessEventKind, "What happened to an emergency access."),
    (EmergencyAccessOutcome, "What the review of an emergency access found."),
    (CriticalResultKind, "What it is that cannot wait."),
    (CriticalResultEventKind, "What happened to a critical result, as stations hear it."),
    (CriticalResultStepKind, "A step of the loop of a critical result."),
    (CriticalResultStatus, "Where a critical result stands in its loop."),
    (AdministrationStatus, "Whether a dose was given."),
    (DoseState, "Where a dose of an order stands."),
    (MedicationStatus, "FHIR R4 MedicationRequest.status."),
    (LabPanel, "A panel of laboratory tests (LOINC 58410-2, 57021-8, 24323-8)."),
    (LeftOut, "Why a result is not drawn in a trend."),
    (News2Risk, "Clinical risk by NEWS2 (RCP 2017)."),
    (Spo2Scale, "By which row of the NEWS2 chart a saturation is scored."),
    (Sex, "FHIR R4 administrative gender."),
    (IngestOutcome, "What became of one result of a call."),
    (Interpretation, "HL7 v3 ObservationInterpretation, spelled out; NOT_JUDGED is our own."),
    (ResultStatus, "FHIR R4 Observation.status, OBX-11."),
    (Role, "A role; models/rules/scopes holds what each may do."),
    (Consciousness, "ACVPU."),
    (VitalSignsEventKind, "What happened to a set of vital signs."),
    (VitalParameter, "What of a set of vital signs is measured as a number."),
):
    strawberry.enum(_enum, description=_description)

strawberry.enum(
    Audience, name="EscalationAudience", description="Who is called at a step of a chain."
)
strawberry.enum(
    Urgency, name="EscalationUrgency", description="How long it can wait, which chooses the chain."
)
strawberry.enum(Side, name="CriticalLimitSide", description="Which end of the range it bounds.")
strawberry.enum(
    News2NotApplicable,
    name="News2NotApplicableReason",
    description="Why a set of vital signs has no NEWS2.",
)
strawberry.enum(
    OrderStepKind, name="MedicationOrderStepKind", description="What happened to an order."
)
strawberry.enum(
    WarningKind, name="MedicationWarningKind", description="What an order is warned of."
)
strawberry.enum(
    WarningSeverity,
    name="MedicationWarningSeverity",
    description="FHIR R4 DetectedIssue.severity.",
)

__all__ = [
    "AdministrationStatus",
    "AdmissionStatus",
    "Audience",
    "AuditOperation",
    "AuditOutcome",
    "BedChangeEventKind",
    "BedStatus",
    "CareTeamRole",
    "ChartChangeEventKind",
    "Consciousness",
    "CriticalResultEventKind",
    "CriticalResultKind",
    "CriticalResultStatus",
    "CriticalResultStepKind",
    "Criticality",
    "DoseState",
    "EmergencyAccessEventKind",
    "EmergencyAccessOutcome",
    "IngestOutcome",
    "Interpretation",
    "IsolationKind",
    "LabPanel",
    "LeftOut",
    "MedicationStatus",
    "News2NotApplicable",
    "News2Risk",
    "OrderStepKind",
    "ResultStatus",
    "Role",
    "Sex",
    "Side",
    "Spo2Scale",
    "Urgency",
    "VitalParameter",
    "VitalSignsEventKind",
    "WarningKind",
    "WarningSeverity",
]
