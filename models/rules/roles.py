"""The roles a member of a hospital may hold."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a hospital. A user may hold several; what each grants is in `scopes`."""

    ADMIN = "ADMIN"
    DOCTOR = "DOCTOR"
    NURSE = "NURSE"
    CHARGE_NURSE = "CHARGE_NURSE"
    LAB = "LAB"
    PHARMACIST = "PHARMACIST"
    CLERK = "CLERK"
    AUDITOR = "AUDITOR"
    INTEGRATOR = "INTEGRATOR"
    PATIENT = "PATIENT"
