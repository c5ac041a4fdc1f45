"""Rules are changed by adding versions, and the next result is judged by what is in force."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

import models
from models.rules.roles import Role
from models.rules.starter_rules import STARTER_RULES
from resolvers import critical_rules
from resolvers.critical_rule_versions import (
    add_critical_rule,
    change_critical_rule,
    retire_critical_rule,
)
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from tests.resolvers.laboratory import potassium, take
from tests.resolvers.recording import recorder, refusing_transactions

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

D = Decimal


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An input, of a test that no rule that ships speaks of."""

    test: str = "ferritin"
    codes: tuple[str, ...] = ("2276-4",)
    unit: str = "ug/L"
    source: str = "the laboratory's own"
    low: Decimal | None = None
    low_comparator: str | None = None
    high: Decimal | None = Decimal(1000)
    high_comparator: str | None = ">="
    min_age_hours: int | None = None
    max_age_hours: int | None = None
    sex: str | None = None
    specimen: str | None = None
    ward: str | None = None
    repeat_window_minutes: int = 240


ADULT_POTASSIUM = Rule(
    test="potassium",
    codes=("2823-3", "6298-4"),
    unit="mmol/L",
    low=D("2.5"),
    low_comparator="<=",
    high=D("6.0"),
    high_comparator=">=",
    min_age_hours=140_256,
)


async def add(house: House, key: str, rule: Rule, role: Role = Role.ADMIN) -> asyncpg.Record:
    async with house.begin() as tx:
        made = await add_critical_rule(tx, house.actor(role), key=key, rule=rule)  # type: ignore[arg-type]
    return await house.row(models.CriticalRule, made["critical_rule"])


async def change(house: House, key: str, version: int, rule: Rule, **more: Any) -> asyncpg.Record:
    async with house.begin() as tx:
        made = await change_critical_rule(
            tx,
            house.actor(Role.ADMIN),
            key=key,
            version=version,
            rule=rule,  # type: ignore[arg-type]
            **more,
        )
    return await house.row(models.CriticalRule, made["critical_rule"])


async def retire(house: House, key: str, version: int) -> asyncpg.Record:
    async with house.begin() as tx:
        made = await retire_critical_rule(
            tx, house.actor(Role.LAB), key=key, version=version, reason="nobody dies of it"
        )
    return await house.row(models.CriticalRule, made["critical_rule"])


async def in_force(house: House, *codes: str) -> dict[str, int]:
    async with house.begin() as tx:
        return {rule.key: rule.version for rule in await critical_rules.in_force(tx, codes)}


async def test_a_rule_comes_back_as_it_was_given(house: House) -> None:
    given = Rule(
        codes=("2276-4", "20567-4"),
        unit="ng/mL",
        low=D("5.0"),
        low_comparator="<",
        high=D(1000),
        high_comparator=">=",
        min_age_hours=24,
        max_age_hours=140_256,
        sex="FEMALE",
        specimen=" Ser/Plas ",
        ward="MED",
        repeat_window_minutes=0,
    )
    row = await add(house, "ferritin-woman", given)
    async with house.begin() as tx:
        [rule] = await critical_rules.in_force(tx, ["20567-4"])
    assert (rule.id, rule.version, rule.ward) == (row["id"], 1, house.wards["med"])
    assert (rule.low, rule.low_inclusive, rule.high, rule.high_inclusive) == (
        D("5.0"),
        False,
        D(1000),
        True,
    )
    assert (rule.min_age_hours, rule.max_age_hours) == (24, 140_256)
    assert (rule.sex, rule.specimen, rule.repeat_window) == ("FEMALE", "Ser/Plas", 0)
    assert row["created_by"] == house.users[Role.ADMIN]
    assert (row["created_at"], row["active_from"]) == (house.now, house.now)


