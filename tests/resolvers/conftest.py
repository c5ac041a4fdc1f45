"""A hospital for the tests of the work: two wards with beds, one user of each role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

import models
from models.rules.patients import Sex
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers import admissions, hospitals, ids, patients, sessions
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.transaction import Transaction, transaction
from resolvers.users import add_user

PASSWORD = "wardline"


@dataclass
class House:
    """A hospital of the test's own. `med` and `icu` are wards, the beds are `bed("med")`."""

    pool: asyncpg.Pool[Any]
    id: UUID
    wards: dict[str, UUID]
    users: dict[Role, UUID]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    policy: Policy = DEFAULT_POLICY
    made: int = 0

    def later(self, **by: float) -> datetime:
        """Move the house's clock; the new time."""
        self.now += timedelta(**by)
        return self.now

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction at the house's time."""
        return transaction(self.pool, self.id, self.now, self.policy)

    def actor(self, *roles: Role, wards: Sequence[str] = ("med",)) -> Actor:
        """Somebody with these roles on these wards."""
        held = frozenset(roles)
        return Actor(
            hospital_id=self.id,
            user_id=self.users[roles[0]],
            session_id=None,
            username=roles[0].lower(),
            roles=held,
            rights=rights(held),
            ward_ids=tuple(self.wards[code] for code in wards),
        )

    async def signed_in(self, role: Role, *wards: str) -> Actor:
        """A new user with a session of two days; the actor as a look-up finds it."""
        user, session = models.new_id(), models.new_id()
        async with self.begin() as tx:
            await tx.insert(
                models.User,
                {"id": user, "hospital_id": self.id, "username": user.hex}
                | {"display_name": "Somebody", "password_hash": "!"},
            )
            await tx.insert(models.RoleMembership, {"user_id": user, "role": role.value})
            for code in wards:
                row = {"user_id": user, "ward_id": self.wards[code]}
                await tx.insert(models.WardMembership, row)
            await tx.insert(
                models.Session,
                {"id": session, "hospital_id": self.id, "user_id": user}
                | {"token_hash": session.bytes, "created_at": tx.now, "last_seen_at": tx.now}
                | {"expires_at": tx.now + timedelta(days=2)},
            )
        found = await self.looked_up(session)
        assert found is not None
        return found

    async def looked_up(self, session: UUID | None) -> Actor | None:
        """The actor of a session at the house's time, however long it was silent; None where the
        session has ended."""
        assert session is not None
        policy = replace(self.policy, session_idle=timedelta(days=2))
        async with self.pool.acquire() as connection:
            found = await sessions.actors_of(connection, [session], now=self.now, policy=policy)
        return found.get(session)

    async def bed(self, ward: str = "med") -> str:
        """A new bed, free; its public id."""
        self.made += 1
        async with self.pool.acquire() as connection:
            bed_id = await hospitals.create_bed(
                connection, self.id, self.wards[ward], f"B{self.made}"
            )
        return ids.encode(models.Bed, bed_id)

    async def patient(self, *, born: date | None = date(1950, 5, 1), family: str = "Family") -> str:
        """A new patient in no bed; the public id."""
        self.made += 1
        async with self.begin() as tx:
            produced = await patients.register_patient(
                tx,
                self.actor(Role.CLERK),
                mrn=f"M{self.made}",
                given_name="Given",
                family_name=family,
                birth_date=born,
                sex=Sex.FEMALE,
            )
        return ids.encode(models.Patient, produced["patient"])

    async def admitted(self, patient: str, bed: str) -> str:
        """Admit the patient to the bed; the admission's public id."""
        async with self.begin() as tx:
            produced = await admissions.admit_patient(
                tx, self.actor(Role.CLERK), patient_id=patient, bed_id=bed
            )
        return ids.encode(models.Admission, produced["admission"])

    async def inpatient(self, ward: str = "med", *, born: date | None = date(1950, 5, 1)) -> str:
        """A new patient in a new bed of the ward; the patient's public id."""
        patient = await self.patient(born=born)
        await self.admitted(patient, await self.bed(ward))
        return patient

    async def row(self, model: type[models.Base], public_id: str | UUID) -> asyncpg.Record:
        """The row of an id."""
        row_id = public_id if isinstance(public_id, UUID) else ids.decode(model, public_id)
        found = await self.pool.fetchrow(
            f"SELECT * FROM {model.__tablename__} WHERE id = $1", row_id
        )
        assert found is not None
        return found

    async def events(self, subject: str | UUID) -> list[str]:
        """The kinds of the events of a subject, in the order of the log."""
        row_id = subject if isinstance(subject, UUID) else UUID(subject.partition("_")[2])
        rows = await self.pool.fetch(
            "SELECT kind FROM events WHERE subject_id = $1 ORDER BY position", row_id
        )
        return [row["kind"] for row in rows]


async def founded(pool: asyncpg.Pool[Any]) -> House:
    """A new hospital."""
    code = str(models.new_id())
    async with pool.acquire() as connection:
        hospital = await hospitals.create_hospital(
            connection, code, "Test hospital", now=datetime.now(UTC)
        )
        wards = {
            ward: await hospitals.create_ward(connection, hospital, ward.upper(), ward)
            for ward in ("med", "icu")
        }
        users: dict[Role, UUID] = {}
        for role in Role:
            # No password: nobody signs in here, and a hash takes a tenth of a second.
            users[role] = models.new_id()
            await connection.execute(
                "INSERT INTO users (id, hospital_id, username, display_name, password_hash)"
                " VALUES ($1, $2, $3, $3, '!')",
                users[role],
                hospital,
                f"{role.lower()}-{code}",
            )
    return House(pool, hospital, wards, users)


@pytest_asyncio.fixture(loop_scope="session")
async def house(pool: asyncpg.Pool[Any]) -> AsyncIterator[House]:
    """A new hospital, so that no test sees another's rows."""
    yield await founded(pool)


@pytest_asyncio.fixture(loop_scope="session")
async def nurse(house: House) -> str:
    """The username of a nurse of the ward med, who can sign in with PASSWORD."""
    name = f"nurse-{models.new_id()}"
    async with house.pool.acquire() as connection:
        await add_user(
            connection,
            house.id,
            username=name,
            display_name="A Nurse",
            password=PASSWORD,
            roles=[Role.NURSE],
            ward_codes=["MED"],
        )
    await house.pool.execute("DELETE FROM sign_in_attempts")
    return name
