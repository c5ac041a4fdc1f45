"""Critical rules of which every column has a value, and results that they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import models
from resolvers.transaction import Transaction


async def write_rules(
    tx: Transaction, chance: Random, wards: Sequence[UUID], users: Sequence[UUID | None]
) -> None:
    """A rule in three versions, the last for one ward, beside those that ship; some of the results
    and of the critical results of the hospital name a version of a rule."""
    for version in (1, 2, 3):
        newest = version == 3
        await tx.insert(models.CriticalRule, _row(tx, version, wards[0] if newest else None, users))
    rules = await tx.connection.fetch(
        "SELECT id FROM critical_rules WHERE hospital_id = $1 ORDER BY key = 'ferritin' DESC, id",
        tx.hospital_id,
    )
    for table in ("lab_results", "critical_results"):
        found = await tx.connection.fetch(
            f"SELECT id FROM {table} WHERE hospital_id = $1 ORDER BY id", tx.hospital_id
        )
        for number, row in enumerate(found):
            rule = rules[0] if number == 0 else chance.choice([*rules[:5], {"id": None}])
            await tx.connection.execute(
                f"UPDATE {table} SET rule_id = $2 WHERE id = $1", row["id"], rule["id"]
            )
    applied = [None, [], [rules[0]["id"]], [row["id"] for row in rules[:3]]]
    found = await tx.connection.fetch(
        "SELECT id FROM lab_results WHERE hospital_id = $1 ORDER BY id", tx.hospital_id
    )
    for number, row in enumerate(found):
        await tx.connection.execute(
            "UPDATE lab_results SET applied_rules = $2 WHERE id = $1",
            *(row["id"], applied[number % len(applied)]),
        )
    await tx.connection.execute(
        "UPDATE lab_results SET specimen = 'Ser/Plas', sender_flag = 'HH'"
        " WHERE hospital_id = $1 AND rule_id IS NOT NULL",
        tx.hospital_id,
    )


def _row(
    tx: Transaction, version: int, ward: UUID | None, users: Sequence[UUID | None]
) -> dict[str, Any]:
    over = version < 3
    author = next(user for user in users if user is not None)
    return {
        "id": models.new_id(),
        "hospital_id": tx.hospital_id,
        "created_at": tx.now,
        "created_by": author,
        "key": "ferritin",
        "version": version,
        "test": "ferritin",
        "codes": ["2276-4", "20567-4"][:version],
        "unit": "ug/L",
        "low": Decimal("5.0") if version > 1 else None,
        "low_inclusive": version == 2,
        "high": Decimal("1E+3") if version != 2 else None,
        "high_inclusive": version == 1,
        "min_age_hours": 24,
        "max_age_hours": 140_256,
        "sex": "FEMALE",
        "ward_id": ward,
        "specimen": "Ser/Plas",
        "repeat_window": 60 * version,
        "source": "the laboratory's own",
        "active_from": tx.now - timedelta(days=3 - version),
        "retired_at": tx.now if over else None,
        "retired_by": author if over else None,
        "retired_reason": "too many" if version == 1 else None,
    }
