"""Two hospitals with a whole chart for every patient, so that nothing is null for want of data.

Ada lies in MED1 (and came from ICU), Ben in ICU, Cleo in NICU, Dora in no bed any more; Gus, in
SURG1, was written by the integrator. The free bed of MED1 is kept for Ben. The other hospital has
the same ward codes and MRNs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import orjson

import models
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers import hospitals, ids
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.limits import Limits
from resolvers.transaction import Transaction, transaction
from schema.execution import Engine
from tests.resolvers.reading import charts
from tests.resolvers.reading.alarms import run_clocks
from tests.resolvers.reading.rules import write_rules

WARDS = ("ICU", "MED1", "NICU", "SURG1")
PLACES = {"Ada": "MED1", "Ben": "ICU", "Cleo": "NICU", "Dora": None, "Gus": "SURG1"}
MRNS = {name: f"MRN-{number}" for number, name in enumerate(PLACES, 1)}


@dataclass(frozen=True)
class Answered:
    """What came back, and the audit rows it left."""

    body: dict[str, Any]
    raw: bytes
    audit: Sequence[asyncpg.Record] = ()

    @property
    def data(self) -> Any:
        """The data of an answer without any error."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def partial(self) -> Any:
        """The data, whatever was refused of it."""
        return self.body["data"]

    @property
    def errors(self) -> list[Any]:
        return list(self.body.get("errors", ()))

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def refused(self) -> set[tuple[str, ...]]:
        """The paths of what the actor's scopes refused."""
        return {tuple(e["path"]) for e in self.errors if e["extensions"]["code"] == "FORBIDDEN"}


class Listening:
    """Who listens, by hospital, as a test says; not known of any other."""

    def __init__(self) -> None:
        self.rows: dict[UUID, list[dict[str, Any]]] = {}

    async def stations(self, hospital_id: UUID) -> bytes | None:
        found = self.rows.get(hospital_id)
        return None if found is None else orjson.dumps(found)


@dataclass
class Hospital:
    """A hospital with its people; `ask` puts a document to the engine."""

    pool: asyncpg.Pool[Any]
    engine: Engine
    id: UUID
    wards: dict[str, UUID] = field(default_factory=dict)
    beds: dict[str, UUID] = field(default_factory=dict)
    charts: dict[str, charts.Chart] = field(default_factory=dict)
    accesses: dict[str, UUID] = field(default_factory=dict)
    """Emergency accesses, by patient: over, reviewed, and nobody's of `user`."""
    rung: list[UUID] = field(default_factory=list)
    listening: Listening = field(default_factory=Listening)

    def public(self, model: type[models.Base], row_id: UUID) -> str:
        return ids.encode(model, row_id)

    def patient(self, name: str) -> str:
        """The public id of a patient."""
        return ids.encode(models.Patient, self.charts[name].patient)

    def place(self, bed: str) -> charts.Place:
        """The bed of that code, with its ward."""
        return charts.Place(self.wards[bed.partition("-")[0]], self.beds[bed])

    async def user(
        self,
        *roles: Role,
        wards: Sequence[str] = (),
        own: str | None = None,
        treated: Sequence[str] = (),
        opened: Sequence[str] = (),
    ) -> Actor:
        """A new user with these roles on these wards; `own` names the own record, `treated` the
        patients on whose care team the user is, `opened` those of emergency accesses."""
        user_id, session_id = models.new_id(), models.new_id()
        patient_id = None if own is None else self.charts[own].patient
        async with transaction(self.pool, self.id, datetime.now(UTC)) as tx:
            await tx.insert(
                models.User,
                {"id": user_id, "hospital_id": self.id, "username": user_id.hex}
                | {"display_name": "Some Body", "password_hash": "!", "patient_id": patient_id},
            )
            for role in roles:
                await tx.insert(models.RoleMembership, {"user_id": user_id, "role": role.value})
            for ward in wards:
                row = {"user_id": user_id, "ward_id": self.wards[ward]}
                await tx.insert(models.WardMembership, row)
            await tx.insert(
                models.Session,
                {"id": session_id, "hospital_id": self.id, "user_id": user_id}
                | {"token_hash": session_id.bytes, "created_at": tx.now, "last_seen_at": tx.now}
                | {"expires_at": tx.now + timedelta(hours=1), "address": "192.0.2.7"},
            )
        held = frozenset(roles)
        return Actor(
            hospital_id=self.id,
            user_id=user_id,
            session_id=session_id,
            username=user_id.hex,
            roles=held,
            rights=rights(held, opened=bool(opened)),
            ward_ids=tuple(self.wards[ward] for ward in wards),
            patient_id=patient_id,
            treated=tuple(sorted(self.charts[name].patient for name in treated)),
            opened=tuple(sorted(self.charts[name].patient for name in opened)),
            address="192.0.2.7",
        )

    async def ask(
        self,
        query: str,
        actor: Actor | None,
        variables: Mapping[str, Any] | None = None,
        *,
        operation: str | None = None,
    ) -> Answered:
        """Execute a document; the audit rows are those of the actor that it added."""
        before = await self.audit(actor)
        raw = await self.engine.execute(GraphQLRequest(query, operation, variables), actor)
        after = await self.audit(actor)
        return Answered(orjson.loads(raw), raw, after[len(before) :])

    async def audit(self, actor: Actor | None) -> list[asyncpg.Record]:
        """The audit rows of an actor, oldest first."""
        if actor is None:
            return []
        return await self.pool.fetch(
            "SELECT entry.*, operation, operation_name, document_hash, outcome, roots, scopes,"
            " fields, refused FROM audit_entries AS entry"
            " LEFT JOIN audit_selections AS shared ON shared.id = entry.selection_id"
            " WHERE user_id = $1 ORDER BY entry.id",
            actor.user_id,
        )


