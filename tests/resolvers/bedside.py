"""An order at the bedside: what is done with it at the house's time, and what is read of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

import models
from models.rules.administrations import AdministrationStatus
from models.rules.roles import Role
from resolvers import administrations, ids, medications
from resolvers.errors import Conflict
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.resolvers.conftest import House

GIVEN, NOT_GIVEN = AdministrationStatus.GIVEN, AdministrationStatus.NOT_GIVEN
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
DOSES = """query ($id: ID!, $from: DateTime, $to: DateTime) { node(id: $id) {
  ... on MedicationOrder { doses(from: $from, to: $to) {
    dueAt lateAt state medication { id } administration { id givenAt reason } } } } }"""
DUE = """query ($ward: String!, $until: DateTime) { medicationsDue(ward: $ward, until: $until) {
  dueAt state medication { id drug } patient { id } } }"""


@dataclass
class Bedside:
    """An order, and what is done with it at the house's time."""

    house: House
    order: str
    patient: str

    async def record(self, status: AdministrationStatus = GIVEN, **more: Any) -> UUID:
        if status is NOT_GIVEN:
            more |= {"reason": "asleep"}
        async with self.house.begin() as tx:
            produced = await administrations.record_administration(
                tx,
                self.house.actor(Role.NURSE),
                medication_id=self.order,
                status=status,
                **more,
            )
        found: UUID = produced["administration"]
        return found

    async def due_of(self, administration: UUID) -> datetime | None:
        row = await self.house.row(models.MedicationAdministration, administration)
        found: datetime | None = row["due_at"]
        return found

    async def take_back(self, administration: UUID) -> None:
        async with self.house.begin() as tx:
            await administrations.mark_administration_entered_in_error(
                tx,
                self.house.actor(Role.NURSE),
                administration_id=ids.encode(models.MedicationAdministration, administration),
                reason="another patient",
            )

    async def move(self, what: Any, **more: Any) -> None:
        async with self.house.begin() as tx:
            await what(tx, self.house.actor(Role.DOCTOR), medication_id=self.order, **more)

    async def refused(self, *args: Any, match: str | None = None, **more: Any) -> datetime | None:
        """When it is allowed next, of what is refused now."""
        with pytest.raises(Conflict, match=match) as refused:
            await self.record(*args, **more)
        told = refused.value.extensions.get("nextAllowedAt")
        return None if told is None else datetime.fromisoformat(told)


async def ordered(
    house: House, patient: str | None = None, role: Role = Role.DOCTOR, **more: Any
) -> Bedside:
    lying = patient or await house.inpatient()
    async with house.begin() as tx:
        produced = await medications.order_medication(
            tx,
            house.actor(role),
            patient_id=lying,
            drug=f"drug {models.new_id()}",
            dose=Decimal(1),
            dose_unit="mg",
            # Several drugs of a patient, of which nobody asks whether they go together.
            override_reason="needed",
            **more,
        )
    return Bedside(house, ids.encode(models.MedicationOrder, produced["medication"]), lying)


def at(house: House, hours: float, days: int = 0) -> datetime:
    """Put the house's clock to an hour of the day on which a test begins, in UTC."""
    house.now = datetime(2026, 11, 2, tzinfo=UTC) + hours * HOUR + days * DAY
    return house.now


async def ask(house: House, text: str, role: Role = Role.NURSE, **variables: Any) -> Any:
    body = await _answer(house, text, role, variables)
    assert "errors" not in body, body
    return body["data"]


async def refusal(house: House, text: str, role: Role = Role.NURSE, **variables: Any) -> Any:
    """The extensions of the one error with which a query is refused as a whole."""
    body = await _answer(house, text, role, variables)
    [error] = body["errors"]
    assert not body.get("data"), body
    return error["extensions"]


async def _answer(house: House, text: str, role: Role, variables: dict[str, Any]) -> Any:
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    sent = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in variables.items()
    }
    raw = await engine.execute(GraphQLRequest(text, None, sent), await house.signed_in(role, "med"))
    return orjson.loads(raw)
