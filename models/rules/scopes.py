"""Who may do what, and to which rows: one table from role to scope to reach.

A scope is `<noun>:<verb>`, the noun in the singular with hyphens, the verb in the imperative
(`critical-result:acknowledge`). The reach says which rows the scope opens. Each role brings its own
reach for each of its scopes, so a clerk who is also a nurse registers patients hospital-wide but
reads clinical data on the own wards alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from models.rules.roles import Role


class Scope(StrEnum):
    """One permission. The values are public (`viewer.scopes`, `@requiresScopes`)."""

    # reading
    ADMISSION_READ = "admission:read"
    ADMISSION_REASON_READ = "admission-reason:read"
    ALLERGY_READ = "allergy:read"
    AUDIT_READ = "audit:read"
    AUDIT_DETAIL_READ = "audit-detail:read"
    CARE_TEAM_READ = "care-team:read"
    CRITICAL_RESULT_READ = "critical-result:read"
    CRITICAL_RESULT_REPORT_READ = "critical-result-report:read"
    CRITICAL_RULE_READ = "critical-rule:read"
    EMERGENCY_ACCESS_READ = "emergency-access:read"
    IMPORT_READ = "import:read"
    ISOLATION_READ = "isolation:read"
    LAB_READ = "lab:read"
    MEDICATION_READ = "medication:read"
    PATIENT_CONTACT_READ = "patient-contact:read"
    PATIENT_IDENTIFIERS_READ = "patient-identifiers:read"
    PATIENT_READ = "patient:read"
    USER_READ = "user:read"
    VITALS_READ = "vitals:read"
    WARD_READ = "ward:read"

    # writing
    ADMINISTRATION_RECORD = "administration:record"
    ALLERGY_CORRECT = "allergy:correct"
    ALLERGY_RECORD = "allergy:record"
    BED_EQUIP = "bed:equip"
    BED_RESERVE = "bed:reserve"
    BED_STATUS_SET = "bed-status:set"
    CARE_TEAM_ASSIGN = "care-team:assign"
    CRITICAL_RESULT_ACKNOWLEDGE = "critical-result:acknowledge"
    CRITICAL_RULE_WRITE = "critical-rule:write"
    EMERGENCY_ACCESS_END = "emergency-access:end"
    EMERGENCY_ACCESS_REVIEW = "emergency-access:review"
    ESCALATION_CHAIN_WRITE = "escalation-chain:write"
    ISOLATION_END = "isolation:end"
    ISOLATION_OVERRIDE = "isolation:override"
    ISOLATION_SET = "isolation:set"
    LAB_RECORD = "lab:record"
    LEAVE_RECORD = "leave:record"
    MEDICATION_DISCONTINUE = "medication:discontinue"
    MEDICATION_HOLD = "medication:hold"
    MEDICATION_ORDER = "medication:order"
    PATIENT_ADMIT = "patient:admit"
    PATIENT_BREAK_GLASS = "patient:break-glass"
    PATIENT_DISCHARGE = "patient:discharge"
    PATIENT_REGISTER = "patient:register"
    PATIENT_TRANSFER = "patient:transfer"
    PREGNANCY_RECORD = "pregnancy:record"
    SPO2_SCALE_SET = "spo2-scale:set"
    USER_WRITE = "user:write"
    VITALS_CORRECT = "vitals:correct"
    VITALS_RECORD = "vitals:record"
    WARD_WRITE = "ward:write"


class Reach(StrEnum):
    """The rows a scope opens."""

    HOSPITAL = "HOSPITAL"
    """Every row of the hospital."""
    WARDS = "WARDS"
    """Rows of patients who lie in a bed of one of the actor's wards now; those wards and beds."""
    TREATMENT = "TREATMENT"
    """Rows of patients with whom the actor has a treatment relation: those of WARDS, and those
    whose care team the actor is on, wherever they lie; the beds in which the latter lie."""
    OPENED = "OPENED"
    """Rows of patients whom the actor opened by breaking the glass, while that lasts; the beds in
    which they lie. No role grants it: it comes with an emergency access."""
    OWN = "OWN"
    """The actor's own patient record."""
    AUTHORED = "AUTHORED"
    """Rows that the actor wrote."""


def _grant(reach: Reach, *scopes: Scope) -> Mapping[Scope, Reach]:
    return dict.fromkeys(scopes, reach)


# Who does one of them takes it back, too.
_STAYS = (
    Scope.PATIENT_ADMIT,
    Scope.PATIENT_TRANSFER,
    Scope.PATIENT_DISCHARGE,
    Scope.LEAVE_RECORD,
)

# Whoever is at the bedside isolates on a suspicion; to end it, or to lay somebody isolated into a
# bed that is not fit, is for those who answer for the ward or for the patient.
_ISOLATION = (Scope.ISOLATION_SET, Scope.ISOLATION_END, Scope.ISOLATION_OVERRIDE)

