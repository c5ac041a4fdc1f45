"""Adding, changing and retiring critical rules. A version is never edited: results point at it.

One hospital's rules are written one after the other, so that two that were checked against each
other are in force together. What judges asks for them anew (critical_rules.still_in_force): a
change holds for the next result, in every process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, select, update

import models
from models.rules.critical_rules import YEAR, CriticalRule, rival
from models.rules.loinc import is_loinc
from models.rules.patients import Sex
from models.rules.scopes import Scope
from models.rules.starter_rules import STARTER_RULES
from models.rules.units import canonical, convert
from resolvers import critical_rules, inputs, locks, rows, wards
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.labs_inputs import CODE, number
from resolvers.transaction import Transaction

KEY = 64
"""Characters of a key."""
MOST_CODES = 50
OLDEST = 150 * YEAR
LONGEST_WINDOW = 7 * 24 * 60
"""Minutes."""
_LOW = {"<": False, "<=": True}
_HIGH = {">": False, ">=": True}


class CriticalRuleInput(Protocol):
    """What a rule says, as it comes in."""

    @property
    def test(self) -> str: ...
    @property
    def codes(self) -> list[str]: ...
    @property
    def unit(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def low(self) -> Decimal | None: ...
    @property
    def low_comparator(self) -> str | None: ...
    @property
    def high(self) -> Decimal | None: ...
    @property
    def high_comparator(self) -> str | None: ...
    @property
    def min_age_hours(self) -> int | None: ...
    @property
    def max_age_hours(self) -> int | None: ...
    @property
    def sex(self) -> Sex | str | None: ...
    @property
    def specimen(self) -> str | None: ...
    @property
    def ward(self) -> str | None: ...
    @property
    def repeat_window_minutes(self) -> int: ...


async def add_critical_rule(
    tx: Transaction, actor: Actor, *, key: str, rule: CriticalRuleInput
) -> dict[str, Any]:
    """Put a rule in force under a key that none in force has; one that was retired goes on there.

    BAD_USER_INPUT for what cannot be a rule; CONFLICT, naming the other, where one in force speaks
    of the same results and neither is the more specific.
    """
    actor.reaches(Scope.CRITICAL_RULE_WRITE)
    named = _key(key)
    await locks.hold(tx, _RULES)
    newest = await tx.first(_NEWEST, hospital_id=tx.hospital_id, key=named)
    if newest is not None and newest["retired_at"] is None:
        raise Conflict("a rule with this key is in force: change it", key=named)
    checked, _ = await proposed(tx, actor, named, rule)
    version = 1 if newest is None else newest["version"] + 1
    return {"critical_rule": await _write(tx, actor, replace(checked, version=version))}


async def change_critical_rule(
    tx: Transaction,
    actor: Actor,
    *,
    key: str,
    version: int,
    rule: CriticalRuleInput,
    reason: str | None = None,
) -> dict[str, Any]:
    """Retire the version that one has seen, and put the next one in force.

    NOT_FOUND, CONFLICT where it is retired or another version is in force by now; otherwise as to
    add a rule.
    """
    actor.reaches(Scope.CRITICAL_RULE_WRITE)
    said = inputs.optional_text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    seen = await _seen(tx, key, version)
    checked, _ = await proposed(tx, actor, seen["key"], rule)
    await _retire(tx, actor, seen["id"], said)
    return {"critical_rule": await _write(tx, actor, replace(checked, version=version + 1))}


async def retire_critical_rule(
    tx: Transaction, actor: Actor, *, key: str, version: int, reason: str
) -> dict[str, Any]:
    """Take the rule out of force, with a reason; NOT_FOUND and CONFLICT as to change one."""
    actor.reaches(Scope.CRITICAL_RULE_WRITE)
    said = inputs.text(reason, "reason", most=inputs.FREE_TEXT, lines=True)
    seen = await _seen(tx, key, version)
    await _retire(tx, actor, seen["id"], said)
    return {"critical_rule": seen["id"]}


async def proposed(
    tx: Transaction, actor: Actor, key: str, given: CriticalRuleInput
) -> tuple[CriticalRule, tuple[CriticalRule, ...]]:
    """The rule as it would be in force under the key, and those for its codes that are in force
    under another; refused where the two do not go together."""
    rule = replace(_checked(key, given), ward=await ward_named(tx, actor, given.ward, "rule.ward"))
    in_force = await critical_rules.in_force(tx, rule.codes)
    others = tuple(other for other in in_force if other.key != key)
    _refuse_unit(rule, (*others, *STARTER_RULES))
    other = rival(rule, others)
    if other is not None:
        raise Conflict(
            f"the rule {other.key} speaks of the same results, and neither is the more specific",
            key=other.key,
        )
    return rule, others


def _checked(key: str, given: CriticalRuleInput) -> CriticalRule:
    unit = canonical(inputs.text(given.unit, "rule.unit", most=CODE))
    if unit is None:
        raise BadInput("rule.unit is not known", field="rule.unit", limit="a unit of UCUM")
    low, low_inclusive = _limit(given.low, given.low_comparator, "low", _LOW)
    high, high_inclusive = _limit(given.high, given.high_comparator, "high", _HIGH)
    if low is None and high is None:
        raise BadInput("rule.low or high is needed", field="rule.low", limit="one of the two")
    if low is not None and high is not None and low >= high:
        raise BadInput("rule.low is not below high", field="rule.low", limit="< high")
    youngest = _between(given.min_age_hours, "rule.minAgeHours", 0, OLDEST)
    before = _between(given.max_age_hours, "rule.maxAgeHours", 1, OLDEST)
    if before is not None and (youngest or 0) >= before:
        raise BadInput(
            "rule.minAgeHours is not below maxAgeHours",
            field="rule.minAgeHours",
            limit="< maxAgeHours",
        )
    window = given.repeat_window_minutes
    return CriticalRule(
        key=key,
        test=inputs.text(given.test, "rule.test"),
        codes=_codes(given.codes),
        unit=unit,
        source=inputs.text(given.source, "rule.source"),
        low=low,
        low_inclusive=low_inclusive,
        high=high,
        high_inclusive=high_inclusive,
        min_age_hours=youngest,
        max_age_hours=before,
        sex=_sex(given.sex),
        specimen=inputs.optional_text(given.specimen, "rule.specimen", most=CODE),
        repeat_window=_between(window, "rule.repeatWindowMinutes", 0, LONGEST_WINDOW) or 0,
    )


def _key(key: str) -> str:
    named = inputs.text(key, "key", most=KEY)
    if not named.isascii() or not named.replace("-", "").isalnum() or named != named.lower():
        raise BadInput("key is no key", field="key", limit="a-z, 0-9 and -")
    return named


def _codes(codes: list[str]) -> tuple[str, ...]:
    if not 1 <= len(codes) <= MOST_CODES:
        raise BadInput(
            "rule.codes are too few or too many", field="rule.codes", limit=f"1 to {MOST_CODES}"
        )
    for place, code in enumerate(codes):
        if not is_loinc(code):
            field = f"rule.codes[{place}]"
            raise BadInput(f"{field} is no LOINC code", field=field, limit="LOINC")
    return tuple(dict.fromkeys(codes))


def _limit(
    value: Decimal | None, comparator: str | None, name: str, known: dict[str, bool]
) -> tuple[Decimal | None, bool]:
    field = f"rule.{name}Comparator"
    limit = " or ".join(known)
    found = number(value, f"rule.{name}")
    if found is None:
        if comparator is not None:
            raise BadInput(f"{field} has no {name} to compare with", field=field, limit="null")
        return None, True
    if comparator not in known:
        raise BadInput(f"{field} is needed beside {name}", field=field, limit=limit)
    return found, known[comparator]


def _between(value: int | None, field: str, least: int, most: int) -> int | None:
    if value is not None and not least <= value <= most:
        raise BadInput(f"{field} is out of range", field=field, limit=f"{least} to {most}")
    return value


def _sex(sex: Sex | str | None) -> Sex | None:
    if sex is None:
        return None
    if Sex(sex) not in {Sex.FEMALE, Sex.MALE}:
        raise BadInput("rule.sex has no limits of its own", field="rule.sex", limit="FEMALE, MALE")
    return Sex(sex)


def _refuse_unit(rule: CriticalRule, others: Iterable[CriticalRule]) -> None:
    """What judges compares all limits for a code in one unit: where two do not convert into each
    other, it judges nothing."""
    for other in others:
        for code in rule.codes:
            if code in other.codes and convert(Decimal(1), rule.unit, code, other.unit) is None:
                raise BadInput(
                    f"rule.unit does not convert into that of {other.key}, for {code}",
                    field="rule.unit",
                    limit=f"convertible into {other.unit}",
                )


async def ward_named(tx: Transaction, actor: Actor, code: str | None, field: str) -> UUID | None:
    """The ward with this code, among those that the actor sees; None: all wards are meant."""
    if code is None:
        return None
    return await wards.named(tx, actor, actor.reaches(Scope.WARD_READ), code, field)


async def _seen(tx: Transaction, key: str, version: int) -> asyncpg.Record:
    """The version in force under the key, which must be the one that was seen."""
    named = _key(key)
    await locks.hold(tx, _RULES)
    newest = await tx.first(_NEWEST, hospital_id=tx.hospital_id, key=named)
    if newest is None:
        raise NotFound("key names nothing here", field="key")
    if newest["retired_at"] is not None:
        raise Conflict("the rule is retired: add it again", version=newest["version"])
    if newest["version"] != version:
        raise Conflict(f"version {newest['version']} is in force by now", version=newest["version"])
    return newest


async def _retire(tx: Transaction, actor: Actor, row_id: UUID, reason: str | None) -> None:
    await tx.run(_RETIRE, row_id=row_id, at=tx.now, by=actor.user_id, reason=reason)


async def _write(tx: Transaction, actor: Actor, rule: CriticalRule) -> UUID:
    return await rows.add(
        tx, actor, models.CriticalRule, **critical_rules.columns(rule), active_from=tx.now
    )


_RULES = "critical rules"
_TABLE = models.CriticalRule.__table__

_NEWEST = (
    select(_TABLE)
    .where(_TABLE.c.hospital_id == bindparam("hospital_id"), _TABLE.c.key == bindparam("key"))
    .order_by(_TABLE.c.version.desc())
    .limit(1)
)
_RETIRE = (
    update(models.CriticalRule)
    .where(_TABLE.c.id == bindparam("row_id"))
    .values(
        retired_at=bindparam("at", type_=_TABLE.c.retired_at.type),
        retired_by=bindparam("by", type_=_TABLE.c.retired_by.type),
        retired_reason=bindparam("reason", type_=_TABLE.c.retired_reason.type),
    )
)
