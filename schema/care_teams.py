"""Members of a patient's care team."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.enums import CareTeamRole
from schema.fields import column, expression, identifier, produced
from schema.nodes import Node


def _name(member: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == member.c.user_id)


@strawberry.type(
    description=(
        "Somebody who treats the patient (FHIR CareTeam.participant), and so sees them wherever"
        " they lie."
    )
)
class CareTeamMember(Node):
    """`endedAt` may be still to come: after a discharge the team sees the chart for a while."""

    id: strawberry.ID = identifier(models.CareTeamMember)
    name: str = expression(_name)
    role: CareTeamRole = column()
    started_at: datetime = column()
    ended_at: datetime | None = column()


@strawberry.input(
    description=(
        "Put a doctor on an admitted patient's care team, until the discharge; without username,"
        " oneself."
    )
)
class AssignCareTeamMemberInput:
    """Input of assignCareTeamMember."""

    patient_id: strawberry.ID
    role: CareTeamRole
    username: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of assignCareTeamMember.")
class AssignCareTeamMemberPayload:
    """Answer of assignCareTeamMember."""

    care_team_member: CareTeamMember | None = produced(models.CareTeamMember)


@strawberry.input(description="Take somebody, or oneself, off a care team.")
class EndCareTeamMembershipInput:
    """Input of endCareTeamMembership."""

    care_team_member_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of endCareTeamMembership.")
class EndCareTeamMembershipPayload:
    """Answer of endCareTeamMembership."""

    care_team_member: CareTeamMember | None = produced(models.CareTeamMember)
