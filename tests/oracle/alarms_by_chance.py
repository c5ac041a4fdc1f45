"""Chains by chance, and the critical results and steps that go by them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from uuid import UUID

import models
from resolvers.actors import Actor
from resolvers.transaction import Transaction

AUDIENCES = ("CHARGE_NURSE", "ON_CALL_DOCTOR", "ATTENDING")


async def run_by_chains(
    tx: Transaction, chance: Random, wards: Sequence[UUID], people: Sequence[Actor]
) -> None:
    """Set chains, some retired since; have alerts run by any of them, and steps call anybody."""
    made = [
        await _chain(tx, chance, urgency, ward, version, people)
        for urgency in ("CRITICAL", "URGENT_REVIEW", "EMERGENCY")
        for ward in (None, *wards)
        for version in range(1, 1 + chance.choice([0, 0, 1, 2]))
    ]
    alerts = await tx.connection.fetch(
        "SELECT id, urgency FROM critical_results WHERE hospital_id = $1 ORDER BY id",
        tx.hospital_id,
    )
    for row in alerts:
        mine = [None, *(chain for chain, urgency in made if urgency == row["urgency"])]
        await tx.connection.execute(
            "UPDATE critical_results SET chain_id = $2 WHERE id = $1",
            row["id"],
            chance.choice(mine),
        )
    steps = await tx.connection.fetch(
        "SELECT id FROM critical_result_steps WHERE hospital_id = $1 ORDER BY id", tx.hospital_id
    )
    for row in steps:
        users = chance.sample([one.user_id for one in people], chance.randint(0, 3))
        await tx.connection.execute(
            "UPDATE critical_result_steps SET called = $2, audience = $3, session_id = $4,"
            " read_back = $5 WHERE id = $1",
            row["id"],
            users,
            chance.choice([None, *AUDIENCES]),
            chance.choice([None, *(one.session_id for one in people)]),
            chance.choice([None, 7]),
        )


async def _chain(  # noqa: PLR0917 (where, what, by whom)
    tx: Transaction,
    chance: Random,
    urgency: str,
    ward: UUID | None,
    version: int,
    people: Sequence[Actor],
) -> tuple[UUID, str]:
    """A version of a chain; it retires the one before."""
    await tx.connection.execute(
        "UPDATE escalation_chains SET retired_at = $4 WHERE hospital_id = $1 AND urgency = $2"
        " AND ward_id IS NOT DISTINCT FROM $3 AND retired_at IS NULL",
        tx.hospital_id,
        urgency,
        ward,
        tx.now,
    )
    between = sorted(chance.sample(range(1, 20), chance.randint(1, 3)))
    row = {
        "id": models.new_id(),
        "hospital_id": tx.hospital_id,
        "created_at": tx.now,
        "created_by": chance.choice([None, *(one.user_id for one in people)]),
        "ward_id": ward,
        "urgency": urgency,
        "version": version,
        "after_minutes": [0, *between, 30],
        "audiences": [
            "WARD_NURSE_AND_ORDERING_CLINICIAN",
            *(chance.choice(AUDIENCES) for _ in between),
            "REPORT",
        ],
        "retired_at": chance.choice([None, None, tx.now]),
    }
    await tx.insert(models.EscalationChain, row)
    return row["id"], urgency