def ids_of(hospital: Hospital, name: str) -> Iterator[str]:
    """The public id of every row of a patient's chart, and of the patient."""
    yield hospital.patient(name)
    for model, rows in hospital.charts[name].rows.items():
        if model is not models.BedStay:
            yield from (hospital.public(model, row) for row in rows)


ROOMY = Limits(
    tokens=100_000,
    aliases=10_000,
    directives=10_000,
    list_elements=10_000,
    roots=1_000,
    depth=100,
    fields=100_000,
    relations=10_000,
    cost=10**12,
    comparisons=500_000,
)
"""Most tests ask for everything at once, of a few patients; test_limits has the limits."""


async def furnish(pool: asyncpg.Pool[Any]) -> Hospital:
    """A hospital of the test's own."""
    now = datetime.now(UTC)
    rung: list[UUID] = []
    listening = Listening()
    engine = Engine(pool, pool, DEFAULT_POLICY, rung.append, limits=ROOMY, presence=listening)
    async with pool.acquire() as connection, connection.transaction():
        found = Hospital(
            pool,
            engine,
            await hospitals.create_hospital(
                connection, models.new_id().hex, "General", now=datetime.now(UTC)
            ),
            rung=rung,
            listening=listening,
        )
        for code in WARDS:
            ward = await hospitals.create_ward(connection, found.id, code, f"Ward {code}")
            found.wards[code] = ward
            for bed in ("1", "2"):
                made = await hospitals.create_bed(connection, found.id, ward, f"{code}-{bed}")
                found.beds[f"{code}-{bed}"] = made
    integrator = await found.user(Role.INTEGRATOR)
    doctor = await found.user(Role.DOCTOR)
    async with transaction(pool, found.id, now) as tx:
        for number, (name, ward) in enumerate(PLACES.items()):
            author = integrator if name == "Gus" else doctor
            found.charts[name] = await charts.write(
                tx,
                name,
                MRNS[name],
                author=author,
                other=doctor,
                place=None if ward is None else found.place(f"{ward}-1"),
                before=found.place("ICU-2"),
                number=number,
            )
        await run_clocks(tx, found.wards, doctor)
        await _keep(tx, found.beds["MED1-2"], found.charts["Ben"].patient)
        await _beds_before(tx, found, doctor)
        await write_rules(tx, Random(1), list(found.wards.values()), [doctor.user_id])
        for name in ("Ada", "Gus"):
            found.accesses[name] = await _break_glass(
                tx, found.charts[name], opened_by=doctor, reviewed_by=integrator
            )
    return found


async def _beds_before(tx: Transaction, hospital: Hospital, actor: Actor) -> None:
    """What has become of the beds so far: NICU-2 was cleaned and closed, the first ones taken."""
    began = tx.now - timedelta(hours=5)
    await tx.connection.execute(
        "UPDATE beds SET status = 'CLOSED', closed_reason = 'a broken rail', status_since = $2,"
        " waiting_since = $2, isolation_for = '{AIRBORNE,CONTACT}' WHERE id = $1",
        hospital.beds["NICU-2"],
        began,
    )
    for number, (bed, bed_id) in enumerate(hospital.beds.items()):
        place, name = hospital.place(bed), {"MED1-1": "Ada", "ICU-2": "Ben"}.get(bed)
        made = {"hospital_id": tx.hospital_id, "bed_id": bed_id, "ward_id": place.ward}
        made |= {"created_at": began, "created_by": actor.user_id}
        for at, before, after in ((0, "HOUSEKEEPING", "UNOCCUPIED"), (1, "UNOCCUPIED", "CLOSED")):
            chart = hospital.charts[name] if name and at else None
            # Ben's first was never meant.
            admission = None if chart is None else chart.rows[models.Admission][-1]
            await tx.insert(
                models.BedTransition,
                {**made, "id": models.new_id(), "admission_id": admission, "reason": f"{bed} {at}"}
                | {"kind": "STATUS_CHANGED", "from_status": before, "to_status": after}
                | {"occurred_at": began + timedelta(hours=at, minutes=number)}
                | {"waited_since": None if at else began - timedelta(minutes=number, seconds=7)},
            )


async def _keep(tx: Transaction, bed: UUID, patient: UUID) -> None:
    await tx.insert(
        models.Reservation,
        {"id": models.new_id(), "hospital_id": tx.hospital_id, "bed_id": bed}
        | {"patient_id": patient, "reserved_until": tx.now + timedelta(days=1)},
    )


async def _break_glass(
    tx: Transaction, chart: charts.Chart, *, opened_by: Actor, reviewed_by: Actor
) -> UUID:
    """An emergency access that is over and reviewed."""
    access = models.new_id()
    await tx.insert(
        models.EmergencyAccess,
        {"id": access, "hospital_id": tx.hospital_id, "patient_id": chart.patient}
        | {"user_id": opened_by.user_id, "reason": f"found unconscious {chart.patient}"}
        | {"opened_at": tx.now - timedelta(hours=3), "expires_at": tx.now + timedelta(hours=1)}
        | {"ended_at": tx.now, "ended_by": opened_by.user_id}
        | {"reviewed_at": tx.now, "reviewed_by": reviewed_by.user_id, "outcome": "JUSTIFIED"}
        | {"review_note": "was on call"},
    )
    return access
