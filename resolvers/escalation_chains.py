"""Escalation chains: the versions that a hospital and its wards have set, and the one in force.

In force on a ward is its own, else that of the hospital, else the one that ships. A clock that runs
goes on by the version with which it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP

import models
from models.rules.escalation import SHIPPED, Audience, Step, Urgency, chain_of, check_chain
from models.rules.scopes import Reach, Scope
from resolvers import locks, rows, wards
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import BadInput, Conflict, Forbidden
from resolvers.transaction import Transaction

LONGEST_MINUTES = 24 * 60
"""What is later than a day is a mistake of writing, whatever the rule for the chain would say."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A version of a chain; `id` None: the one that ships."""

    id: UUID | None
    steps: tuple[Step, ...]

    def audience(self, level: int) -> Audience:
        """Who is called at a level."""
        return self.steps[min(level, len(self.steps) - 1)].audience


class Chains:
    """Chains of a hospital: those in force, and versions by which clocks still run."""

    def __init__(self, found: Iterable[asyncpg.Record] = ()) -> None:
        self._versions: dict[UUID, Chain] = {}
        self._current: dict[tuple[UUID | None, str], Chain] = {}
        for row in found:
            steps = zip(row["after_minutes"], map(Audience, row["audiences"]), strict=True)
            chain = Chain(row["id"], chain_of(list(steps)))
            self._versions[row["id"]] = chain
            if row["retired_at"] is None:
                self._current[row["ward_id"], row["urgency"]] = chain

    @classmethod
    async def load(
        cls,
        connection: asyncpg.Pool[Any] | Connection,
        hospital_id: UUID,
        versions: Iterable[UUID] = (),
    ) -> Chains:
        """Those in force, and these versions, retired or not."""
        values = {"hospital_id": hospital_id, "versions": sorted(set(versions))}
        return cls(await connection.fetch(_FIND.sql, *_FIND.bind(values)))

    def in_force(self, ward_id: UUID | None, urgency: Urgency) -> Chain:
        """That of now: the ward's own, else the hospital's, else the one that ships."""
        own = self._current.get((ward_id, urgency)) or self._current.get((None, urgency))
        return own or Chain(None, SHIPPED[urgency])

    def of(self, chain_id: UUID | None, urgency: Urgency) -> Chain:
        """A version by its id; None: the one that ships."""
        return Chain(None, SHIPPED[urgency]) if chain_id is None else self._versions[chain_id]

    def ids(self) -> list[UUID]:
        """The versions in force, for `still_in_force`."""
        return sorted(one.id for one in self._current.values() if one.id is not None)


def still_in_force() -> ColumnElement[bool]:
    """The condition that `chain_ids` are the chains in force of `hospital_id`. A version is never
    edited, so that the ids say it all."""
    chain = _TABLE.alias("chain")
    ids = bindparam("chain_ids", type_=ARRAY(Uuid()))
    same = and_(
        func.count() == func.cardinality(ids),
        func.coalesce(func.bool_and(chain.c.id == ids.any_()), true()),
    )
    now = select(same).where(
        chain.c.hospital_id == bindparam("hospital_id", type_=Uuid()), chain.c.retired_at.is_(None)
    )
    return now.scalar_subquery()


class ChainStepInput(Protocol):
    """A step as it is set."""

    @property
    def after_minutes(self) -> int: ...
    @property
    def audience(self) -> Audience | str: ...


