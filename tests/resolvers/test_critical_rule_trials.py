"""A rule is tried on the results that are stored, by what judges new ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

import models
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import admissions, critical_rule_trials, ids, labs
from resolvers.critical_rule_trials import dry_run_critical_rule
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound, Throttled
from tests.resolvers.conftest import founded
from tests.resolvers.laboratory import potassium, take
from tests.resolvers.test_critical_rule_versions import ADULT_POTASSIUM, Rule, add, change

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

D = Decimal


async def dry_run(
    house: House, rule: Rule, *, role: Role = Role.LAB, days: int = 30, **more: Any
) -> dict[str, Any]:
    async with house.begin() as tx:
        return await dry_run_critical_rule(
            tx,
            house.actor(role),
            rule=rule,  # type: ignore[arg-type]
            days=days,
            **more,
        )


def numbers(told: dict[str, Any]) -> tuple[int, ...]:
    names = ("judged", "not_judged", "raised", "already_critical", "no_longer_critical")
    return tuple(told[name] for name in names)


async def test_a_trial_says_what_the_rule_would_have_raised(house: House) -> None:
    patient = await house.inpatient()
    sent = [
        *(potassium(house, patient, value) for value in ("4.0", "5.9", "6.0", "6.4", "6.5", "2.5")),
        potassium(house, patient, "9", unit="furlong"),
        potassium(house, patient, None, text="haemolysed"),
        potassium(house, patient, "6.2", status=ResultStatus.CANCELLED),
        potassium(house, patient, "9", code="2951-2"),
    ]
    outcomes = await take(house, *sent)
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    assert numbers(told) == (8, 2, 4, 2, 0)
    raised = {row["lab_result"]: row["already_critical"] for row in told["results"]}
    assert raised == {
        outcomes[2].lab_result_id: False,
        outcomes[3].lab_result_id: False,
        outcomes[4].lab_result_id: True,
        outcomes[5].lab_result_id: True,
    }
    # Nothing but the question was written.
    assert (await take(house, potassium(house, patient, "6.2")))[0].critical_result_id is None


async def test_a_trial_says_what_would_be_raised_no_more(house: House) -> None:
    patient = await house.inpatient()
    await take(house, *(potassium(house, patient, value) for value in ("6.4", "6.5", "6.9", "7.0")))
    told = await dry_run(house, replace(ADULT_POTASSIUM, high=D(7)), key="potassium-adult")
    assert numbers(told) == (4, 0, 1, 1, 2)


async def test_what_is_in_force_judges_beside_the_rule_on_trial(house: House) -> None:
    """The ward's own rule stands before the hospital's, there and nowhere else."""
    here, there = await house.inpatient("med"), await house.inpatient("icu")
    await take(house, *(potassium(house, who, "6.2") for who in (here, there)))
    told = await dry_run(house, replace(ADULT_POTASSIUM, ward="ICU"))
    assert numbers(told) == (2, 0, 1, 0, 0)
    assert told["counts"] == [
        {"day": (house.now - timedelta(minutes=10)).date(), "ward": house.wards["icu"], "raised": 1}
    ]
    with pytest.raises(Conflict) as refused:
        await dry_run(house, ADULT_POTASSIUM)
    assert refused.value.extensions["key"] == "potassium-adult"


async def test_a_trial_says_of_what_it_finds_and_another_rule_judges(house: House) -> None:
    """A rule of the hospital beside that of a ward, which knows better there: with a key, and under
    none. What both find critical is not the hospital's to raise either."""
    await add(house, "icu", replace(ADULT_POTASSIUM, ward="ICU", high=D(7)))
    here, there = await house.inpatient("med"), await house.inpatient("icu")
    await take(house, *(potassium(house, who, v) for who in (here, there) for v in ("6.2", "7.1")))
    stricter = replace(ADULT_POTASSIUM, high=D(6))
    told = await dry_run(house, stricter, key="potassium-adult")
    assert (numbers(told), told["overruled"]) == ((4, 0, 2, 1, 0), 2)
    anybody = replace(stricter, max_age_hours=None, min_age_hours=None)
    told = await dry_run(house, anybody)
    assert (numbers(told), told["overruled"]) == ((4, 0, 0, 0, 0), 4)
    told = await dry_run(house, replace(anybody, low=D(1), high=D(9)))
    assert (numbers(told), told["overruled"]) == ((4, 0, 0, 0, 0), 0)


