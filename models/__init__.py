"""The tables, one noun a file. `models.VitalSigns` and its like are the names others use."""

from models.administrations import MedicationAdministration
from models.admissions import Admission
from models.allergies import Allergy
from models.arrivals import ArrivalAttempt
from models.audit import AuditEntry, AuditGap, AuditMention, AuditSeal, AuditSelection
from models.base import Base, new_id
from models.beds import Bed, BedStay, BedTransition, Reservation
from models.care_teams import CareTeamMember
from models.critical_results import CriticalResult, CriticalResultStep
from models.critical_rules import CriticalRule
from models.emergency_access import EmergencyAccess, EmergencyAccessAttempt
from models.escalation import EscalationChain
from models.events import EventCounter, LoggedEvent
from models.hospitals import Hospital
from models.idempotency import IdempotencyKey
from models.imports import ImportRejection, UnmappedObservation
from models.isolations import Isolation
from models.labs import LabResult
from models.medications import MedicationOrder, MedicationOrderStep, MedicationWarning
from models.patients import Patient
from models.pregnancies import Pregnancy
from models.sessions import Session, SignInAttempt
from models.spo2_scales import Spo2ScaleDecision
from models.users import RoleMembership, User, WardMembership
from models.vitals import VitalSigns
from models.wards import Room, Ward

__all__ = [
    "Admission",
    "Allergy",
    "ArrivalAttempt",
    "AuditEntry",
    "AuditGap",
    "AuditMention",
    "AuditSeal",
    "AuditSelection",
    "Base",
    "Bed",
    "BedStay",
    "BedTransition",
    "CareTeamMember",
    "CriticalResult",
    "CriticalResultStep",
    "CriticalRule",
    "EmergencyAccess",
    "EmergencyAccessAttempt",
    "EscalationChain",
    "EventCounter",
    "Hospital",
    "IdempotencyKey",
    "ImportRejection",
    "Isolation",
    "LabResult",
    "LoggedEvent",
    "MedicationAdministration",
    "MedicationOrder",
    "MedicationOrderStep",
    "MedicationWarning",
    "Patient",
    "Pregnancy",
    "Reservation",
    "RoleMembership",
    "Room",
    "Session",
    "SignInAttempt",
    "Spo2ScaleDecision",
    "UnmappedObservation",
    "User",
    "VitalSigns",
    "Ward",
    "WardMembership",
    "new_id",
]