_BEDSIDE_READING = (
    Scope.WARD_READ,
    Scope.PATIENT_READ,
    Scope.PATIENT_CONTACT_READ,
    Scope.CARE_TEAM_READ,
    Scope.ALLERGY_READ,
    Scope.ADMISSION_READ,
    Scope.ADMISSION_REASON_READ,
    Scope.ISOLATION_READ,
    Scope.VITALS_READ,
    Scope.LAB_READ,
    Scope.CRITICAL_RESULT_READ,
    Scope.MEDICATION_READ,
)

# Who breaks the glass is told by name, and finds the own emergency accesses again.
_EMERGENCY: Mapping[Scope, Reach] = MappingProxyType(
    {
        Scope.PATIENT_BREAK_GLASS: Reach.HOSPITAL,
        Scope.EMERGENCY_ACCESS_READ: Reach.AUTHORED,
        Scope.EMERGENCY_ACCESS_END: Reach.AUTHORED,
    }
)

OPENED_BY_EMERGENCY = frozenset(
    {
        *_BEDSIDE_READING,
        Scope.ADMINISTRATION_RECORD,
        Scope.ALLERGY_CORRECT,
        Scope.ALLERGY_RECORD,
        Scope.CRITICAL_RESULT_ACKNOWLEDGE,
        Scope.MEDICATION_DISCONTINUE,
        Scope.MEDICATION_HOLD,
        Scope.MEDICATION_ORDER,
        Scope.PREGNANCY_RECORD,
        Scope.SPO2_SCALE_SET,
        Scope.VITALS_CORRECT,
        Scope.VITALS_RECORD,
    }
)
"""What an emergency access opens, of that which the role may do for its own patients: to read the
chart and to treat. It moves nobody between beds, and makes nobody a member of a care team."""

_NURSING = (
    *_BEDSIDE_READING,
    Scope.VITALS_RECORD,
    Scope.VITALS_CORRECT,
    Scope.PREGNANCY_RECORD,
    Scope.ADMINISTRATION_RECORD,
    Scope.ALLERGY_CORRECT,
    Scope.ALLERGY_RECORD,
    Scope.CRITICAL_RESULT_ACKNOWLEDGE,
    Scope.ISOLATION_SET,
    Scope.LEAVE_RECORD,
)

_OWN_RECORD = (
    Scope.PATIENT_READ,
    Scope.PATIENT_CONTACT_READ,
    Scope.PATIENT_IDENTIFIERS_READ,
    Scope.CARE_TEAM_READ,
    Scope.ALLERGY_READ,
    Scope.ADMISSION_READ,
    Scope.ADMISSION_REASON_READ,
    Scope.ISOLATION_READ,
    Scope.VITALS_READ,
    Scope.LAB_READ,
    Scope.MEDICATION_READ,
)

# By what values somebody is called: they are of no patient, and the same for all who are.
_RULES = _grant(Reach.HOSPITAL, Scope.CRITICAL_RULE_READ)

