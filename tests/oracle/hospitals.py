"""Hospitals by chance: people, places and charts from the seed of a random generator.

Written row by row and not through the mutations, so that what the constraints allow is there, and
not only what the rules would make today: several rows at one moment, nulls, corrected results,
transfers, an admission on leave without a bed, reservations that are over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

import models
from models.rules.roles import Role
from resolvers import hospitals, sessions
from resolvers.actors import Actor
from resolvers.transaction import Transaction, transaction
from schema.execution import Engine
from tests.oracle import beds_by_chance
from tests.oracle.alarms_by_chance import run_by_chains
from tests.oracle.charts import Chart
from tests.oracle.cursors import Cursors
from tests.oracle.rows import Held, hold, public_of
from tests.resolvers.reading.charts import Chart as Named
from tests.resolvers.reading.hospital import Hospital
from tests.resolvers.reading.rules import write_rules

CODES = ("ICU", "MED1", "NICU", "med1", "Ä-1")
NAMES = ("Ada", "ada", "Ben", "Öykü", "O'Neil", "de la Cruz", "Łukasz", "A", "Zoë", "%", "a_b")
COMBINED = (
    (Role.NURSE, Role.CLERK),
    (Role.DOCTOR, Role.PATIENT),
    (Role.INTEGRATOR, Role.NURSE),
    (Role.AUDITOR, Role.PHARMACIST),
    (Role.LAB, Role.CHARGE_NURSE, Role.PATIENT),
    (Role.INTEGRATOR, Role.CLERK),
    (),
)


@dataclass
class House:
    """A hospital with its rows in memory and those who ask."""

    hospital: Hospital
    actors: list[Actor] = field(default_factory=list)
    held: Held = field(init=False)

    cursors: Cursors = field(default_factory=Cursors)
    """The cursors of every row of every list, as the engine tells them."""
    stations: list[dict[str, Any]] | None = None
    """Who listens; None: it is not known."""
    others: list[str] = field(default_factory=list)
    """Public ids of another hospital's rows."""

    async def look(self) -> None:
        """Read the rows anew."""
        self.held = await hold(self.hospital.pool, self.hospital.id)
        self.held.stations = self.stations

    def ids(self, type_: str) -> list[str]:
        """The public ids of every row of a type, in the order in which they were made."""
        return [public_of(row) for row in sorted(self.held.all(type_), key=lambda row: row["id"])]


async def build(engine: Engine, pool: asyncpg.Pool[Any], seed: int) -> House:
    """The hospital of a seed: the same rows for the same seed, but for ids and the time of day."""
    chance = Random(seed)
    house = House(await _ground(engine, pool, chance))
    hospital = house.hospital
    wards = list(hospital.wards)
    authors = [await hospital.user(Role.INTEGRATOR), await hospital.user(Role.INTEGRATOR)]
    writers = [authors[0].user_id, authors[0].user_id, authors[1].user_id, None]
    now = datetime.now(UTC)
    async with transaction(pool, hospital.id, now) as tx:
        for number in range(chance.randint(3, 6)):
            mrn = f"M-{number}"
            patient = await _patient(tx, chance, mrn, chance.choice(writers))
            hospital.charts[mrn] = Named(patient, authors[0])
            chart = Chart(tx, chance, patient, writers, hospital.wards)
            beds = sorted(hospital.beds)
            before = _place(hospital, chance.choice(beds)) if beds else None
            await chart.write(_free(chance, hospital, number), before, number)
        await _reserve(tx, chance, hospital)
        await beds_by_chance.write(tx, chance, hospital, writers)
        await write_rules(tx, chance, list(hospital.wards.values()), writers)
    people = [*authors, *(await _people(hospital, chance, wards))]
    async with transaction(pool, hospital.id, now) as tx:
        await run_by_chains(tx, chance, [*hospital.wards.values()], people)
        for actor in people:
            await _relate(tx, chance, hospital, actor, people)
    await _leave(hospital, people)
    house.actors = await looked_up(hospital, people)
    await house.look()
    return house


async def _ground(engine: Engine, pool: asyncpg.Pool[Any], chance: Random) -> Hospital:
    """The hospital with wards and beds."""
    async with pool.acquire() as connection, connection.transaction():
        made = await hospitals.create_hospital(
            connection, models.new_id().hex, "General", now=datetime.now(UTC)
        )
        found = Hospital(pool, engine, made)
        for code in chance.sample(CODES, chance.randint(2, 4)):
            ward = await hospitals.create_ward(connection, made, code, f"Ward {code}")
            found.wards[code] = ward
            for bed in chance.sample(("1", "2", "10", "a"), chance.randint(0, 4)):
                name = f"{code}-{bed}"
                found.beds[name] = await hospitals.create_bed(connection, made, ward, name)
    return found


async def _patient(tx: Transaction, chance: Random, mrn: str, writer: UUID | None) -> UUID:
    made = models.new_id()
    await tx.insert(
        models.Patient,
        {"id": made, "hospital_id": tx.hospital_id, "created_by": writer, "mrn": mrn}
        | {"given_name": chance.choice(NAMES), "family_name": chance.choice(NAMES)}
        | {"sex": chance.choice(["FEMALE", "MALE", "OTHER", "UNKNOWN"])}
        | {"birth_date": chance.choice([None, date(1950, 2, 28), date(2020, 2, 29)])}
        | {"deceased_at": chance.choice([None, None, tx.now])}
        | {"phone": chance.choice([None, "+49 30 1"]), "email": chance.choice([None, "a@b.org"])}
        | {"address": chance.choice([None, 'A "street"\n\\1']), "national_id": f"NAT {mrn}"},
    )
    return made


