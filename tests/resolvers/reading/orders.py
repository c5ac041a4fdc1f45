"""What is written of an order beside it: what happened to it, and what it is warned of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import models
from resolvers.transaction import Transaction


async def past(tx: Transaction, order: UUID, patient: UUID, allergy: UUID, user: UUID) -> None:
    """A step with a reason, and a warning that was overridden."""
    common: dict[str, Any] = {
        "hospital_id": tx.hospital_id,
        "patient_id": patient,
        "medication_order_id": order,
    }
    for age, kind, reason in ((2, "ORDERED", None), (1, "HELD", "nausea"), (0, "RESUMED", None)):
        await tx.insert(
            models.MedicationOrderStep,
            common
            | {"id": models.new_id(), "kind": kind, "occurred_at": tx.now - timedelta(hours=age)}
            | {"status": "ON_HOLD" if kind == "HELD" else "ACTIVE", "reason": reason}
            | {"user_id": user},
        )
    await tx.insert(
        models.MedicationWarning,
        common
        | {"id": models.new_id(), "kind": "ALLERGY_CLASS", "severity": "HIGH"}
        | {"message": "an allergy to a drug of the same class is recorded", "source": "WHO ATC"}
        | {"allergy_id": allergy, "found_at": tx.now, "overridden_at": tx.now}
        | {"overridden_by": user, "override_reason": "tolerated before"},
    )