ROLE_GRANTS: Mapping[Role, Mapping[Scope, Reach]] = MappingProxyType(
    {
        Role.ADMIN: _grant(Reach.HOSPITAL, *Scope),
        # A doctor's patients are those of a treatment relation, not those of a ward alone: a
        # consultant's lie anywhere (docs/decisions/0007).
        Role.DOCTOR: {
            **_grant(
                Reach.TREATMENT,
                *_BEDSIDE_READING,
                Scope.ALLERGY_CORRECT,
                Scope.ALLERGY_RECORD,
                Scope.VITALS_RECORD,
                Scope.VITALS_CORRECT,
                Scope.PREGNANCY_RECORD,
                Scope.SPO2_SCALE_SET,
                Scope.ADMINISTRATION_RECORD,
                Scope.CARE_TEAM_ASSIGN,
                Scope.CRITICAL_RESULT_ACKNOWLEDGE,
                Scope.MEDICATION_ORDER,
                Scope.MEDICATION_HOLD,
                Scope.MEDICATION_DISCONTINUE,
                *_STAYS,
                *_ISOLATION,
            ),
            **_RULES,
            **_EMERGENCY,
        },
        Role.NURSE: {**_grant(Reach.WARDS, *_NURSING), **_RULES, **_EMERGENCY},
        Role.CHARGE_NURSE: {
            **_grant(
                Reach.WARDS,
                *_NURSING,
                Scope.BED_STATUS_SET,
                Scope.BED_RESERVE,
                Scope.CARE_TEAM_ASSIGN,
                Scope.CRITICAL_RESULT_REPORT_READ,
                *_STAYS,
                *_ISOLATION,
            ),
            **_RULES,
            **_EMERGENCY,
        },
        Role.LAB: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.LAB_READ,
            Scope.LAB_RECORD,
            Scope.CRITICAL_RESULT_READ,
            Scope.CRITICAL_RESULT_REPORT_READ,
            Scope.CRITICAL_RULE_READ,
            Scope.CRITICAL_RULE_WRITE,
        ),
        Role.PHARMACIST: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.ALLERGY_READ,
            Scope.ALLERGY_CORRECT,
            Scope.ALLERGY_RECORD,
            Scope.CRITICAL_RULE_READ,
            Scope.LAB_READ,
            Scope.MEDICATION_READ,
            Scope.MEDICATION_ORDER,
            Scope.MEDICATION_HOLD,
            Scope.MEDICATION_DISCONTINUE,
        ),
        Role.CLERK: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.PATIENT_CONTACT_READ,
            Scope.PATIENT_IDENTIFIERS_READ,
            Scope.ADMISSION_READ,
            Scope.ISOLATION_READ,
            Scope.PATIENT_REGISTER,
            *_STAYS,
            Scope.BED_RESERVE,
            Scope.BED_STATUS_SET,
        ),
        # Who saw whom, when, from where, and whether there was a relation to the patient then:
        # identity and places, nothing clinical, no way to reach anybody (docs/decisions/0007).
        Role.AUDITOR: _grant(
            Reach.HOSPITAL,
            Scope.AUDIT_READ,
            Scope.AUDIT_DETAIL_READ,
            Scope.EMERGENCY_ACCESS_READ,
            Scope.EMERGENCY_ACCESS_END,
            Scope.EMERGENCY_ACCESS_REVIEW,
            Scope.CRITICAL_RESULT_REPORT_READ,
            Scope.CRITICAL_RULE_READ,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.ADMISSION_READ,
            Scope.CARE_TEAM_READ,
        ),
        # An integrator writes for the whole hospital but reads back only what it wrote: a
        # laboratory's credential must not become a way to read the hospital.
        Role.INTEGRATOR: {
            **_grant(
                Reach.HOSPITAL,
                Scope.WARD_READ,
                Scope.PATIENT_REGISTER,
                *_STAYS,
                Scope.VITALS_RECORD,
                Scope.LAB_RECORD,
                Scope.MEDICATION_ORDER,
                Scope.ALLERGY_RECORD,
            ),
            **_grant(
                Reach.AUTHORED,
                *_OWN_RECORD,
                Scope.CRITICAL_RESULT_READ,
                Scope.ALLERGY_CORRECT,
                Scope.IMPORT_READ,
                Scope.VITALS_CORRECT,
            ),
        },
        # "Who has seen me": the entries about the own record, and of them what is about it.
        Role.PATIENT: _grant(Reach.OWN, *_OWN_RECORD, Scope.AUDIT_READ),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Rights:
    """What a set of roles may do. Made by `rights` alone, which returns the same object for equal
    rights: so it compares and hashes by identity, and is a cheap key for plans and groups."""

    _reaches: Mapping[Scope, frozenset[Reach]]
    scopes: tuple[str, ...]
    """The granted scopes, sorted."""

    def reaches(self, scope: Scope) -> frozenset[Reach]:
        """The reaches in which `scope` is granted, to be read as "or"; empty: not granted."""
        return self._reaches.get(scope, frozenset())


_INTERNED: dict[frozenset[tuple[Scope, frozenset[Reach]]], Rights] = {}


@cache
def rights(roles: frozenset[Role], *, opened: bool = False) -> Rights:
    """The union of what `roles` grant. HOSPITAL holds every row that the other reaches hold, so it
    absorbs them, and TREATMENT holds WARDS; a user without roles has no right.

    `opened`: the user has an emergency access, which adds OPENED to what its roles open by it. For
    everybody else rights, and with them plans, are the same as if there were no such thing.
    """
    merged: dict[Scope, frozenset[Reach]] = {}
    for role in roles:
        grants = ROLE_GRANTS[role]
        entitled = opened and Scope.PATIENT_BREAK_GLASS in grants
        for scope, reach in grants.items():
            more = {reach, Reach.OPENED} if entitled and scope in OPENED_BY_EMERGENCY else {reach}
            merged[scope] = merged.get(scope, frozenset()) | more
    for scope, reaches in merged.items():
        if Reach.HOSPITAL in reaches:
            merged[scope] = frozenset({Reach.HOSPITAL})
        elif Reach.TREATMENT in reaches:
            merged[scope] = reaches - {Reach.WARDS}
    found = Rights(MappingProxyType(merged), tuple(sorted(scope.value for scope in merged)))
    return _INTERNED.setdefault(frozenset(merged.items()), found)