def _free(chance: Random, hospital: Hospital, number: int) -> tuple[UUID, UUID] | None:
    """The ward and the bed of the patient of that number, who may lie in none."""
    beds = sorted(hospital.beds)
    if number >= len(beds) or chance.random() < 0.25:
        return None
    # Spread over the wards: no two get the same.
    return _place(hospital, sorted(beds, key=lambda code: code[::-1])[number])


def _place(hospital: Hospital, bed: str) -> tuple[UUID, UUID]:
    return hospital.wards[bed.rpartition("-")[0]], hospital.beds[bed]


async def _leave(hospital: Hospital, people: list[Actor]) -> None:
    """A ward that is retired with its bed, on which some have worked, and somebody who has left."""
    gone = await hospital.user(Role.NURSE)
    async with hospital.pool.acquire() as connection:
        ward = await hospitals.create_ward(connection, hospital.id, "OLD", "Ward that was")
        bed = await hospitals.create_bed(connection, hospital.id, ward, "OLD-1")
        for statement, row in (
            ("UPDATE wards SET retired_at = now() WHERE id = $1", ward),
            ("UPDATE beds SET retired_at = now(), status = 'CLOSED' WHERE id = $1", bed),
            ("UPDATE users SET disabled_at = now() WHERE id = $1", gone.user_id),
        ):
            await connection.execute(statement, row)
        await connection.executemany(
            "INSERT INTO ward_memberships (user_id, ward_id) VALUES ($1, $2)",
            [(one.user_id, ward) for one in people[::2]],
        )


async def looked_up(hospital: Hospital, people: list[Actor]) -> list[Actor]:
    """The same people as their sessions have them now: with care teams and broken glasses."""
    async with hospital.pool.acquire() as connection:
        found = await sessions.actors_of(
            connection,
            [actor.session_id for actor in people if actor.session_id is not None],
            now=datetime.now(UTC),
        )
    return [found[actor.session_id] for actor in people if actor.session_id is not None]


async def _relate(
    tx: Transaction, chance: Random, hospital: Hospital, actor: Actor, people: list[Actor]
) -> None:
    """Care teams and broken glasses of somebody: going on, with a tail, over."""
    mrns = sorted(hospital.charts)
    for mrn in chance.sample(mrns, chance.randint(0, 2)):
        began = tx.now - timedelta(days=chance.randint(1, 2))
        await tx.insert(
            models.CareTeamMember,
            {"id": models.new_id(), "hospital_id": tx.hospital_id, "user_id": actor.user_id}
            | {"patient_id": hospital.charts[mrn].patient, "started_at": began}
            | {"role": chance.choice(["ATTENDER", "CONSULTANT", "PARTICIPANT"])}
            | {"ended_at": chance.choice([None, tx.now + timedelta(hours=9), began])}
            | {"created_by": chance.choice(people).user_id},
        )
    if chance.random() < 0.4:
        await _break(tx, chance, hospital.charts[chance.choice(mrns)].patient, actor, people)


async def _break(
    tx: Transaction, chance: Random, patient: UUID, actor: Actor, people: list[Actor]
) -> None:
    opened = tx.now - timedelta(hours=chance.choice([1, 5]))
    expires = opened + timedelta(hours=4)
    over = chance.random() < 0.3
    reviewer = chance.choice([one for one in people if one is not actor] + [None] * len(people))
    note = None if reviewer is None else chance.choice([None, "seen"])
    await tx.insert(
        models.EmergencyAccess,
        {"id": models.new_id(), "hospital_id": tx.hospital_id, "user_id": actor.user_id}
        | {"patient_id": patient, "reason": "unconscious on arrival", "opened_at": opened}
        | {"expires_at": expires, "ended_at": min(tx.now, expires) if over else None}
        | {"reviewed_at": None if reviewer is None else tx.now, "review_note": note}
        | {"reviewed_by": None if reviewer is None else reviewer.user_id}
        | {"outcome": None if reviewer is None else "JUSTIFIED"},
    )


async def _reserve(tx: Transaction, chance: Random, hospital: Hospital) -> None:
    patients = [chart.patient for chart in hospital.charts.values()]
    for bed in hospital.beds.values():
        for ended in (True, False):
            if chance.random() < 0.4:
                until = chance.choice(
                    [None, tx.now + timedelta(days=1), tx.now - timedelta(days=1)]
                )
                await tx.insert(
                    models.Reservation,
                    {"id": models.new_id(), "hospital_id": tx.hospital_id, "bed_id": bed}
                    | {"patient_id": chance.choice(patients), "reserved_until": until}
                    | {"ended_at": tx.now if ended else None}
                    | {"ended_as": "RELEASED" if ended else None},
                )
        status = chance.choice(["HOUSEKEEPING", "CLOSED", None, None])
        if status is not None:
            await tx.connection.execute(
                "UPDATE beds SET status = $2 WHERE id = $1 AND status = 'UNOCCUPIED'", bed, status
            )


async def _people(hospital: Hospital, chance: Random, wards: list[str]) -> list[Actor]:
    found = []
    mrns = sorted(hospital.charts)
    for roles in [*((role,) for role in Role), (Role.NURSE,), (Role.DOCTOR,), *COMBINED]:
        works = chance.sample(wards, chance.randint(0 if roles else 1, min(2, len(wards))))
        own = chance.choice(mrns) if Role.PATIENT in roles else None
        found.append(await hospital.user(*roles, wards=works, own=own))
    return found
