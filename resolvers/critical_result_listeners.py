"""Who listens when a critical result is raised: told, or nobody is there and the next is called.

A dead man's switch: an alert that nobody can hear does not wait for its first minutes to pass.
Decision: docs/decisions/0021.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules import escalation
from models.rules.critical_results import CriticalResultStatus
from models.rules.roles import Role
from models.rules.scopes import ROLE_GRANTS, Reach, Scope
from resolvers import batches
from resolvers.critical_result_alerts import Alert
from resolvers.critical_result_steps import Loop
from resolvers.escalation_chains import Chains
from resolvers.reading.shapes import words
from resolvers.reading.sources import there_is
from resolvers.transaction import Transaction

MOST_UNTOLD = 500
"""Critical results that one tick looks after; the rest wait for the next."""
NOBODY = "no station of the ward has an open feed"
NOBODY_ANYWHERE = "the patient lies in no bed, and no station of all wards has an open feed"
NOT_KNOWN = "it is not known which stations have an open feed"


@dataclass(frozen=True, slots=True)
class Listener:
    """A station with an open feed of critical results; without a ward it hears every ward."""

    ward_id: UUID | None
    user_id: UUID


def some_untold(hospital: FromClause) -> ColumnElement[bool]:
    """The condition that a hospital has critical results to look after."""
    return there_is(
        _ALERT,
        _ALERT.c.hospital_id == hospital.c.id,
        # The word as a literal, so that the partial index is found.
        _ALERT.c.status == literal_column(f"'{CriticalResultStatus.OPEN.value}'", Text()),
        _ALERT.c.told_at.is_(None),
    )


async def tell(tx: Transaction, listeners: Collection[Listener] | None) -> int:
    """Keep of every new critical result whose stations it reached; how many steps that took.

    New is what was raised, reopened or worsened since the clock last looked. It reaches whoever
    listens on its ward and may acknowledge it there. Where that is nobody, or `listeners` is None
    because it is not known, the chain's first step is skipped: the next is called at once, and
    the steps after it come at their time. What is acknowledged before anybody looked is told of no
    more. Called by any number of processes: a row that another holds is left to it.
    """
    rows = await tx.all(_UNTOLD, hospital_id=tx.hospital_id)
    return await batches.worked(tx, rows, partial(_tell, tx, listeners))


async def _tell(tx: Transaction, listeners: Collection[Listener] | None, rows: batches.Rows) -> int:
    alerts = [Alert.of(row) for row in rows]
    running = (alert.chain_id for alert in alerts if alert.chain_id is not None)
    chains = await Chains.load(tx.connection, tx.hospital_id, running)
    entitled = await _entitled(tx, {alert.ward_id for alert in alerts}, listeners or ())
    loop = Loop(tx, None)
    for alert in alerts:
        reached = entitled[alert.ward_id]
        note = None if reached else _note(alert, listeners)
        loop.tell(alert, sorted(reached), note)
        chain = chains.of(alert.chain_id, alert.urgency)
        due = escalation.unheard(alert.raised_at, alert.escalation_level, chain.steps)
        if not reached and due is not None:
            loop.escalate(alert, due, chain, note)
    return await loop.write(tx)


def _note(alert: Alert, listeners: Collection[Listener] | None) -> str:
    if listeners is None:
        return NOT_KNOWN
    return NOBODY_ANYWHERE if alert.ward_id is None else NOBODY


async def _entitled(
    tx: Transaction, ward_ids: Iterable[UUID | None], listeners: Iterable[Listener]
) -> Mapping[UUID | None, set[UUID]]:
    """Those who listen on each ward and may acknowledge there: a feed that somebody reads who can
    do nothing is no reason to wait.

    Nor is the feed of all wards of somebody who may acknowledge everywhere: an administrator's
    screen is not a station of the ward, and would be one of every ward.
    """
    found: dict[UUID | None, set[UUID]] = defaultdict(set)
    heard = [(one.ward_id, one.user_id) for one in listeners]
    if heard:
        rows = await tx.all(
            _ENTITLED,
            hospital_id=tx.hospital_id,
            wards=list(ward_ids),
            heard_wards=[ward_id for ward_id, _ in heard],
            heard_users=[user_id for _, user_id in heard],
        )
        for row in rows:
            found[row["ward_id"]].add(row["user_id"])
    return found


def _holding(*reaches: Reach) -> list[Any]:
    held = {
        role: grants.get(Scope.CRITICAL_RESULT_ACKNOWLEDGE) for role, grants in ROLE_GRANTS.items()
    }
    roles: list[Role] = [role for role, reach in held.items() if reach in reaches]
    return words(roles)


_ALERT, _USER = models.CriticalResult.__table__, models.User.__table__
_ROLE, _MEMBER = models.RoleMembership.__table__, models.WardMembership.__table__
_UNTOLD = (
    select(_ALERT)
    .where(
        _ALERT.c.hospital_id == bindparam("hospital_id"),
        _ALERT.c.status == literal_column(f"'{CriticalResultStatus.OPEN.value}'", Text()),
        _ALERT.c.told_at.is_(None),
    )
    .order_by(_ALERT.c.raised_at, _ALERT.c.id)
    .limit(MOST_UNTOLD)
    .with_for_update(skip_locked=True)
)
_IDS = ARRAY(Uuid())
_RAISED = (
    func.unnest(bindparam("wards", type_=_IDS))
    .table_valued(column("ward_id", Uuid()))
    .render_derived("raised")
)
_HEARD = (
    func.unnest(bindparam("heard_wards", type_=_IDS), bindparam("heard_users", type_=_IDS))
    .table_valued(column("ward_id", Uuid()), column("user_id", Uuid()))
    .render_derived("heard")
)
_ENTITLED = (
    select(_RAISED.c.ward_id, _HEARD.c.user_id)
    .join_from(
        _RAISED,
        _HEARD,
        or_(_HEARD.c.ward_id.is_(None), _HEARD.c.ward_id == _RAISED.c.ward_id),
    )
    .join(_USER, _USER.c.id == _HEARD.c.user_id)
    .where(
        _USER.c.hospital_id == bindparam("hospital_id"),
        _USER.c.disabled_at.is_(None),
        or_(
            and_(
                _HEARD.c.ward_id.is_not_distinct_from(_RAISED.c.ward_id),
                there_is(
                    _ROLE, _ROLE.c.user_id == _USER.c.id, _ROLE.c.role.in_(_holding(Reach.HOSPITAL))
                ),
            ),
            and_(
                there_is(
                    _ROLE,
                    _ROLE.c.user_id == _USER.c.id,
                    _ROLE.c.role.in_(_holding(*Reach)),
                ),
                there_is(
                    _MEMBER,
                    _MEMBER.c.user_id == _USER.c.id,
                    _MEMBER.c.ward_id == _RAISED.c.ward_id,
                ),
            ),
        ),
    )
)
"""(ward of what was raised, who listens there and may acknowledge), as often as they listen."""
