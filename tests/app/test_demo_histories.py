"""The demo's people and their past are believable, before anything is written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.demo import labs
from app.demo.conditions import CONDITIONS, candidates
from app.demo.findings import FINDINGS, pick
from app.demo.formulary import FORMULARY, PAEDIATRIC
from app.demo.histories import CHARTED, History, histories
from app.demo.people import Generation, person, seeded
from app.demo.wards import PLANS
from models.rules.critical_values import STARTER_RULES, Observation, judge
from models.rules.drug_allergy import conflict
from models.rules.drugs import Substance
from models.rules.panels import PANELS, LabPanel
from models.rules.patients import Sex, age_in_hours
from models.rules.results import Interpretation
from models.rules.vital_limits import implausible, pressures_cross

CBC, CMP = ({one.code for one in PANELS[each]} for each in (LabPanel.CBC, LabPanel.CMP))
NOW = datetime(2031, 3, 5, 9, 41, tzinfo=UTC)


@pytest.fixture(scope="module")
def everybody() -> list[History]:
    return histories(NOW)


def critical(drawn: labs.Drawn, birth: datetime, at: datetime, sex: Sex) -> bool:
    youngest, oldest = age_in_hours(birth.date(), at)
    return judge(
        STARTER_RULES,
        Observation(
            code=drawn.code,
            value=drawn.value,
            unit=drawn.unit,
            age_hours=youngest,
            age_hours_oldest=oldest,
            sex=sex,
        ),
    ).critical


def test_the_wards_are_those_of_the_demo() -> None:
    assert [(plan.code, plan.beds) for plan in PLANS] == [
        ("ICU", 12),
        ("MED1", 20),
        ("SURG1", 20),
        ("PEDS", 20),
        ("NICU", 20),
        ("ED", 20),
    ]
    for plan in PLANS:
        assert len({bed for _, bed in plan.bed_codes()}) == plan.beds
        assert plan.occupied + len(plan.unready) < plan.beds


def test_each_bed_has_one_patient_and_each_patient_a_number(everybody: list[History]) -> None:
    assert 85 <= len(everybody) <= 95
    assert len({(one.ward, one.bed) for one in everybody}) == len(everybody)
    assert len({one.person.mrn for one in everybody}) == len(everybody)
    assert Counter(one.ward for one in everybody) == {plan.code: plan.occupied for plan in PLANS}


def test_the_same_seed_tells_the_same_story() -> None:
    assert histories(NOW) == histories(NOW)
    assert histories(NOW) != histories(NOW, seed="another")


def test_newborns_lie_in_nicu_and_children_in_peds(everybody: list[History]) -> None:
    for one in everybody:
        hours = one.person.hours_old(NOW)
        if one.ward == "NICU":
            assert hours < 28 * 24
        elif one.ward == "PEDS":
            assert 28 * 24 < hours < 16 * 8766
        elif one.ward != "ED":
            assert hours >= 18 * 8766
    newborn = [one.person.hours_old(NOW) for one in everybody if one.ward == "NICU"]
    assert min(newborn) < 48 < max(newborn)


def test_nobody_is_charted_before_birth_admission_or_after_now(everybody: list[History]) -> None:
    for one in everybody:
        assert one.person.born_at < one.admitted_at <= NOW
        times = [at for at, _ in one.vitals] + [draw.at for draw in one.blood]
        times += [dose.at for order in one.orders for dose in order.doses]
        assert times, one.condition.reason
        assert one.admitted_at <= min(times) + timedelta(minutes=1)
        assert max(times) <= NOW
        assert min(at for at, _ in one.vitals) >= NOW - CHARTED - timedelta(minutes=1)
        assert [at for at, _ in one.vitals] == sorted(at for at, _ in one.vitals)


def test_vitals_are_plausible_and_follow_the_course(everybody: list[History]) -> None:
    for one in everybody:
        for _, found in one.vitals:
            for field, value in (
                ("heartRate", found.heart_rate),
                ("systolic", found.systolic),
                ("diastolic", found.diastolic),
                ("respiratoryRate", found.respiratory_rate),
                ("temperature", found.temperature),
                ("oxygenSaturation", found.oxygen_saturation),
                ("painScore", found.pain_score),
                ("weightKg", found.weight_kg),
                ("heightCm", found.height_cm),
            ):
                assert value is None or implausible(field, value) is None
            assert not pressures_cross(found.systolic, found.diastolic)
        # A course, not noise: one set to the next, the pulse moves by less than a fifth.
        steps = [
            abs(a[1].heart_rate - b[1].heart_rate) / a[1].heart_rate
            for a, b in zip(one.vitals, one.vitals[1:], strict=False)
        ]
        assert not steps or sum(steps) / len(steps) < 0.2


def test_everyday_blood_is_never_critical_by_accident() -> None:
    for seed in ("wardline", "b", "c"):
        for one in histories(NOW, seed=seed):
            for draw in one.blood:
                for drawn in draw.results:
                    assert not critical(drawn, one.person.born_at, draw.at, one.person.sex), (
                        drawn,
                        one.person.hours_old(draw.at),
                    )


def test_the_panels_are_whole_and_the_indices_agree(everybody: list[History]) -> None:
    for one in everybody:
        for draw in one.blood:
            by_panel = {
                panel: {d.code for d in draw.results if d.panel == panel}
                for panel in {d.panel for d in draw.results}
            }
            assert by_panel[labs.CBC] == CBC
            assert by_panel.get(labs.CMP, CMP) == CMP
            value = {d.code: d.value for d in draw.results}
            assert abs(value["789-8"] * value["787-2"] / 10 - value["4544-3"]) < 1
            assert abs(value["718-7"] * 10 / value["789-8"] - value["785-6"]) < 1


@pytest.mark.parametrize("generation", list(Generation))
def test_a_finding_is_critical_at_whatever_age_it_is_drawn(generation: Generation) -> None:
    rng = seeded(generation.value)
    drawn_codes = set()
    for number in range(400):
        someone = person(rng, f"T{number}", generation, NOW)
        found = pick(rng, someone.hours_old(NOW)).draw(rng, someone.hours_old(NOW), someone.sex)
        drawn_codes.add(found.code)
        assert critical(found, someone.born_at, NOW, someone.sex), (
            found,
            someone.hours_old(NOW),
        )
    assert len(drawn_codes) >= 3  # varied tests, not one


def test_both_ends_of_every_finding_are_critical() -> None:
    for found in FINDINGS:
        age = timedelta(hours=(found.from_hours + min(found.to_hours, 700_000)) / 2)
        for value in (found.lowest, found.highest):
            drawn = labs.finding(found.code, value, age / timedelta(hours=1), Sex.FEMALE)
            assert critical(drawn, NOW - age, NOW, Sex.FEMALE), found


def test_every_drug_of_a_condition_is_in_the_book_of_its_age() -> None:
    for ward in CONDITIONS:
        for generation, book in (
            (Generation.ADULT, FORMULARY),
            (Generation.CHILD, PAEDIATRIC),
            (Generation.NEWBORN, PAEDIATRIC),
        ):
            plan = next(plan for plan in PLANS if plan.code == ward)
            if generation in plan.generations:
                for condition in candidates(ward, generation):
                    assert set(condition.drugs) <= set(book), condition.reason


def test_nobody_is_given_what_they_are_allergic_to(everybody: list[History]) -> None:
    assert any(one.allergies for one in everybody)
    for one in everybody:
        allergies = [Substance(substance, code) for substance, code, _, _ in one.allergies]
        for order in one.orders:
            drug = Substance(order.drug.name, order.drug.code)
            assert not any(conflict(drug, allergy) for allergy in allergies)


def test_a_sick_blood_shows(everybody: list[History]) -> None:
    """Judged as a laboratory would: some of it is out of its range, most of it is not."""
    seen = Counter(
        judge(
            STARTER_RULES,
            Observation(
                code=drawn.code,
                value=drawn.value,
                unit=drawn.unit,
                age_hours=round(one.person.hours_old(draw.at)),
                sex=one.person.sex,
                reference_low=drawn.reference_low,
                reference_high=drawn.reference_high,
            ),
        ).interpretation
        for one in everybody
        for draw in one.blood
        for drawn in draw.results
    )
    out = seen[Interpretation.LOW] + seen[Interpretation.HIGH]
    assert 0.03 < out / seen.total() < 0.4
    assert seen[Interpretation.NOT_JUDGED] == 0
