"""Care teams: who joins a patient's, and who leaves it.

A membership is half of what the reach TREATMENT goes by, the wards being the other; whoever is on
the team sees the patient wherever they lie. So only somebody who sees the patient already lets
another one in, and an emergency access does not count for that: it must not become a relation that
lasts. Decision: docs/decisions/0007.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, literal_column, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules import admissions, care_teams
from models.rules.care_teams import CareTeamRole
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import inputs, rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.transaction import Transaction

_ON_IT = "this user is on the patient's care team already"


async def assign_care_team_member(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    role: CareTeamRole,
    username: str | None = None,
) -> dict[str, Any]:
    """Put a doctor on an admitted patient's care team; without `username`, oneself.

    It lasts until the discharge and `Policy.care_team_tail` after it. NOT_FOUND where the username
    is no doctor's of the hospital; CONFLICT where the patient is not admitted, or the doctor is on
    the team.
    """
    patient = await visible.row(
        tx, actor, Scope.CARE_TEAM_ASSIGN, models.Patient, patient_id, field="patientId", lock=True
    )
    user = _oneself(actor) if username is None else await _doctor(tx, username)
    if await tx.scalar(_ADMITTED, patient=patient["id"]) is None:
        raise Conflict("the patient is not admitted")
    if await tx.scalar(_OPEN, patient=patient["id"], user=user) is not None:
        raise Conflict(_ON_IT)
    with rows.conflicting({"uq_care_team_members_open": _ON_IT}):
        member = await rows.add(
            tx,
            actor,
            models.CareTeamMember,
            patient_id=patient["id"],
            user_id=user,
            role=role.value,
            started_at=tx.now,
        )
    return {"care_team_member": member}


async def end_care_team_membership(
    tx: Transaction, actor: Actor, *, care_team_member_id: str
) -> dict[str, Any]:
    """Take somebody, or oneself, off a care team now; also in the tail after a discharge."""
    member = await visible.row(
        tx,
        actor,
        Scope.CARE_TEAM_ASSIGN,
        models.CareTeamMember,
        care_team_member_id,
        field="careTeamMemberId",
        lock=True,
    )
    Conflict.unless_allowed(care_teams.end(member["ended_at"], tx.now))
    at = max(tx.now, member["started_at"])
    tx.chart(member["patient_id"])
    await tx.run(_END, member=member["id"], at=at, now=tx.now, by=actor.user_id)
    return {"care_team_member": member["id"]}


async def attend(tx: Transaction, actor: Actor, patient_id: UUID) -> None:
    """A doctor who admits a patient is responsible for them; anybody else is not."""
    if Role.DOCTOR not in actor.roles or actor.user_id is None:
        return
    row = rows.fresh(
        tx,
        actor,
        models.CareTeamMember,
        patient_id=patient_id,
        user_id=actor.user_id,
        role=CareTeamRole.ATTENDER.value,
        started_at=tx.now,
    )
    tx.chart(patient_id)
    await tx.run(_ATTEND, **row)


async def discharged(tx: Transaction, actor: Actor, patient_id: UUID, at: datetime) -> None:
    """The patient has left: the care team goes on seeing the chart for a while, and no longer."""
    tx.chart(patient_id)
    await tx.run(
        _DISCHARGED,
        patient=patient_id,
        until=at + tx.policy.care_team_tail,
        now=tx.now,
        by=actor.user_id,
    )


async def undischarged(tx: Transaction, actor: Actor, patient_id: UUID, at: datetime) -> None:
    """The patient has not left at that time after all: whose tail began then goes on."""
    tx.chart(patient_id)
    await tx.run(
        _UNDISCHARGED,
        patient=patient_id,
        until=at + tx.policy.care_team_tail,
        now=tx.now,
        by=actor.user_id,
    )


def _oneself(actor: Actor) -> UUID:
    if Role.DOCTOR not in actor.roles or actor.user_id is None:
        raise BadInput("username is needed: you are no doctor", field="username")
    return actor.user_id


async def _doctor(tx: Transaction, username: str) -> UUID:
    name = inputs.text(username, "username").lower()
    found: UUID | None = await tx.scalar(_DOCTOR, hospital=tx.hospital_id, username=name)
    if found is None:
        raise NotFound("username names no doctor here", field="username")
    return found


_TIME = TIMESTAMP(timezone=True)
_M, _U = models.CareTeamMember.__table__.c, models.User.__table__.c
_A, _ROLE = models.Admission.__table__.c, models.RoleMembership.__table__.c

_DOCTOR = select(_U.id).where(
    _U.hospital_id == bindparam("hospital"),
    _U.username == bindparam("username", type_=Text()),
    _U.disabled_at.is_(None),
    exists(
        select(literal_column("1")).where(
            _ROLE.user_id == _U.id, _ROLE.role == literal_column(f"'{Role.DOCTOR.value}'")
        )
    ),
)
_ADMITTED = select(_A.id).where(
    _A.patient_id == bindparam("patient"),
    or_(*(_A.status == literal_column(f"'{each.value}'") for each in sorted(admissions.CURRENT))),
)
_OPEN = select(_M.id).where(
    _M.user_id == bindparam("user"), _M.patient_id == bindparam("patient"), _M.ended_at.is_(None)
)
_END = (
    update(models.CareTeamMember)
    .where(_M.id == bindparam("member"))
    .values(
        ended_at=bindparam("at", type_=_TIME),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_ATTEND = (
    insert(models.CareTeamMember)
    .values(
        {
            name: bindparam(name, type_=_M[name].type)
            for name in (
                "id",
                "hospital_id",
                "patient_id",
                "user_id",
                "role",
                "started_at",
                "created_at",
                "created_by",
                "updated_at",
                "updated_by",
            )
        }
    )
    .on_conflict_do_nothing()
)
_DISCHARGED = (
    update(models.CareTeamMember)
    .where(_M.patient_id == bindparam("patient"), _M.ended_at.is_(None))
    .values(
        ended_at=func.greatest(_M.started_at, bindparam("until", type_=_TIME)),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
_UNDISCHARGED = (
    update(models.CareTeamMember)
    .where(
        _M.patient_id == bindparam("patient"),
        _M.ended_at == func.greatest(_M.started_at, bindparam("until", type_=_TIME)),
        _M.ended_at > bindparam("now", type_=_TIME),
    )
    .values(
        ended_at=null(),
        updated_at=bindparam("now", type_=_TIME),
        updated_by=bindparam("by"),
    )
)
