"""Callees: which users a step of an escalation chain calls.

They are called by the live channel and by nothing else: the product rings no telephone. Who is on
duty no roster here says, so that all are called who work on the ward in the role.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, case, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

import models
from models.rules.care_teams import CareTeamRole
from models.rules.escalation import ATTENDER_AMONG, ON_THE_WARD, Audience
from resolvers.reading.shapes import words

_NOBODY = literal_column("'{}'::uuid[]", ARRAY(Uuid()))
_USER, _MEMBER = models.User.__table__, models.WardMembership.__table__
_ROLE, _TEAM = models.RoleMembership.__table__, models.CareTeamMember.__table__


def called(
    audience: ColumnElement[Any],
    *,
    ward: ColumnElement[UUID],
    patient: ColumnElement[UUID],
    at: ColumnElement[Any],
    ordered_by: ColumnElement[UUID],
) -> ColumnElement[list[UUID]]:
    """The ids of those who are called at a time, in their order; of nobody's users that are
    disabled. `ward` is null where the patient lies in no bed, `ordered_by` where it is not known
    who ordered the test, or nobody did: then the attender is called in their place."""
    user = _USER.alias("callee")
    named = func.array_cat(
        _on_the_ward(audience, ward),
        case(
            (
                and_(
                    _is(audience, Audience.WARD_NURSE_AND_ORDERING_CLINICIAN),
                    ordered_by.is_not(None),
                ),
                func.array_append(_NOBODY, ordered_by),
            ),
            (or_(*(_is(audience, one) for one in sorted(ATTENDER_AMONG))), _attenders(patient, at)),
            else_=_NOBODY,
        ),
        type_=ARRAY(Uuid()),
    )
    ids = func.array_agg(aggregate_order_by(user.c.id, user.c.id), type_=ARRAY(Uuid()))
    return (
        select(func.coalesce(ids, _NOBODY, type_=ARRAY(Uuid())))
        # An array, so that PostgreSQL looks these few up and does not go through all users.
        .where(user.c.id == func.any(named), user.c.disabled_at.is_(None))
        .correlate_except(user)
        .scalar_subquery()
    )


def _on_the_ward(
    audience: ColumnElement[Any], ward: ColumnElement[UUID]
) -> ColumnElement[list[UUID]]:
    member, role = _MEMBER.alias("callee_member"), _ROLE.alias("callee_role")
    roles = {one: words([role])[0] for one, role in ON_THE_WARD.items()}
    wanted = case(*((_is(audience, one), word) for one, word in roles.items()), else_=None)
    found = (
        select(member.c.user_id)
        .select_from(member.join(role, role.c.user_id == member.c.user_id))
        .where(member.c.ward_id == ward, role.c.role == wanted)
        .correlate_except(member, role)
    )
    return func.array(found.scalar_subquery(), type_=ARRAY(Uuid()))


def _attenders(patient: ColumnElement[UUID], at: ColumnElement[Any]) -> ColumnElement[list[UUID]]:
    team = _TEAM.alias("callee_team")
    found = (
        select(team.c.user_id)
        .where(
            team.c.patient_id == patient,
            team.c.role.in_(words([CareTeamRole.ATTENDER])),
            team.c.started_at <= at,
            or_(team.c.ended_at.is_(None), team.c.ended_at > at),
        )
        .correlate_except(team)
    )
    return func.array(found.scalar_subquery(), type_=ARRAY(Uuid()))


def _is(audience: ColumnElement[Any], one: Audience) -> ColumnElement[bool]:
    return audience == literal_column(f"'{one.value}'", Text())