async def test_a_change_retires_the_version_that_was_seen_and_adds_the_next(house: House) -> None:
    first = await add(house, "ferritin", Rule())
    house.later(minutes=1)
    second = await change(house, "ferritin", 1, Rule(high=D(2000)), reason="too many")
    old = await house.row(models.CriticalRule, first["id"])
    assert (old["retired_at"], old["retired_by"], old["retired_reason"]) == (
        house.now,
        house.users[Role.ADMIN],
        "too many",
    )
    assert (old["high"], second["high"], second["version"]) == (D(1000), D(2000), 2)
    assert await in_force(house, "2276-4") == {"ferritin": 2}


async def test_whoever_has_seen_another_version_changes_nothing(house: House) -> None:
    await add(house, "ferritin", Rule())
    await change(house, "ferritin", 1, Rule(high=D(2000)))
    for version in (0, 1, 3):
        with pytest.raises(Conflict) as refused:
            await change(house, "ferritin", version, Rule(high=D(3000)))
        assert refused.value.extensions["version"] == 2
        with pytest.raises(Conflict):
            await retire(house, "ferritin", version)
    assert await in_force(house, "2276-4") == {"ferritin": 2}


async def test_a_rule_that_is_retired_is_out_of_force_and_can_come_back(house: House) -> None:
    await add(house, "ferritin", Rule())
    row = await retire(house, "ferritin", 1)
    assert (row["retired_by"], row["retired_reason"]) == (
        house.users[Role.LAB],
        "nobody dies of it",
    )
    assert await in_force(house, "2276-4") == {}
    with pytest.raises(Conflict, match="retired"):
        await retire(house, "ferritin", 1)
    with pytest.raises(Conflict, match="retired"):
        await change(house, "ferritin", 1, Rule())
    assert (await add(house, "ferritin", Rule()))["version"] == 2
    with pytest.raises(Conflict, match="in force"):
        await add(house, "ferritin", Rule(specimen="CSF"))
    with pytest.raises(NotFound):
        await change(house, "no-such", 1, Rule())


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("rule.test", Rule(test=" ")),
        ("rule.source", Rule(source="")),
        ("rule.codes", Rule(codes=())),
        ("rule.codes", Rule(codes=("2276-4",) * 51)),
        ("rule.codes[0]", Rule(codes=("2276-5",))),
        ("rule.codes[1]", Rule(codes=("2276-4", "ferritin"))),
        ("rule.unit", Rule(unit="bananas")),
        ("rule.unit", Rule(codes=("2823-3",), unit="mg/dL", min_age_hours=1, max_age_hours=2)),
        ("rule.unit", Rule(codes=("2276-4", "2823-3"), specimen="CSF")),
        ("rule.low", Rule(high=None, high_comparator=None)),
        ("rule.low", Rule(low=D(1000), low_comparator="<")),
        ("rule.low", Rule(low=D("NaN"), low_comparator="<")),
        ("rule.high", Rule(high=D("1E+31"))),
        ("rule.lowComparator", Rule(low=D(1))),
        ("rule.lowComparator", Rule(low=D(1), low_comparator=">")),
        ("rule.lowComparator", Rule(low_comparator="<")),
        ("rule.highComparator", Rule(high_comparator="<=")),
        ("rule.highComparator", Rule(high_comparator=None)),
        ("rule.minAgeHours", Rule(min_age_hours=-1)),
        ("rule.minAgeHours", Rule(min_age_hours=24, max_age_hours=24)),
        ("rule.maxAgeHours", Rule(max_age_hours=0)),
        ("rule.maxAgeHours", Rule(max_age_hours=150 * 8766 + 1)),
        ("rule.sex", Rule(sex="OTHER")),
        ("rule.specimen", Rule(specimen="x" * 65)),
        ("rule.repeatWindowMinutes", Rule(repeat_window_minutes=-1)),
        ("rule.repeatWindowMinutes", Rule(repeat_window_minutes=10_081)),
    ],
)
async def test_what_is_no_rule_is_refused_with_its_field(
    house: House, field: str, given: Rule
) -> None:
    with pytest.raises(BadInput) as refused:
        await add(house, "ferritin", given)
    assert refused.value.extensions["field"] == field
    assert await in_force(house, "2276-4") == {}


