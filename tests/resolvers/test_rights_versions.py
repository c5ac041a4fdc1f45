"""Versions of rights: whoever changes those of several users at once waits for others, not each for
the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import models
from models.rules.roles import Role
from resolvers import ids

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

END = "UPDATE care_team_members SET ended_at = now() WHERE patient_id = $1"
ADD = (
    "INSERT INTO care_team_members (id, hospital_id, patient_id, user_id, role, started_at)"
    " VALUES ($1, $2, $3, $4, 'CONSULTANT', now() - interval '1 hour')"
)


async def test_two_teams_of_the_same_doctors_end_at_once(house: House) -> None:
    """Two discharges: each ends the memberships of all, in the order in which they joined."""
    users = [house.users[role] for role in (Role.DOCTOR, Role.NURSE, Role.CLERK, Role.LAB)]
    for _ in range(15):
        patients = []
        for joined in (users, users[::-1]):
            patient = ids.decode(models.Patient, await house.patient())
            patients.append(patient)
            for user in joined:
                await house.pool.execute(ADD, models.new_id(), house.id, patient, user)
        await asyncio.gather(*(house.pool.execute(END, patient) for patient in patients))
