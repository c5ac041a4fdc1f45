"""The stage of one happening: its transaction, its chance, its actors."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

from app.demo.staff import Staff
from resolvers.transaction import Transaction

SENDER = "simulator"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a happening is given. `severities` lasts as long as the simulator: how ill each patient
    is just now, from 0 (well) to 1 (as bad as the condition is)."""

    tx: Transaction
    rng: random.Random
    staff: Staff
    severities: dict[UUID, float]

    def severity(self, patient_id: UUID) -> float:
        """How ill the patient is now: a step on from last time, mostly a small one."""
        before = self.severities.get(patient_id)
        if before is None:
            # The people of a day come and go; what is kept of them must not grow for ever.
            if len(self.severities) >= 500:
                self.severities.clear()
            now = self.rng.uniform(0.15, 0.7)
        elif self.rng.random() < 0.02:
            now = before + self.rng.uniform(0.15, 0.4)
        else:
            now = before + self.rng.gauss(-0.005, 0.05)
        self.severities[patient_id] = min(max(now, 0.05), 1.1)
        return self.severities[patient_id]