async def test_a_unit_is_short_before_it_is_looked_up(house: House) -> None:
    """What has been looked up is remembered, at any length."""
    with pytest.raises(BadInput) as refused:
        await add(house, "ferritin", Rule(unit="m." * 50_000 + "m"))
    assert refused.value.extensions["limit"] == "<= 64 characters"


@pytest.mark.parametrize(
    "given",
    [
        Rule(repeat_window_minutes=10_080),
        Rule(max_age_hours=150 * 8766),
        Rule(min_age_hours=23, max_age_hours=24),
        Rule(low=D("999.9"), low_comparator="<="),
        Rule(specimen="x" * 64),
        Rule(unit="pmol/cL"),
    ],
)
async def test_what_is_just_a_rule_is_taken(house: House, given: Rule) -> None:
    assert (await add(house, "ferritin", given))["version"] == 1


@pytest.mark.parametrize("key", ["", "Ferritin", "fer ritin", "f" * 65, "ferritin_x", "ferritín"])
async def test_a_key_is_plain(house: House, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        await add(house, key, Rule())
    assert refused.value.extensions["field"] == "key"


async def test_a_ward_is_one_that_is_there(house: House) -> None:
    with pytest.raises(NotFound) as refused:
        await add(house, "ferritin", Rule(ward="NOWHERE"))
    assert refused.value.extensions["field"] == "rule.ward"


@pytest.mark.parametrize("role", [Role.NURSE, Role.DOCTOR, Role.AUDITOR, Role.INTEGRATOR])
async def test_only_who_sets_rules_may(house: House, role: Role) -> None:
    with pytest.raises(Forbidden):
        await add(house, "ferritin", Rule(), role)


# Two rules for the same results: what there is already, and what is added.
AGES = {"min_age_hours": 100, "max_age_hours": 200}
RIVALS = [
    (Rule(), Rule(high=D(2))),
    (Rule(codes=("2276-4", "20567-4")), Rule(codes=("20567-4",))),
    (Rule(**AGES), Rule(min_age_hours=150, max_age_hours=250)),
    (Rule(**AGES), Rule(min_age_hours=199)),
    (Rule(max_age_hours=101), Rule(**AGES)),
    (Rule(specimen="CSF"), Rule(specimen="csf")),
    (Rule(sex="FEMALE", ward="MED"), Rule(sex="FEMALE", ward="MED")),
    (Rule(low=D(1), low_comparator="<"), Rule()),
]
APART = [
    (Rule(), Rule(codes=("20567-4",))),
    (Rule(), Rule(high=None, high_comparator=None, low=D(1), low_comparator="<")),
    (Rule(**AGES), Rule(min_age_hours=200)),
    (Rule(**AGES), Rule(max_age_hours=100)),
    (Rule(**AGES), Rule(min_age_hours=100, max_age_hours=199)),
    (Rule(**AGES), Rule(max_age_hours=200)),
    (Rule(), Rule(**AGES)),
    (Rule(sex="FEMALE"), Rule(sex="MALE")),
    (Rule(sex="FEMALE"), Rule()),
    (Rule(specimen="CSF"), Rule()),
    (Rule(specimen="CSF"), Rule(specimen="Ser")),
    (Rule(ward="MED"), Rule(**AGES)),
    (Rule(ward="MED"), Rule(ward="ICU")),
]


@pytest.mark.parametrize(("there", "given"), RIVALS)
async def test_two_rules_of_which_neither_is_the_more_specific_do_not_go_together(
    house: House, there: Rule, given: Rule
) -> None:
    await add(house, "there", there)
    with pytest.raises(Conflict) as refused:
        await add(house, "given", given)
    assert refused.value.extensions["key"] == "there"
    # The same in the other order, and in the place of the other.
    await retire(house, "there", 1)
    await add(house, "given", given)
    with pytest.raises(Conflict):
        await add(house, "there", there)
    assert (await change(house, "given", 1, there))["version"] == 2


@pytest.mark.parametrize(("there", "given"), APART)
async def test_two_rules_of_which_one_is_the_more_specific_go_together(
    house: House, there: Rule, given: Rule
) -> None:
    await add(house, "there", there)
    await add(house, "given", given)


async def test_a_rule_that_ships_is_no_other_when_it_is_changed(house: House) -> None:
    with pytest.raises(Conflict) as refused:
        await add(house, "mine", ADULT_POTASSIUM)
    assert refused.value.extensions["key"] == "potassium-adult"
    await change(house, "potassium-adult", 1, ADULT_POTASSIUM)
    assert (await in_force(house, "2823-3"))["potassium-adult"] == 2
    assert len(await in_force(house, *(c for r in STARTER_RULES for c in r.codes))) == len(
        STARTER_RULES
    )


async def test_of_many_who_add_or_change_at_once_one_does(house: House) -> None:
    for work in (
        lambda: add(house, "ferritin", Rule()),
        lambda: change(house, "sodium", 1, SODIUM),
    ):
        done = await asyncio.gather(*(work() for _ in range(8)), return_exceptions=True)
        assert sum(isinstance(one, asyncpg.Record) for one in done) == 1
        assert sum(isinstance(one, Conflict) for one in done) == 7
    rivals = await asyncio.gather(
        *(add(house, f"r{n}", Rule(specimen="CSF", high=D(n + 1))) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, asyncpg.Record) for one in rivals) == 1


SODIUM = Rule(test="sodium", codes=("2951-2", "2947-0"), unit="mmol/L", high=D(155))


async def test_each_verdict_names_the_version_that_gave_it(house: House) -> None:
    patient = await house.inpatient()
    [before] = await take(house, potassium(house, patient, "6.2"))
    await change(house, "potassium-adult", 1, ADULT_POTASSIUM)
    [after] = await take(house, potassium(house, patient, "6.2"))
    assert before.critical_result_id is None
    assert after.critical_result_id is not None
    row = await house.row(models.LabResult, after.lab_result_id or "")
    alert = await house.row(models.CriticalResult, after.critical_result_id)
    rule = await house.row(models.CriticalRule, row["rule_id"])
    assert (rule["key"], rule["version"], alert["rule_id"]) == ("potassium-adult", 2, rule["id"])
    assert "v2" in alert["rule"]
    # What was judged by then keeps its verdict.
    old = await house.row(models.LabResult, before.lab_result_id or "")
    assert (old["interpretation"], old["rule_id"]) == ("NORMAL", None)
    [by_then] = [await house.row(models.CriticalRule, one) for one in old["applied_rules"]]
    assert (by_then["key"], by_then["version"]) == ("potassium-adult", 1)
    assert row["applied_rules"] == [rule["id"]]


async def test_a_change_holds_for_the_next_result_in_every_process(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two engines, each with a memory of its own, both of which have judged by the old version."""
    patients = [await house.inpatient() for _ in range(4)]
    processes = [recorder(house, monkeypatch), recorder(house, monkeypatch)]
    for who, patient in zip(processes, patients[:2], strict=True):
        refusing_transactions(who.engine, monkeypatch)
        [outcome] = await who.outcomes(who.potassium(patient, "6.2"))
        assert outcome["labResult"]["criticalResult"] is None
    await change(house, "potassium-adult", 1, ADULT_POTASSIUM)
    for who, patient in zip(processes, patients[2:], strict=True):
        [outcome] = await who.outcomes(who.potassium(patient, "6.2"))
        assert outcome["labResult"]["criticalResult"] is not None
    await change(house, "potassium-adult", 2, replace(ADULT_POTASSIUM, high=D("6.3")))
    for who, patient in zip(processes, patients[:2], strict=True):
        [outcome] = await who.outcomes(who.potassium(patient, "6.2"))
        assert outcome["labResult"]["criticalResult"] is None
    for who, patient in zip(processes, patients[:2], strict=True):
        [outcome] = await who.outcomes(who.potassium(patient, "6.3"))
        assert outcome["labResult"]["criticalResult"] is not None
