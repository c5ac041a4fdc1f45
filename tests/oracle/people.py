"""People: one who asks for each role, in a hospital in which nothing is null for want of data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import models
from models.rules.roles import Role
from resolvers.transaction import transaction
from tests.oracle.hospitals import House, looked_up
from tests.resolvers.reading.hospital import Hospital

OWN = "Ben"


async def staffed(hospital: Hospital) -> House:
    """The hospital with an actor a role, in the order of the roles: nurses on MED1; a doctor on ICU
    who is on Cleo's care team; a nurse broke the glass for Dora, a charge nurse for Gus, who lies
    in a bed; the patient is Ben."""
    found = []
    for role in Role:
        wards = {Role.NURSE: ["MED1"], Role.CHARGE_NURSE: ["MED1"], Role.DOCTOR: ["ICU"]}
        own = OWN if role is Role.PATIENT else None
        found.append(await hospital.user(role, wards=wards.get(role, []), own=own))
    # What an integrator sees is what it wrote.
    found[list(Role).index(Role.INTEGRATOR)] = hospital.charts["Gus"].author
    by_role = dict(zip(Role, found, strict=True))
    openers = {"Dora": Role.NURSE, "Gus": Role.CHARGE_NURSE}
    now = datetime.now(UTC)
    async with transaction(hospital.pool, hospital.id, now) as tx:
        for name, chart in hospital.charts.items():
            member = by_role[Role.DOCTOR if name == "Cleo" else Role.ADMIN]
            await tx.insert(
                models.CareTeamMember,
                {"id": models.new_id(), "hospital_id": hospital.id, "user_id": member.user_id}
                | {"patient_id": chart.patient, "started_at": now, "role": "CONSULTANT"}
                | {"ended_at": now + timedelta(hours=9), "created_by": chart.author.user_id},
            )
            opener = by_role[openers.get(name, Role.ADMIN)]
            await tx.insert(
                models.EmergencyAccess,
                {"id": models.new_id(), "hospital_id": hospital.id, "user_id": opener.user_id}
                | {"patient_id": chart.patient, "reason": "found unconscious", "opened_at": now}
                | {"expires_at": now + timedelta(hours=4), "outcome": "JUSTIFIED"}
                | {"reviewed_at": now, "reviewed_by": by_role[Role.AUDITOR].user_id}
                | {"review_note": "seen"},
            )
    house = House(hospital, await looked_up(hospital, found))
    await house.look()
    return house
