"""Who can sign in at the demo hospital. The password is the demo's and exists nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from models.rules.roles import Role


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user of the demo; `wards` are codes."""

    username: str
    display_name: str
    role: Role
    wards: tuple[str, ...] = ()


_NURSING_WARDS = ("MED1", "SURG1")

USERS: tuple[DemoUser, ...] = (
    DemoUser("admin", "Noor Haddad", Role.ADMIN),
    DemoUser("doctor", "Dr Miriam Okafor", Role.DOCTOR, ("ICU", "MED1", "SURG1", "PEDS", "ED")),
    DemoUser("nurse", "Tom Lindqvist, RN", Role.NURSE, _NURSING_WARDS),
    DemoUser("charge", "Rosa Delgado, RN", Role.CHARGE_NURSE, _NURSING_WARDS),
    DemoUser("lab", "Ines Kowalczyk", Role.LAB),
    DemoUser("pharmacist", "Hiro Tanaka, PharmD", Role.PHARMACIST),
    DemoUser("clerk", "Grace Mbeki", Role.CLERK),
    DemoUser("auditor", "Paul Brandt", Role.AUDITOR),
    DemoUser("integrator", "Laboratory and admission interface", Role.INTEGRATOR),
)
