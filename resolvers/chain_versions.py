"""Versions of chains, as they are read: those in force, and that of a critical result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP

import models
from models.rules.escalation import SHIPPED
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import HOSPITAL
from resolvers.reading.sources import Derivation, looked_up

_VERSION: dict[str, ColumnElement[Any]] = {
    "ward_id": cast(null(), Uuid()),
    "version": literal_column("0", Integer()),
    "created_at": cast(null(), TIMESTAMP(timezone=True)),
    "created_by": cast(null(), Uuid()),
    "retired_at": cast(null(), TIMESTAMP(timezone=True)),
}
"""What the chain that ships has in the columns of a version: nobody has set it."""


def _shipped() -> FromClause:
    """The chains that ship as rows, with the columns of a version."""

    def of(
        urgency: str, minutes: list[int], audiences: list[str]
    ) -> Select[str, Sequence[int], Sequence[str]]:
        spelt = ", ".join(f"'{one}'" for one in audiences)
        return select(
            literal_column(f"'{urgency}'", Text()).label("urgency"),
            literal_column(f"ARRAY{minutes}", ARRAY(Integer())).label("after_minutes"),
            literal_column(f"ARRAY[{spelt}]", ARRAY(Text())).label("audiences"),
        )

    return union_all(
        *(
            of(
                urgency.value,
                [int(step.after.total_seconds()) // 60 for step in steps],
                [step.audience.value for step in steps],
            )
            for urgency, steps in SHIPPED.items()
        )
    ).subquery("shipped")


def _first_of(shipped: FromClause, *versions: FromClause) -> list[ColumnElement[Any]]:
    """The columns of the first version that there is, else of the one that ships."""

    def one(name: str, otherwise: ColumnElement[Any]) -> ColumnElement[Any]:
        there = [(version.c.id.is_not(None), version.c[name]) for version in versions]
        return case(*there, else_=otherwise).label(name)

    return [
        one("urgency", shipped.c.urgency),
        *(one(name, value) for name, value in _VERSION.items()),
        *(one(name, shipped.c[name]) for name in ("after_minutes", "audiences")),
    ]


def by_which(critical: Any, _: Derivation) -> Select[Any]:
    """The version by which the clock of a critical result runs, or ran."""
    shipped, version = _shipped(), alias_of(models.EscalationChain, "chain_of_result")
    return (
        select(*_first_of(shipped, version))
        .select_from(shipped.outerjoin(version, version.c.id == critical.c.chain_id))
        .where(shipped.c.urgency == critical.c.urgency)
    )


def _in_force(ward_id: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """The chains in force on a ward, one for each urgency; null: on none in particular."""
    shipped = _shipped()
    own, common = (
        alias_of(models.EscalationChain, "chain_of_ward"),
        alias_of(models.EscalationChain, "chain_of_hospital"),
    )

    def current(chain: FromClause) -> ColumnElement[bool]:
        return and_(
            chain.c.hospital_id == HOSPITAL,
            chain.c.urgency == shipped.c.urgency,
            chain.c.retired_at.is_(None),
        )

    return (
        select(*_first_of(shipped, own, common))
        .select_from(
            shipped.outerjoin(own, and_(current(own), own.c.ward_id == ward_id)).outerjoin(
                common, and_(current(common), common.c.ward_id.is_(None))
            )
        )
        .where(*conditions)
    )


def of_ward(ward: Any, given: Derivation) -> Select[Any]:
    """Those in force on a ward, one of each urgency."""
    return _in_force(ward.c.id, *given.seen(models.Ward, ward))


def asked(_: Any, given: Derivation) -> Select[Any]:
    """The one in force that the arguments `urgency` and `ward` ask for."""
    urgency, code = given.argument("urgency"), given.argument("ward")
    assert urgency is not None
    wanted = literal_column("shipped.urgency", Text()) == urgency(Text())
    if code is None:
        return _in_force(cast(null(), Uuid()), wanted)
    ward = alias_of(models.Ward, "chain_ward")
    named = looked_up(ward.c.id, ward, ward.c.code == code(Text()), *given.seen(models.Ward, ward))
    return _in_force(named, wanted, named.is_not(None))


def steps(chain: Any, _: Derivation) -> Select[Any]:
    """The steps of a version, by their place."""
    step = (
        func.unnest(chain.c.after_minutes, chain.c.audiences)
        .table_valued("after_minutes", "audience", with_ordinality="place")
        .render_derived(name="chain_step")
    )
    level = cast(step.c.place - 1, Integer()).label("level")
    return select(level, step.c.after_minutes, step.c.audience)
