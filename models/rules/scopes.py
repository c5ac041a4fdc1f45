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
    CRITICAL_RESULT_READ = "critical-result:read"
    IMPORT_READ = "import:read"
    LAB_READ = "lab:read"
    MEDICATION_READ = "medication:read"
    PATIENT_CONTACT_READ = "patient-contact:read"
    PATIENT_IDENTIFIERS_READ = "patient-identifiers:read"
    PATIENT_READ = "patient:read"
    VITALS_READ = "vitals:read"
    WARD_READ = "ward:read"

    # writing
    ADMINISTRATION_RECORD = "administration:record"
    ALLERGY_RECORD = "allergy:record"
    BED_RESERVE = "bed:reserve"
    BED_STATUS_SET = "bed-status:set"
    CRITICAL_RESULT_ACKNOWLEDGE = "critical-result:acknowledge"
    CRITICAL_RULE_WRITE = "critical-rule:write"
    LAB_RECORD = "lab:record"
    MEDICATION_DISCONTINUE = "medication:discontinue"
    MEDICATION_ORDER = "medication:order"
    PATIENT_ADMIT = "patient:admit"
    PATIENT_DISCHARGE = "patient:discharge"
    PATIENT_REGISTER = "patient:register"
    PATIENT_TRANSFER = "patient:transfer"
    USER_WRITE = "user:write"
    VITALS_RECORD = "vitals:record"


class Reach(StrEnum):
    """The rows a scope opens."""

    HOSPITAL = "HOSPITAL"
    """Every row of the hospital."""
    WARDS = "WARDS"
    """Rows of patients who lie in a bed of one of the actor's wards now; those wards and beds."""
    OWN = "OWN"
    """The actor's own patient record."""
    AUTHORED = "AUTHORED"
    """Rows that the actor wrote."""


def _grant(reach: Reach, *scopes: Scope) -> Mapping[Scope, Reach]:
    return dict.fromkeys(scopes, reach)


_STAYS = (Scope.PATIENT_ADMIT, Scope.PATIENT_TRANSFER, Scope.PATIENT_DISCHARGE)

_BEDSIDE_READING = (
    Scope.WARD_READ,
    Scope.PATIENT_READ,
    Scope.PATIENT_CONTACT_READ,
    Scope.ALLERGY_READ,
    Scope.ADMISSION_READ,
    Scope.ADMISSION_REASON_READ,
    Scope.VITALS_READ,
    Scope.LAB_READ,
    Scope.CRITICAL_RESULT_READ,
    Scope.MEDICATION_READ,
)

_NURSING = (
    *_BEDSIDE_READING,
    Scope.VITALS_RECORD,
    Scope.ADMINISTRATION_RECORD,
    Scope.ALLERGY_RECORD,
    Scope.CRITICAL_RESULT_ACKNOWLEDGE,
)

_OWN_RECORD = (
    Scope.PATIENT_READ,
    Scope.PATIENT_CONTACT_READ,
    Scope.PATIENT_IDENTIFIERS_READ,
    Scope.ALLERGY_READ,
    Scope.ADMISSION_READ,
    Scope.ADMISSION_REASON_READ,
    Scope.VITALS_READ,
    Scope.LAB_READ,
    Scope.MEDICATION_READ,
)

ROLE_GRANTS: Mapping[Role, Mapping[Scope, Reach]] = MappingProxyType(
    {
        Role.ADMIN: _grant(Reach.HOSPITAL, *Scope),
        Role.DOCTOR: _grant(
            Reach.WARDS,
            *_BEDSIDE_READING,
            Scope.ALLERGY_RECORD,
            Scope.VITALS_RECORD,
            Scope.ADMINISTRATION_RECORD,
            Scope.CRITICAL_RESULT_ACKNOWLEDGE,
            Scope.MEDICATION_ORDER,
            Scope.MEDICATION_DISCONTINUE,
            *_STAYS,
        ),
        Role.NURSE: _grant(Reach.WARDS, *_NURSING),
        Role.CHARGE_NURSE: _grant(
            Reach.WARDS, *_NURSING, Scope.BED_STATUS_SET, Scope.BED_RESERVE, *_STAYS
        ),
        Role.LAB: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.LAB_READ,
            Scope.LAB_RECORD,
            Scope.CRITICAL_RESULT_READ,
            Scope.CRITICAL_RULE_WRITE,
        ),
        Role.PHARMACIST: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.ALLERGY_READ,
            Scope.ALLERGY_RECORD,
            Scope.LAB_READ,
            Scope.MEDICATION_READ,
            Scope.MEDICATION_ORDER,
            Scope.MEDICATION_DISCONTINUE,
        ),
        Role.CLERK: _grant(
            Reach.HOSPITAL,
            Scope.WARD_READ,
            Scope.PATIENT_READ,
            Scope.PATIENT_CONTACT_READ,
            Scope.PATIENT_IDENTIFIERS_READ,
            Scope.ADMISSION_READ,
            Scope.PATIENT_REGISTER,
            *_STAYS,
            Scope.BED_RESERVE,
            Scope.BED_STATUS_SET,
        ),
        Role.AUDITOR: _grant(Reach.HOSPITAL, Scope.AUDIT_READ),
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
            **_grant(Reach.AUTHORED, *_OWN_RECORD, Scope.CRITICAL_RESULT_READ, Scope.IMPORT_READ),
        },
        Role.PATIENT: _grant(Reach.OWN, *_OWN_RECORD),
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
def rights(roles: frozenset[Role]) -> Rights:
    """The union of what `roles` grant. HOSPITAL holds every row that the other reaches hold, so it
    absorbs them; a user without roles has no right."""
    merged: dict[Scope, frozenset[Reach]] = {}
    for role in roles:
        for scope, reach in ROLE_GRANTS[role].items():
            merged[scope] = merged.get(scope, frozenset()) | {reach}
    for scope, reaches in merged.items():
        if Reach.HOSPITAL in reaches:
            merged[scope] = frozenset({Reach.HOSPITAL})
    found = Rights(MappingProxyType(merged), tuple(sorted(scope.value for scope in merged)))
    return _INTERNED.setdefault(frozenset(merged.items()), found)