async def test_the_age_is_that_of_the_observation(house: House) -> None:
    """Somebody who turned sixteen yesterday was fifteen the day before."""
    turned = house.now.date() - timedelta(days=1)
    patient = await house.inpatient(born=turned.replace(year=turned.year - 16))
    child = Rule(
        test="potassium",
        codes=("2823-3",),
        unit="mmol/L",
        high=D("6.0"),
        high_comparator=">",
        max_age_hours=140_256,
        specimen="Ser",
    )
    for days in (0, 3):
        await take(
            house,
            potassium(
                house,
                patient,
                "6.2",
                specimen="Ser",
                observed_at=house.now - timedelta(days=days, minutes=1),
            ),
        )
    told = await dry_run(house, child)
    assert numbers(told)[:3] == (2, 0, 1)
    assert told["counts"][0]["day"] == (house.now - timedelta(days=3, minutes=1)).date()


async def test_the_ward_is_that_on_which_it_arrived(house: House) -> None:
    patient = await house.patient()
    await take(house, potassium(house, patient, "6.2"))
    house.later(hours=1)
    admission = await house.admitted(patient, await house.bed("med"))
    await take(house, potassium(house, patient, "6.2"))
    house.later(hours=1)
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx, house.actor(Role.CLERK), admission_id=admission, bed_id=await house.bed("icu")
        )
    for _ in range(2):
        await take(house, potassium(house, patient, "6.2"))
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    counted: Counter[UUID | None] = Counter()
    for row in told["counts"]:
        counted[row["ward"]] += row["raised"]
    assert counted == {None: 1, house.wards["med"]: 1, house.wards["icu"]: 2}
    for ward, number in (("MED", 1), ("ICU", 2)):
        one = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult", ward=ward)
        assert numbers(one)[:3] == (number, 0, number)
    own = await dry_run(house, replace(ADULT_POTASSIUM, ward="MED"))
    assert numbers(own)[:3] == (4, 0, 1)


async def test_days_are_counted_by_the_clock_of_the_hospital(house: House) -> None:
    await house.pool.execute(
        "UPDATE hospitals SET time_zone = 'Pacific/Auckland' WHERE id = $1", house.id
    )
    patient = await house.inpatient()
    chance = Random(7)
    times = [house.now - timedelta(hours=chance.randrange(1, 28 * 24)) for _ in range(20)]
    await take(
        house,
        *(
            potassium(house, patient, "6.2", observed_at=at, external_id=f"{n}")
            for n, at in enumerate(times)
        ),
    )
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    found: Counter[date] = Counter()
    for row in told["counts"]:
        found[row["day"]] += row["raised"]
    assert found == Counter(at.astimezone(ZoneInfo("Pacific/Auckland")).date() for at in times)
    assert [row["day"] for row in told["counts"]] == sorted(row["day"] for row in told["counts"])


async def test_the_last_days_are_looked_at_and_no_others(house: House) -> None:
    patient = await house.inpatient()
    edge = timedelta(days=7)
    for before in (edge - timedelta(seconds=1), edge, edge + timedelta(seconds=1)):
        await take(house, potassium(house, patient, "6.2", observed_at=house.now - before))
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult", days=7)
    assert numbers(told)[:3] == (2, 0, 2)


async def test_a_result_that_was_corrected_is_looked_at_as_it_is_now(house: House) -> None:
    patient = await house.inpatient()
    for value in ("6.9", "6.2"):
        await take(house, potassium(house, patient, value, external_id="1"))
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    assert numbers(told) == (1, 0, 1, 0, 0)


async def test_all_are_looked_at_in_parts_and_some_are_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(critical_rule_trials, "AT_ONCE", 7)
    monkeypatch.setattr(critical_rule_trials, "MOST_TOLD", 5)
    patient = await house.inpatient()
    same = house.now - timedelta(hours=1)
    sent: list[labs.NewLabResult] = []
    for number in range(30):
        # Many of one moment: the next part begins within it.
        at: datetime = same if number < 20 else same - timedelta(minutes=number)
        sent.append(potassium(house, patient, "6.2", observed_at=at, external_id=f"{number}"))
    await take(house, *sent)
    told = await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    assert numbers(told)[:3] == (30, 0, 30)
    assert len(told["results"]) == 5
    assert sum(row["raised"] for row in told["counts"]) == 30
    monkeypatch.setattr(critical_rule_trials, "MOST_JUDGED", 30)
    await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    monkeypatch.setattr(critical_rule_trials, "MOST_JUDGED", 29)
    with pytest.raises(BadInput) as refused:
        await dry_run(house, ADULT_POTASSIUM, key="potassium-adult")
    assert refused.value.extensions["field"] == "days"


