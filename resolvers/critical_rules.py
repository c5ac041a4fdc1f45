"""Critical rules: the starter set, and the rules in force for the codes of a batch."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, insert

import models
from models.rules.critical_rules import CriticalRule
from models.rules.patients import Sex
from models.rules.starter_rules import STARTER_RULES
from resolvers.database import Connection, Statement
from resolvers.transaction import Transaction

_TABLE = models.CriticalRule.__table__


async def install_starter(tx: Transaction) -> None:
    """Give the hospital the rules that ship, each as version 1.

    A key that the hospital has already, edited or retired, stays as it is: doing it twice changes
    nothing, and a rule that was taken away does not come back.
    """
    rows = [_row(tx, rule) for rule in STARTER_RULES]
    await tx.run_all(_INSTALL, rows)


def columns(rule: CriticalRule) -> dict[str, Any]:
    """What a rule says, in the columns of its table; not who wrote it, nor when."""
    return {
        "key": rule.key,
        "version": rule.version,
        "test": rule.test,
        "codes": list(rule.codes),
        "unit": rule.unit,
        "low": rule.low,
        "low_inclusive": rule.low_inclusive,
        "high": rule.high,
        "high_inclusive": rule.high_inclusive,
        "min_age_hours": rule.min_age_hours,
        "max_age_hours": rule.max_age_hours,
        "sex": rule.sex,
        "ward_id": rule.ward,
        "specimen": rule.specimen,
        "repeat_window": rule.repeat_window,
        "source": rule.source,
    }


def _row(tx: Transaction, rule: CriticalRule) -> dict[str, Any]:
    return {
        **columns(rule),
        "id": models.new_id(),
        "hospital_id": tx.hospital_id,
        "created_at": tx.now,
        "active_from": tx.now,
    }


_NOT_SHIPPED = {"created_by", "retired_at", "retired_by", "retired_reason"}
_INSTALL = (
    insert(models.CriticalRule)
    .values(
        {
            column.name: bindparam(column.name, type_=column.type)
            for column in _TABLE.c
            if column.name not in _NOT_SHIPPED
        }
    )
    .on_conflict_do_nothing()
)


async def in_force(tx: Transaction, codes: Collection[str]) -> tuple[CriticalRule, ...]:
    """The hospital's rules for any of the codes (LOINC), those of single wards among them.

    In force is what is not retired. `active_from` is not compared with the clock: it was set by
    another process, and a second of difference between the two must not hide a critical value.
    """
    if not codes:
        return ()
    rows = await tx.all(_IN_FORCE, hospital_id=tx.hospital_id, codes=sorted(codes))
    return tuple(of_row(row) for row in rows)


async def all_in_force(
    connection: asyncpg.Pool[Any] | Connection, hospital_id: UUID
) -> tuple[CriticalRule, ...]:
    """All of the hospital's rules in force, in the order of `in_force`."""
    rows = await connection.fetch(_ALL.sql, *_ALL.bind({"hospital_id": hospital_id}))
    return tuple(of_row(row) for row in rows)


def still_in_force() -> ColumnElement[bool]:
    """The condition that `rule_ids` are the rules in force of `hospital_id` for any of the `codes`.
    A version of a rule is never edited, so that the ids say it all."""
    rule = _TABLE.alias("rule")
    ids = bindparam("rule_ids", type_=ARRAY(Uuid()))
    same = and_(
        func.count() == func.cardinality(ids),
        func.coalesce(func.bool_and(rule.c.id == ids.any_()), true()),
    )
    now = select(same).where(
        rule.c.hospital_id == bindparam("hospital_id", type_=Uuid()),
        rule.c.retired_at.is_(None),
        rule.c.codes.overlap(bindparam("codes", type_=ARRAY(Text()))),
    )
    return now.scalar_subquery()


def of_row(row: asyncpg.Record) -> CriticalRule:
    """The rule that a row of `critical_rules` holds."""
    return CriticalRule(
        key=row["key"],
        test=row["test"],
        codes=tuple(row["codes"]),
        unit=row["unit"],
        source=row["source"],
        low=row["low"],
        low_inclusive=row["low_inclusive"],
        high=row["high"],
        high_inclusive=row["high_inclusive"],
        min_age_hours=row["min_age_hours"],
        max_age_hours=row["max_age_hours"],
        sex=None if row["sex"] is None else Sex(row["sex"]),
        ward=row["ward_id"],
        specimen=row["specimen"],
        repeat_window=row["repeat_window"],
        version=row["version"],
        id=row["id"],
    )


_NOW = (
    select(_TABLE)
    .where(_TABLE.c.hospital_id == bindparam("hospital_id"), _TABLE.c.retired_at.is_(None))
    .order_by(_TABLE.c.key)
)
_IN_FORCE = _NOW.where(_TABLE.c.codes.overlap(bindparam("codes", type_=ARRAY(Text()))))
_ALL = Statement(_NOW)
