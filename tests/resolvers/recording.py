"""recordLabResults as a client sends it, to an engine whose clock stands still."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

import models
from models.rules.roles import Role
from resolvers import ids
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema import mutations
from schema.execution import Engine
from tests.resolvers.conftest import House

RECORD = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes {
    index outcome code message
    labResult { ...all history { ...all patient { mrn } } patient {
      id mrn
      labResults(first: 7) { totalCount nodes { ...all } pageInfo { hasNextPage } }
      abnormal: labResults(first: 3, abnormal: true) { nodes { id interpretation } }
      coded: labResults(first: 2, code: "2823-3") { nodes { patient { labResults(first: 1) {
        nodes { ...all }
      } } } }
    } }
  } }
}
fragment all on LabResult {
  __typename id code display panel value comparator text unit referenceLow referenceHigh
  interpretation notJudgedReason unmapped arrivedLate status observedAt issuedAt
  orderedBy criticalRule { id } appliedRules { id key version }
  criticalResult {
    id status raisedAt nextEscalationAt escalationLevel rule acknowledgedBy
    ward { code } patient { givenName } labResult { id version: interpretation }
    results { id value status }
  }
}"""

BRIEFLY = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes { index outcome labResult { id } } }
}"""

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TABLES: Mapping[type[models.Base], str] = {
    models.LabResult: "id",
    models.CriticalResult: "id",
    models.CriticalResultStep: "id",
    models.LoggedEvent: "position",
    models.AuditEntry: "id",
}


@dataclass
class Recorder:
    """A user of a house who records, at the house's time."""

    house: House
    engine: Engine
    actor: Actor
    rung: list[UUID] = field(default_factory=list)
    document: str = RECORD

    async def record(self, *results: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        """The answer."""
        given = {"input": {"results": list(results), "idempotencyKey": key}}
        raw = await self.engine.execute(GraphQLRequest(self.document, None, given), self.actor)
        answer: dict[str, Any] = orjson.loads(raw)
        return answer

    async def outcomes(self, *results: Mapping[str, Any], key: str | None = None) -> list[Any]:
        """The outcomes of an answer without errors."""
        answer = await self.record(*results, key=key)
        assert "errors" not in answer, answer["errors"]
        found: list[Any] = answer["data"]["recordLabResults"]["outcomes"]
        return found

    def potassium(self, patient: str | None, value: str | None, **more: Any) -> dict[str, Any]:
        """A result of ten minutes ago; from 6.5 mmol/L on it is critical."""
        return {
            "patientId": patient,
            "code": "2823-3",
            "value": value,
            "unit": "mmol/L",
            "observedAt": (self.house.now - timedelta(minutes=10)).isoformat(),
        } | more

    async def held(self) -> bytes:
        """Every row that recording leaves in the house."""
        rows = {}
        for model, order in _TABLES.items():
            table = model.__table__
            found = await self.house.pool.fetch(
                f"SELECT * FROM {table.name} WHERE hospital_id = $1 ORDER BY {order}",
                self.house.id,
            )
            left_out = {"id"} if order == "position" or model is models.AuditEntry else set()
            rows[str(table.name)] = [
                {name: _plain(value) for name, value in row.items() if name not in left_out}
                for row in found
            ]
        return orjson.dumps(rows)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list():
            return sorted({str(each) for each in value})
    return str(value)


class Alike:
    """Two texts that are the same but for ids, which name the same things in the same places."""

    def __init__(self) -> None:
        self._same: dict[bytes, bytes] = {}

    def __call__(self, one: bytes, other: bytes) -> bool:
        """Whether they are; what was found out of ids holds for the next texts."""
        if _UUID.sub(b"", one) != _UUID.sub(b"", other):
            return False
        pairs = list(zip(_UUID.findall(one), _UUID.findall(other), strict=True))
        return all(self._same.setdefault(mine, its) == its for mine, its in pairs)


def recorder(
    house: House, monkeypatch: pytest.MonkeyPatch, role: Role = Role.LAB, **more: Any
) -> Recorder:
    """A user of the house with an engine of their own."""
    monkeypatch.setattr(mutations, "_now", lambda: house.now)
    rung: list[UUID] = []
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, rung.append)
    return Recorder(house, engine, replace(house.actor(role), **more), rung)


def only_in_transactions(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine go the general way alone."""

    async def never(*_: Any) -> None: ...

    monkeypatch.setattr(engine._mutations, "_outright", never)


def refusing_transactions(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine fail where it would go the general way."""

    async def never(*_: Any) -> Any:
        raise AssertionError("the general way was taken")

    monkeypatch.setattr(engine._mutations, "_in_transaction", never)


def row_id(public_id: str) -> UUID:
    """The row's id of a public one."""
    found = UUID(public_id.partition("_")[2])
    assert any(public_id == ids.encode(model, found) for model in ids.PREFIXES)
    return found


def answers(outcomes: Sequence[Any]) -> list[tuple[str, str | None]]:
    """Outcome and code of each."""
    return [(one["outcome"], one["code"]) for one in outcomes]