@pytest.mark.parametrize(
    "given",
    [
        replace(ADULT_POTASSIUM, specimen="ser"),
        replace(ADULT_POTASSIUM, ward="MED", low=D("2.3"), min_age_hours=None),
        replace(ADULT_POTASSIUM, sex="FEMALE", high_comparator=">", high=D("6.1")),
    ],
)
async def test_a_trial_is_right_about_what_then_happens(house: House, given: Rule) -> None:
    """What it says of stored results is what the rule does with the same results sent anew."""
    people = [
        await house.inpatient(),
        await house.inpatient("icu"),
        await house.inpatient(born=None),
        await house.inpatient(born=house.now.date() - timedelta(days=40)),
        await house.patient(),
    ]

    def some() -> list[labs.NewLabResult]:
        same = Random(3)
        return [
            potassium(
                house,
                same.choice(people),
                same.choice(["2.4", "5.9", "6.1", "6.6", "7.2", "4", None]),
                unit=same.choice(["mmol/L", "mmol/L", "meq/L", "umol/mL", "mg/dL"]),
                comparator=same.choice([None, None, None, "<", ">="]),
                specimen=same.choice([None, "Ser", "BldV"]),
                sender_flag=same.choice([None, None, "HH", "N"]),
                text="seen",
                observed_at=at - timedelta(hours=same.randrange(1, 20)),
            )
            for _ in range(80)
        ]

    at = house.now
    await take(house, *some())
    told = await dry_run(house, given)
    rule = await add(house, "tried", given)
    outcomes = await take(house, *some())
    rows = [await house.row(models.LabResult, one.lab_result_id or "") for one in outcomes]
    assert told["judged"] == len(rows)
    assert sum(row["rule_id"] == rule["id"] for row in rows) == told["raised"]
    assert sum(row["interpretation"] == "NOT_JUDGED" for row in rows) == told["not_judged"]
    assert told["raised"] > 3
    assert told["not_judged"] > 3


@pytest.mark.parametrize("days", [0, 366])
async def test_there_are_one_to_365_days(house: House, days: int) -> None:
    with pytest.raises(BadInput) as refused:
        await dry_run(house, Rule(), days=days)
    assert refused.value.extensions["field"] == "days"
    for limit in (1, 365):
        assert numbers(await dry_run(house, Rule(), days=limit)) == (0, 0, 0, 0, 0)


async def test_a_trial_is_for_who_sets_rules(house: House) -> None:
    with pytest.raises(Forbidden):
        await dry_run(house, Rule(), role=Role.DOCTOR)
    with pytest.raises(NotFound) as refused:
        await dry_run(house, Rule(), ward="NOWHERE")
    assert refused.value.extensions["field"] == "ward"
    with pytest.raises(BadInput):
        await dry_run(house, Rule(unit="bananas"))


async def test_a_trial_in_the_place_of_a_version_that_is_over(house: House) -> None:
    await change(house, "potassium-adult", 1, ADULT_POTASSIUM)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "6.2"))
    told = await dry_run(house, replace(ADULT_POTASSIUM, high=D("6.3")), key="potassium-adult")
    assert numbers(told) == (1, 0, 0, 0, 1)
    assert ids.encode(models.Patient, (await house.row(models.Patient, patient))["id"]) == patient


async def test_one_trial_of_a_hospital_at_a_time(house: House) -> None:
    async with house.begin() as tx:
        given: Any = {"rule": Rule(), "days": 1}
        await dry_run_critical_rule(tx, house.actor(Role.LAB), **given)
        with pytest.raises(Throttled) as refused:
            await dry_run(house, Rule())
        assert refused.value.extensions["retryAfter"] > 0
        await dry_run(await founded(house.pool), Rule())
    assert numbers(await dry_run(house, Rule())) == (0, 0, 0, 0, 0)
