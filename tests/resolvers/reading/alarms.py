"""Chains that were set and retired, the alerts that run by them, and whom their steps called."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import models
from resolvers.actors import Actor
from resolvers.transaction import Transaction

NURSE, REPORT = "WARD_NURSE_AND_ORDERING_CLINICIAN", "REPORT"


async def run_clocks(tx: Transaction, wards: Mapping[str, UUID], actor: Actor) -> None:
    """MED1 has its second chain, the hospital its first; each alert runs by one of the three or by
    the one that ships, and every step called somebody."""
    before = await _chain(tx, wards["MED1"], 1, (0, 4, 50), actor, retired=True)
    own = await _chain(tx, wards["MED1"], 2, (0, 3, 45), actor)
    common = await _chain(tx, None, 1, (0, 6, 55), actor)
    alerts = await tx.connection.fetch(
        "UPDATE critical_results SET told_at = raised_at WHERE hospital_id = $1 RETURNING id",
        tx.hospital_id,
    )
    for number, alert in enumerate(sorted(row["id"] for row in alerts)):
        await tx.connection.execute(
            "UPDATE critical_results SET chain_id = $2 WHERE id = $1",
            alert,
            (before, own, common, None)[number % 4],
        )
    await tx.connection.execute(
        "UPDATE critical_result_steps SET audience = 'CHARGE_NURSE', called = $2, note = 'by name'"
        " WHERE hospital_id = $1",
        tx.hospital_id,
        [actor.user_id],
    )


async def _chain(
    tx: Transaction,
    ward: UUID | None,
    version: int,
    minutes: tuple[int, ...],
    actor: Actor,
    *,
    retired: bool = False,
) -> UUID:
    made = models.new_id()
    await tx.insert(
        models.EscalationChain,
        {"id": made, "hospital_id": tx.hospital_id, "created_at": tx.now, "ward_id": ward}
        | {"created_by": actor.user_id, "urgency": "CRITICAL", "version": version}
        | {"after_minutes": list(minutes), "audiences": [NURSE, "ON_CALL_DOCTOR", REPORT]}
        | {"retired_at": tx.now if retired else None},
    )
    return made
