"""The rules of a hospital on the real database: what ships goes in once, and comes out whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import models
from models.rules.starter_rules import STARTER_RULES
from resolvers import critical_rules, hospitals

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

ALL_CODES = {code for rule in STARTER_RULES for code in rule.codes}


async def test_the_starter_rules_come_out_as_they_went_in(house: House) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        found = await critical_rules.in_force(tx, ALL_CODES)
    assert all(rule.id is not None for rule in found)
    read = {rule.key: replace(rule, id=None) for rule in found}
    assert read == {rule.key: rule for rule in STARTER_RULES}


async def test_installing_twice_changes_nothing(house: House) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        before = await critical_rules.in_force(tx, ALL_CODES)
    house.later(days=1)
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        after = await critical_rules.in_force(tx, ALL_CODES)
    assert after == before
    assert len(after) == len(STARTER_RULES)


async def test_an_edited_rule_is_not_replaced_and_a_retired_one_does_not_return(
    house: House,
) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        await tx.connection.execute(
            "UPDATE critical_rules SET retired_at = $2 WHERE hospital_id = $1"
            " AND key IN ('sodium', 'potassium-adult')",
            tx.hospital_id,
            tx.now,
        )
        adult = await tx.connection.fetchrow(
            "SELECT * FROM critical_rules WHERE hospital_id = $1 AND key = 'potassium-adult'",
            tx.hospital_id,
        )
        assert adult is not None
        edited = dict(adult) | {"id": models.new_id(), "version": 2, "retired_at": None}
        await tx.insert(models.CriticalRule, edited)
        await critical_rules.install_starter(tx)
        found = {rule.key: rule for rule in await critical_rules.in_force(tx, ALL_CODES)}
    assert "sodium" not in found
    assert found["potassium-adult"].version == 2


async def test_only_the_rules_of_the_codes_are_read(house: House) -> None:
    async with house.begin() as tx:
        await critical_rules.install_starter(tx)
        found = await critical_rules.in_force(tx, {"6298-4", "no-such-code"})
        assert await critical_rules.in_force(tx, set()) == ()
    assert {rule.key for rule in found} == {
        "potassium-adult",
        "potassium-child",
        "potassium-newborn",
    }


async def test_a_hospital_is_made_with_the_rules_that_ship(house: House) -> None:
    async with house.begin() as tx:
        assert len(await critical_rules.in_force(tx, ALL_CODES)) == len(STARTER_RULES)


async def test_another_hospital_has_its_own_rules(house: House) -> None:
    async with house.begin() as tx:
        await hospitals.create_hospital(
            tx.connection, models.new_id().hex, "Another", now=house.now
        )
        await tx.connection.execute(
            "UPDATE critical_rules SET retired_at = $2 WHERE hospital_id <> $1",
            tx.hospital_id,
            tx.now,
        )
        assert len(await critical_rules.in_force(tx, ALL_CODES)) == len(STARTER_RULES)
