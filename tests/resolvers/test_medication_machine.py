"""Orders and their warnings against a second telling of them: whatever is asked, in whatever order,
it is done or refused as the model says, and then the tables hold what the model holds.
`FUZZ_EXAMPLES=500` takes longer, and other examples each time."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, ClassVar

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import models
from models.rules.allergies import Criticality
from models.rules.roles import Role
from resolvers import allergies, ids, medication_moves, medications
from resolvers.errors import Conflict
from tests.resolvers.conftest import House, founded
from tests.resolvers.medication_model import ALLERGIES, DRUGS, Refused, World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 10,
    stateful_step_count=50 if EXAMPLES else 40,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if EXAMPLES else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)

HELD = """
    SELECT o.id, o.status, o.hold_reason, o.stopped_at, o.override_reason,
      ARRAY(SELECT s.kind FROM medication_order_steps s WHERE s.medication_order_id = o.id
            ORDER BY s.occurred_at, s.id) AS steps,
      (SELECT s.status FROM medication_order_steps s WHERE s.medication_order_id = o.id
       ORDER BY s.occurred_at DESC, s.id DESC LIMIT 1) AS told
    FROM medication_orders o WHERE o.hospital_id = $1"""
WARNED = """
    SELECT medication_order_id, kind, allergy_id, other_order_id, overridden_at IS NOT NULL AS done
    FROM medication_warnings WHERE hospital_id = $1 AND resolved_at IS NULL"""


MOVES: dict[str, Any] = {
    "start": medication_moves.start_medication,
    "hold": medication_moves.hold_medication,
    "resume": medication_moves.resume_medication,
    "stop": medication_moves.discontinue_medication,
    "complete": medication_moves.complete_medication,
    "mistake": medication_moves.mark_medication_entered_in_error,
}
OFTENEST = (*MOVES, *("order", "order", "order", "order", "allergy", "take back", "hold", "resume"))


class Medications(RuleBasedStateMachine):
    """Its rules run in the loop of the test, one after the other."""

    did: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: asyncpg.Pool[Any]) -> None:
        super().__init__()
        self.loop = loop
        self.pool = pool

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        self.house: House = await founded(self.pool)
        self.patient = await self.house.inpatient()
        self.world = World()
        self.orders: list[str] = []
        self.allergies: list[str] = []
        self.steps = 0

    @rule(seed=st.integers(0, 2**30))
    def go_on(self, seed: int) -> None:
        """One of all that can be done, each as often: of rules, hypothesis leaves out whole ones,
        and of numbers it likes the small."""
        self.steps += 1
        draw = random.Random(f"{seed} {self.steps}")
        name = draw.choice(OFTENEST)
        override = draw.random() < 0.6
        if name == "order":
            self._order(draw, override)
        elif name == "allergy":
            what = draw.randrange(len(ALLERGIES))
            given = {"patient_id": self.patient, "substance": ALLERGIES[what]}
            given |= {"criticality": Criticality.HIGH}
            self._ask(name, allergies.record_allergy, lambda: self.world.allergy(what), given)
        elif name == "take back" and self.allergies:
            which = draw.randrange(len(self.allergies))
            given = {"allergy_id": self.allergies[which], "reason": "her sister's"}
            taking = allergies.mark_allergy_entered_in_error
            self._ask(name, taking, lambda: self.world.take_back(which), given)
        elif name in MOVES and self.orders:
            # One of the newest: what is over has few moves.
            newest = min(len(self.orders), 3)
            self._move(name, len(self.orders) - 1 - draw.randrange(newest), override)

    def _order(self, draw: random.Random, override: bool) -> None:
        drug, draft, later = draw.randrange(len(DRUGS)), draw.random() < 0.3, draw.choice([0, 0, 5])
        given: dict[str, Any] = {"patient_id": self.patient, "drug": DRUGS[drug], "draft": draft}
        if later:
            given["starts_at"] = self.house.now + timedelta(hours=1 + later)
        self._ask(
            "order",
            medications.order_medication,
            lambda: self.world.order(drug, draft=draft, later=later, override=override),
            given | {"override_reason": "seen" if override else None},
        )

    def _move(self, name: str, which: int, override: bool) -> None:
        given: dict[str, Any] = {"medication_id": self.orders[which]}
        told: dict[str, bool] = {}
        if name in ("hold", "stop", "mistake"):
            given["reason"] = "a reason"
        elif name in ("start", "resume"):
            told["override"] = override
            given["override_reason"] = "seen" if override else None
        self._ask(name, MOVES[name], lambda: getattr(self.world, name)(which, **told), given)

    def _ask(
        self, name: str, resolver: Any, model: Callable[[], None], given: dict[str, Any]
    ) -> None:
        """An hour later, ask for it, and hold the tables against the model."""
        self.house.later(hours=1)
        self.world.now += 1
        expected: Refused | None = None
        try:
            model()
        except Refused as refused:
            expected = refused
        made = self.do(self._asked(resolver, given, expected))
        (self.did if expected is None else self.refused)[name] += 1
        if expected is None and name == "order":
            self.orders.append(ids.encode(models.MedicationOrder, made["medication"]))
        if expected is None and name == "allergy":
            self.allergies.append(ids.encode(models.Allergy, made["allergy"]))
        self.do(self._compare())

    async def _asked(self, resolver: Any, given: dict[str, Any], expected: Refused | None) -> Any:
        try:
            async with self.house.begin() as tx:
                made = await resolver(tx, self.house.actor(Role.DOCTOR), **given)
        except Conflict as conflict:
            said = conflict.extensions
        else:
            assert expected is None, expected
            return made
        assert expected is not None, said
        warned = said.get("warnings")
        assert expected.warned == (warned and sorted(one["kind"] for one in warned))
        if expected.allowed is not None:
            assert expected.allowed == set(said.get("allowed", ()))
        return None

    async def _compare(self) -> None:
        rows = {
            ids.encode(models.MedicationOrder, row["id"]): row
            for row in await self.pool.fetch(HELD, self.house.id)
        }
        assert rows.keys() == set(self.orders)
        for public, one in zip(self.orders, self.world.orders, strict=True):
            row = rows[public]
            assert (row["status"], row["told"], row["steps"]) == (one.status, one.status, one.steps)
            if one.status in ("ACTIVE", "ON_HOLD"):
                assert (row["hold_reason"] is not None) is (one.status == "ON_HOLD")
            assert (row["stopped_at"] is None) is (one.status in ("DRAFT", "ACTIVE", "ON_HOLD"))
            assert (row["override_reason"] is not None) is ("OVERRIDDEN" in one.steps)
        orders = [ids.decode(models.MedicationOrder, one) for one in self.orders]
        causes = [ids.decode(models.Allergy, one) for one in self.allergies]
        held = {
            (orders.index(row["medication_order_id"]), row["kind"])
            + (
                ("allergy", causes.index(row["allergy_id"]))
                if row["allergy_id"]
                else ("order", orders.index(row["other_order_id"]))
            ): row["done"]
            for row in await self.pool.fetch(WARNED, self.house.id)
        }
        assert held == {
            (number, *key): done
            for number, one in enumerate(self.world.orders)
            for key, done in one.warned.items()
        }


async def test_orders_do_what_the_model_does(pool: asyncpg.Pool[Any]) -> None:
    loop = asyncio.get_running_loop()
    Medications.did.clear()
    Medications.refused.clear()
    await asyncio.to_thread(
        run_state_machine_as_test, lambda: Medications(loop, pool), settings=SETTINGS
    )
    # It has come everywhere, on both sides.
    assert Medications.did.keys() == {*MOVES, "order", "allergy", "take back"}
    assert Medications.refused.keys() == Medications.did.keys() - {"allergy"}