async def set_escalation_chain(
    tx: Transaction,
    actor: Actor,
    *,
    urgency: Urgency | str,
    steps: Sequence[ChainStepInput],
    ward: str | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Set the chain of a ward, or without one that of the hospital: what is in force there is
    retired, and this is the next version. Clocks that run go on by theirs.

    `version` is that which the actor has seen; 0: there was none of its own. BadInput where the
    chain cannot be run, NOT_FOUND without such a ward, CONFLICT where the version has moved on.
    """
    ward_id = await _place(tx, actor, ward)
    urgency, audiences = Urgency(urgency), [Audience(step.audience) for step in steps]
    _check([step.after_minutes for step in steps], audiences, urgency)
    before = await _held(tx, ward_id, urgency)
    in_force = 0 if before is None else before["version"]
    if version is not None and version != in_force:
        raise Conflict("the chain has been changed since: look at it again", version=in_force)
    if before is not None:
        await tx.run(_RETIRE, row_id=before["id"], at=tx.now)
    newest = await tx.scalar(_NEWEST, hospital_id=tx.hospital_id, ward_id=ward_id, urgency=urgency)
    made = await rows.add(
        tx,
        actor,
        models.EscalationChain,
        ward_id=ward_id,
        urgency=urgency.value,
        version=newest + 1,
        after_minutes=[step.after_minutes for step in steps],
        audiences=[audience.value for audience in audiences],
    )
    return {"escalation_chain": made}


async def reset_escalation_chain(
    tx: Transaction, actor: Actor, *, urgency: Urgency | str, ward: str | None = None
) -> dict[str, Any]:
    """Retire the chain of a ward, which has then that of the hospital; or that of the hospital,
    which has then the one that ships. CONFLICT where there is none of its own."""
    ward_id = await _place(tx, actor, ward)
    before = await _held(tx, ward_id, Urgency(urgency))
    if before is None:
        raise Conflict("there is no chain of its own to take back")
    await tx.run(_RETIRE, row_id=before["id"], at=tx.now)
    return {"escalation_chain": before["id"]}


async def _place(tx: Transaction, actor: Actor, ward: str | None) -> UUID | None:
    """The ward that is named, if the actor may set its chain; None: the hospital."""
    reaches = actor.reaches(Scope.ESCALATION_CHAIN_WRITE)
    if ward is None:
        if Reach.HOSPITAL not in reaches:
            raise Forbidden("the chain of the hospital is set by those who may for all its wards")
        return None
    return await wards.named(tx, actor, reaches, ward, "ward")


def _check(minutes: Sequence[int], audiences: Sequence[Audience], urgency: Urgency) -> None:
    if any(not 0 <= one <= LONGEST_MINUTES for one in minutes):
        raise BadInput(
            "afterMinutes is out of range",
            field="steps.afterMinutes",
            limit=f">= 0 and <= {LONGEST_MINUTES}",
        )
    chain = chain_of(list(zip(minutes, audiences, strict=True)))
    refused = check_chain(chain, urgency)
    if refused is not None:
        raise BadInput("such a chain is not run", field="steps", limit=refused)


async def _held(tx: Transaction, ward_id: UUID | None, urgency: Urgency) -> asyncpg.Record | None:
    """The version in force of just this place. One at a time, so that the next number is right."""
    await locks.hold(tx, "escalation chain", str(ward_id), urgency)
    return await tx.first(_OWN, hospital_id=tx.hospital_id, ward_id=ward_id, urgency=urgency)


_TABLE = models.EscalationChain.__table__
_THERE = (
    _TABLE.c.hospital_id == bindparam("hospital_id", type_=Uuid()),
    _TABLE.c.ward_id.is_not_distinct_from(bindparam("ward_id", type_=Uuid())),
    _TABLE.c.urgency == bindparam("urgency", type_=Text()),
)
_OWN = select(_TABLE).where(*_THERE, _TABLE.c.retired_at.is_(None))
_NEWEST = select(func.coalesce(func.max(_TABLE.c.version), 0, type_=Integer())).where(*_THERE)
_RETIRE = (
    update(models.EscalationChain)
    .where(_TABLE.c.id == bindparam("row_id", type_=Uuid()))
    .values(retired_at=bindparam("at", type_=TIMESTAMP(timezone=True)))
)
_FIND = Statement(
    select(_TABLE).where(
        _TABLE.c.hospital_id == bindparam("hospital_id", type_=Uuid()),
        or_(
            _TABLE.c.retired_at.is_(None),
            _TABLE.c.id == bindparam("versions", type_=ARRAY(Uuid())).any_(),
        ),
    )
)
