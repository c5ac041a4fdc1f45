"""A believable past for each patient: two days of vitals and blood, drugs, allergies, a course.

Everything is made from a seed and `now`, before anything is written; `loading` writes it through
the resolvers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.demo import labs
from app.demo.conditions import PREMATURE, Condition, candidates
from app.demo.formulary import ALLERGIES, FORMULARY, PAEDIATRIC, Drug
from app.demo.labs import Drawn
from app.demo.people import Generation, Person, person, seeded
from app.demo.vitals import Measured, healthy, measure
from app.demo.wards import PLANS, Plan
from models.rules import schedules
from models.rules.drug_allergy import conflict
from models.rules.drugs import Substance
from models.rules.medications import Frequency
from models.rules.schedules import Schedule

FIRST_MRN = "D100001"
CHARTED = timedelta(hours=48)
"""How far back the charts of the demo go."""
DOSES = timedelta(hours=25)
"""How far back its administrations go: beyond what a ward is told to be late."""
ORDERED_AFTER = timedelta(minutes=10)
"""How long after the admission the drugs are ordered."""

HOURS_BETWEEN: Mapping[Frequency, float] = {
    Frequency.QD: 24,
    Frequency.BID: 12,
    Frequency.TID: 8,
    Frequency.QID: 6,
    Frequency.QOD: 48,
    Frequency.Q4H: 4,
    Frequency.Q6H: 6,
    Frequency.Q8H: 8,
}

NOT_GIVEN = ("patient away for imaging", "patient asleep", "patient declined", "nil by mouth")


@dataclass(frozen=True, slots=True)
class Course:
    """How an illness goes from admission to now: 0 is well, 1 as bad as the condition is."""

    begun: datetime
    first: float
    now: float
    until: datetime

    def at(self, moment: datetime) -> float:
        whole = (self.until - self.begun) / timedelta(hours=1)
        share = ((moment - self.begun) / timedelta(hours=1)) / whole if whole > 0 else 1.0
        return self.first + (self.now - self.first) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose that was due: given, or not and why."""

    at: datetime
    not_given: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """A drug ordered on admission and the doses of the last hours, oldest first."""

    drug: Drug
    dose: Decimal
    doses: tuple[Dose, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """Blood drawn at one time."""

    at: datetime
    results: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One patient in a bed of the demo at `now`."""

    person: Person
    ward: str
    bed: str
    condition: Condition
    admitted_at: datetime
    vitals: tuple[tuple[datetime, Measured], ...]
    blood: tuple[Draw, ...]
    orders: tuple[Order, ...]
    allergies: tuple[tuple[str, str, str, str], ...]


def histories(now: datetime, seed: str = "wardline") -> list[History]:
    """Everybody who lies in a bed of the demo hospital at `now`, earliest admission first."""
    rng = seeded(seed)
    found = []
    number = int(FIRST_MRN[1:])
    for plan in PLANS:
        beds = sorted(rng.sample([bed for _, bed in plan.bed_codes()], plan.occupied))
        conditions: list[Condition] = []
        for index, bed in enumerate(beds):
            generation = plan.generations[index % len(plan.generations)]
            someone = person(rng, f"D{number}", generation, now)
            number += 1
            # Every condition once before one comes twice.
            left = [c for c in candidates(plan.code, generation) if c not in conditions]
            condition = rng.choice(left or candidates(plan.code, generation))
            conditions = [*conditions, condition] if left else [condition]
            found.append(history(rng, plan, bed, someone=someone, condition=condition, now=now))
    return sorted(found, key=lambda one: one.admitted_at)


def history(
    rng: random.Random,
    plan: Plan,
    bed: str,
    *,
    someone: Person,
    condition: Condition,
    now: datetime,
) -> History:
    """What has happened to `someone` in that bed until `now`."""
    longest = min(plan.longest_stay_hours, someone.hours_old(now) - 0.5)
    admitted_at = _minute(now - timedelta(hours=rng.uniform(min(1.5, longest), longest)))
    course = _course(rng, admitted_at, now)
    body = _body(rng, someone, condition, now)
    return History(
        person=someone,
        ward=plan.code,
        bed=bed,
        condition=condition,
        admitted_at=admitted_at,
        vitals=tuple(
            _vitals(
                rng,
                plan.vitals_every,
                someone=someone,
                condition=condition,
                course=course,
                body=body,
            )
        ),
        blood=tuple(_blood(rng, plan, someone, condition, course)),
        orders=tuple(orders(rng, someone, condition, body[0], admitted_at=admitted_at, now=now)),
        allergies=_allergies(rng, someone, condition, now),
    )


def orders(
    rng: random.Random,
    someone: Person,
    condition: Condition,
    weight: Decimal,
    *,
    admitted_at: datetime,
    now: datetime,
) -> Iterator[Order]:
    """The drugs of the condition, with what has been given of each."""
    book = PAEDIATRIC if someone.years_old(now) < 16 else FORMULARY
    for name in condition.drugs:
        drug = book[name]
        yield Order(drug, drug.dose_for(weight), tuple(_doses(rng, drug, admitted_at, now)))


def _course(rng: random.Random, begun: datetime, until: datetime) -> Course:
    first = rng.uniform(0.55, 1.0)
    luck = rng.random()
    if luck < 0.65:  # most get better
        last = first * rng.uniform(0.1, 0.5)
    elif luck < 0.85:
        last = first * rng.uniform(0.85, 1.1)
    else:
        last = rng.uniform(0.9, 1.1)
    return Course(begun, first, last, until)


def _body(
    rng: random.Random, someone: Person, condition: Condition, now: datetime
) -> tuple[Decimal, Decimal]:
    usual = healthy(someone.years_old(now))
    early = 0.58 if condition is PREMATURE else 1.0
    weight = usual.weight_kg * early * min(max(rng.gauss(1, 0.13), 0.7), 1.45)
    height = usual.height_cm * early ** (1 / 3) * min(max(rng.gauss(1, 0.04), 0.9), 1.1)
    places = 2 if weight < 10 else 1
    return Decimal(str(round(weight, places))), Decimal(str(round(height, 0))).quantize(Decimal(1))


def _vitals(
    rng: random.Random,
    every: float,
    *,
    someone: Person,
    condition: Condition,
    course: Course,
    body: tuple[Decimal, Decimal],
) -> Iterator[tuple[datetime, Measured]]:
    before: Measured | None = None
    for at in _rounds(rng, course, every, minutes_late=12):
        years = someone.years_old(at)
        measured = measure(rng, years, condition, course.at(at), before)
        if before is None:
            measured = replace(measured, weight_kg=body[0], height_cm=body[1])
        before = measured
        yield at, measured


def _blood(
    rng: random.Random, plan: Plan, someone: Person, condition: Condition, course: Course
) -> Iterator[Draw]:
    for at in _rounds(rng, course, plan.labs_every, minutes_late=40):
        hours, severity = someone.hours_old(at), course.at(at)
        panels = [labs.cbc(rng, hours, someone.sex, condition, severity)]
        # A newborn's blood is little: chemistry every other time.
        if plan.generations != (Generation.NEWBORN,) or rng.random() < 0.5:
            panels.append(labs.cmp(rng, hours, someone.sex, condition, severity))
        yield Draw(at, tuple(result for panel in panels for result in panel))


def _rounds(
    rng: random.Random, course: Course, every: float, minutes_late: float
) -> Iterator[datetime]:
    """The times of a round every so many hours, from admission (or 48 h ago) until now."""
    window = max(course.begun, course.until - CHARTED)
    late = timedelta(minutes=rng.uniform(3, minutes_late))
    at = window + late
    while at < course.until - timedelta(minutes=1):
        yield _minute(at)
        at += timedelta(hours=every, minutes=rng.uniform(-5, 5))


def _doses(rng: random.Random, drug: Drug, admitted_at: datetime, now: datetime) -> Iterator[Dose]:
    begun = admitted_at + timedelta(minutes=rng.uniform(20, 55))
    if drug.frequency is None:
        yield Dose(_minute(min(begun, now)), None)
        return
    if drug.as_needed is None:
        of_day = schedules.times(drug.frequency, (), as_needed=False)
        other = drug.frequency is Frequency.QOD
        schedule = Schedule(
            of_day, admitted_at + ORDERED_AFTER, None, ZoneInfo("UTC"), every_other_day=other
        )
        for due in schedules.due(schedule, now - DOSES, now):
            at = due + timedelta(minutes=rng.randint(0, 35))
            refused = rng.random() < 0.05
            if at < now:
                yield Dose(at, rng.choice(NOT_GIVEN) if refused else None)
        return
    gap = timedelta(hours=HOURS_BETWEEN[drug.frequency])
    passed = max(0, int((now - DOSES - begun) / gap))
    at = begun + passed * gap
    while at < now:
        refused = rng.random() < 0.05
        if at >= now - DOSES and rng.random() < 0.4:
            yield Dose(_minute(at), rng.choice(NOT_GIVEN) if refused else None)
        at += gap


def _allergies(
    rng: random.Random, someone: Person, condition: Condition, now: datetime
) -> tuple[tuple[str, str, str, str], ...]:
    """Allergies that speak against nothing on the chart: its orders need no override."""
    if someone.years_old(now) < 1 or rng.random() < 0.5:
        return ()
    drugs = [Substance(name) for name in condition.drugs]
    fitting = [
        allergy
        for allergy in ALLERGIES
        if not any(conflict(drug, Substance(allergy[0], allergy[1])) for drug in drugs)
    ]
    return tuple(rng.sample(fitting, rng.choice((1, 1, 2))))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
