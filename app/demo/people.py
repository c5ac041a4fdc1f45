"""The people of the demo hospital: made up here, none of them copied from anywhere.

Names mix the languages one hears on a ward. Telephone numbers are of the range kept for fiction
(555-01xx), e-mail of a domain kept for examples (RFC 2606), national ids of an area never issued.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from models.rules.patients import Sex

_WOMEN = """Amara Beatriz Chiara Dilnoza Eszter Fatima Grace Hana Ingrid Jasmin Keiko Leila Maeve
Nadia Olivia Priya Rosa Saoirse Thandiwe Uma Valentina Wanjiru Xiu Yasmin Zofia Adaeze Birgit
Camille Dorota Elif Freya Guadalupe Hye-jin Isabel Joanna Kirra Lucia Mahsa Nomvula Oksana Petra
Ruth Sunita Tereza Vesna Winnie Ama Margaret Dolores Agnes""".split()
_MEN = """Abdul Bogdan Carlos Davit Emeka Farid Gustavo Hiroshi Ivan Jamal Kofi Lars Mateo Nikhil
Oscar Piotr Quang Rafael Stefan Tariq Umar Viktor Wei Yusuf Zoltan Anders Benjamin Chidi Diego Erik
Felipe George Hamza Ismail Jakub Kwame Leon Minh Noah Omar Pavel Raj Samuel Tomasz Vikram Walter
Andile Henry Albert Giorgos""".split()
_FAMILIES = """Abara Adeyemi Akhtar Almeida Andersson Antunes Bakker Banerjee Bauer Begum Bello
Borg Brennan Castillo Chaudhry Chen Cohen Costa Dang Diallo Dimitrov Dlamini Doyle Eriksen
Fernandez Fischer Flores Fofanah Garcia Gonzalez Haddad Hansen Hashimoto Hughes Ibrahim Ito Ivanova
Jansen Johnson Kamau Kaya Keita Khan Kim Kovacs Kowalski Kruger Larsen Lopez MacLeod Mahlangu
Mendoza Mensah Moreau Morris Mutasa Nakamura Ndiaye Nguyen Novak Nwosu OBrien Okafor Olsen Osei
Park Patel Pereira Petrov Phiri Popescu Qureshi Ramos Reyes Rossi Sato Schmidt Sharma Silva Singh
Sokolova Svensson Tanaka Taylor Torres Tran Usman Vargas Virtanen Walker Wang Williams Yilmaz
Yusupov Zhang Zulu""".split()
_STREETS = """Alder Beacon Canal Dovecote Elm Foundry Granary Harbour Ivy Juniper Kiln Larch Mill
Nightingale Orchard Pilgrim Quarry Ropewalk Station Tannery Upland Viaduct Willow""".split()
_KINDS = ("Street", "Lane", "Road", "Avenue", "Row", "Close")
_TOWNS = ("Northbridge", "Eastmere", "Saltmarsh", "Highfield", "Overwater", "Stonequay")


class Generation(Enum):
    """Who lies on a ward, by age."""

    NEWBORN = "newborn"
    CHILD = "child"
    ADULT = "adult"
    ELDER = "elder"


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up patient. `born_at` is UTC and more exact than a record keeps: newborns of the demo
    are hours old."""

    mrn: str
    given_name: str
    family_name: str
    born_at: datetime
    sex: Sex
    phone: str
    email: str | None
    address: str
    national_id: str | None

    @property
    def birth_date(self) -> date:
        return self.born_at.date()

    def hours_old(self, at: datetime) -> float:
        return (at - self.born_at) / timedelta(hours=1)

    def years_old(self, at: datetime) -> float:
        return self.hours_old(at) / 8766


def seeded(seed: str | None) -> random.Random:
    """Randomness for stories, never for secrets; the same seed tells the same story."""
    return random.Random(seed)  # noqa: S311 (nothing here protects anything)


def person(rng: random.Random, mrn: str, generation: Generation, now: datetime) -> Person:
    """Somebody of that generation as of `now`."""
    sex = rng.choice((Sex.FEMALE, Sex.MALE))
    family = rng.choice(_FAMILIES)
    given = rng.choice(_WOMEN if sex is Sex.FEMALE else _MEN)
    grown = generation in {Generation.ADULT, Generation.ELDER}
    if generation is Generation.NEWBORN and rng.random() < 0.35:
        # Named on the first days after the mother, as wards do until the parents have chosen.
        given = "Baby Girl" if sex is Sex.FEMALE else "Baby Boy"
    street = f"{rng.randint(1, 180)} {rng.choice(_STREETS)} {rng.choice(_KINDS)}"
    mailbox = f"{given}.{family}".lower().replace(" ", "")
    return Person(
        mrn=mrn,
        given_name=given,
        family_name="O'Brien" if family == "OBrien" else family,
        born_at=now - _age(rng, generation),
        sex=sex,
        phone=f"+1 {rng.randint(201, 989)} 555 01{rng.randint(0, 99):02d}",
        email=f"{mailbox}@example.org" if grown and rng.random() < 0.7 else None,
        address=f"{street}, {rng.choice(_TOWNS)}",
        national_id=f"000-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}" if grown else None,
    )


def _age(rng: random.Random, generation: Generation) -> timedelta:
    match generation:
        case Generation.NEWBORN:
            # Half of a neonatal ward is hours old, the others days.
            hours = rng.uniform(3, 40) if rng.random() < 0.5 else rng.uniform(48, 24 * 20)
            return timedelta(hours=hours)
        case Generation.CHILD:
            return timedelta(days=rng.uniform(70, 15.5 * 365))
        case Generation.ADULT:
            return timedelta(days=rng.uniform(18, 69) * 365.25)
        case Generation.ELDER:
            return timedelta(days=rng.uniform(70, 96) * 365.25)
