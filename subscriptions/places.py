"""Places: what the arguments of feeds narrow them to, in one hospital."""

from __future__ import annotations

from uuid import UUID

from resolvers.lanes import Lanes
from subscriptions import log
from subscriptions.audience import Place, patient
from subscriptions.counters import Counters
from subscriptions.feeds import FeedPlan


class Places:
    """Remembers wards by their codes, which name the same ward for ever."""

    def __init__(self, hospital_id: UUID, lanes: Lanes, counters: Counters) -> None:
        self._hospital_id = hospital_id
        self._lanes = lanes
        self._counters = counters
        self._wards: dict[str, UUID] = {}

    async def of(self, plan: FeedPlan) -> Place:
        """Where a feed is listened to. Raises what the database raises."""
        code, public_id = plan.arguments.get("ward"), plan.arguments.get("patient_id")
        patient_id = None if public_id is None else patient(public_id)
        if public_id is not None and patient_id is None:
            return Place(nowhere=True)
        if code is None:
            return Place(None, patient_id)
        ward_id = self._wards.get(code)
        if ward_id is None and code.isprintable():  # PostgreSQL takes no NUL
            async with self._lanes.acquire() as connection:
                self._counters.other_statements += 1
                ward_id = await log.ward(connection, self._hospital_id, code)
        if ward_id is None:
            return Place(nowhere=True)
        self._wards[code] = ward_id
        return Place(ward_id, patient_id)
