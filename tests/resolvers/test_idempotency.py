"""One key, one time done: again, at once, with another request, and after a refusal."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

import models
from models.rules.roles import Role
from resolvers import admissions, idempotency, ids
from resolvers.errors import BadInput, Conflict, ReadBackDiffers
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.resolvers.bedside import ordered

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


class Work:
    """Produces an id that is new each time, and counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done = 0
        self.error = error

    async def __call__(self) -> dict[str, Any]:
        self.done += 1
        if self.error is not None:
            raise self.error
        return {"patient": models.new_id(), "outcomes": [{"lab": models.new_id(), "code": None}]}


async def once(
    house: House,
    work: Work,
    *,
    key: str = "k",
    request: Any = None,
    mutation: str = "register_patient",
    role: Role = Role.CLERK,
) -> dict[str, Any]:
    async with house.begin() as tx:
        claim = idempotency.Claim.of(house.actor(role), mutation, key, request, tx.now)
        return await idempotency.once(tx, claim, work)


async def test_the_second_gets_what_the_first_produced(house: House) -> None:
    work = Work()
    request = {"mrn": "M1", "dose": Decimal("6.90"), "at": house.now, "role": Role.CLERK}
    first = await once(house, work, request=request)
    again = await once(house, work, request=dict(reversed(request.items())))
    assert again == first
    assert work.done == 1


async def test_twins_at_once_do_it_once(house: House) -> None:
    work = Work()
    async with asyncio.timeout(30):
        produced = await asyncio.gather(*(once(house, work, request=1) for _ in range(8)))
    assert work.done == 1
    assert all(each == produced[0] for each in produced)


async def test_another_request_under_the_key_is_refused(house: House) -> None:
    work = Work()
    await once(house, work, request={"value": Decimal("6.9")})
    with pytest.raises(Conflict) as refused:
        await once(house, work, request={"value": Decimal("6.8")})
    assert refused.value.extensions["field"] == "idempotencyKey"
    assert work.done == 1


async def test_a_key_belongs_to_the_user_and_the_mutation(house: House) -> None:
    work = Work()
    made = [
        await once(house, work),
        await once(house, work, mutation="record_allergy"),
        await once(house, work, role=Role.INTEGRATOR),
    ]
    assert work.done == 3
    assert len({each["patient"] for each in made}) == 3


@pytest.mark.parametrize("error", [Conflict("no"), ReadBackDiffers("no"), RuntimeError("fault")])
async def test_what_failed_leaves_no_key_behind(house: House, error: Exception) -> None:
    with pytest.raises(type(error)):
        await once(house, Work(error), request=1)
    work = Work()
    await once(house, work, request=2)
    assert work.done == 1


@pytest.mark.parametrize("key", ["", "   ", "k" * 201, "a\x00b", "\ud800"])
async def test_a_key_has_1_to_200_characters(house: House, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        await once(house, Work(), key=key)
    assert refused.value.extensions["field"] == "idempotencyKey"


async def test_old_keys_are_forgotten(house: House) -> None:
    work = Work()
    await once(house, work)
    async with house.pool.acquire() as connection:
        await idempotency.forget(connection, before=house.now - timedelta(days=1))
        await once(house, work)
        assert work.done == 1
        assert await idempotency.forget(connection, before=house.now + timedelta(days=1)) >= 1
    await once(house, work)
    assert work.done == 2


async def test_a_request_of_anything_can_be_told_from_another(house: House) -> None:
    work = Work()
    nested = SimpleNamespace(name="\ud800", id=models.new_id())
    await once(house, work, request={"row": nested})
    await once(house, work, request={"row": nested})
    assert work.done == 1
    with pytest.raises(Conflict):
        await once(house, work, request={"row": SimpleNamespace(name="\ud801", id=nested.id)})


SWAP = """mutation ($one: ID!, $other: ID!, $key: String) { swapBeds(input: {
  admissionId: $one, otherAdmissionId: $other, idempotencyKey: $key }) { admission { id } } }"""
BACK = """mutation ($one: ID!, $key: String) { cancelTransfer(input: {
  admissionId: $one, reason: "wrong patient", idempotencyKey: $key }) { admission { id } } }"""
HOLD = """mutation ($one: ID!, $key: String) { holdMedication(input: {
  medicationId: $one, reason: "nil by mouth", idempotencyKey: $key }) { medication { id } } }"""
RESUME = """mutation ($one: ID!) { resumeMedication(input: { medicationId: $one }) {
  medication { id } } }"""


async def test_what_a_repeat_would_turn_round_is_done_once_under_a_key(house: House) -> None:
    """Two who changed beds do not change back, nor is the transfer before taken back as well; what
    was resumed meanwhile is not held by a request that comes late."""
    here, there, beyond = [await house.bed("med") for _ in range(3)]
    mine = await house.admitted(await house.patient(), here)
    theirs = await house.admitted(await house.patient(), there)
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    clinician = await house.signed_in(Role.DOCTOR, "med")

    async def ask(text: str, **given: Any) -> Any:
        body = orjson.loads(await engine.execute(GraphQLRequest(text, None, given), clinician))
        assert "errors" not in body, body
        return body["data"]

    async def lies(admission: str) -> str:
        bed = await house.pool.fetchval(
            "SELECT bed_id FROM bed_stays WHERE admission_id = $1 AND ended_at IS NULL",
            ids.decode(models.Admission, admission),
        )
        return ids.encode(models.Bed, bed)

    for _ in range(2):
        await ask(SWAP, one=mine, other=theirs, key="swap")
        assert [await lies(mine), await lies(theirs)] == [there, here]
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx, house.actor(Role.ADMIN), admission_id=mine, bed_id=beyond
        )
    for _ in range(2):
        await ask(BACK, one=mine, key="back")
        assert await lies(mine) == there
    order = await ordered(house)
    statuses = []
    for text, given in ((HOLD, {"key": "hold"}), (RESUME, {}), (HOLD, {"key": "hold"})):
        await ask(text, one=order.order, **given)
        row = await house.row(
            models.MedicationOrder, ids.decode(models.MedicationOrder, order.order)
        )
        statuses.append(row["status"])
    assert statuses == ["ON_HOLD", "ACTIVE", "ACTIVE"]
