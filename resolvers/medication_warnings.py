"""Warnings against orders: found before an order is placed or goes on, and when a cause comes up.

An order waits until a reason overrides them; the warnings stay beside the order, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Uuid, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules import drug_allergy, drug_duplicates, drug_interactions
from models.rules.drug_warnings import DrugWarning
from models.rules.drugs import Substance
from models.rules.medications import RUNNING
from models.rules.scopes import Reach, Scope
from resolvers.actors import Actor
from resolvers.errors import Conflict
from resolvers.reading.shapes import words
from resolvers.transaction import Transaction

Row = asyncpg.Record


@dataclass(frozen=True, slots=True)
class Found:
    """A warning, and the allergy or the other order that it comes from."""

    warning: DrugWarning
    allergy_id: UUID | None = None
    other_order_id: UUID | None = None

    def row(self, tx: Transaction, order_id: UUID, patient_id: UUID) -> dict[str, Any]:
        """As it is kept."""
        return {
            "id": models.new_id(),
            "hospital_id": tx.hospital_id,
            "medication_order_id": order_id,
            "patient_id": patient_id,
            "kind": self.warning.kind.value,
            "severity": self.warning.severity.value,
            "message": self.warning.message,
            "source": self.warning.source,
            "allergy_id": self.allergy_id,
            "other_order_id": self.other_order_id,
            "found_at": tx.now,
        }


async def hold_still(tx: Transaction, patient_id: UUID) -> None:
    """Lock the patient, so that of two writers of orders or allergies the second sees what the
    first wrote. Before any order is locked."""
    await tx.run(_PATIENT, patient=patient_id)


async def against(tx: Transaction, patient_id: UUID, drug: Substance) -> list[Found]:
    """What speaks against a new order of the drug."""
    ids = [patient_id]
    allergies = await tx.all(_ALLERGIES, patients=ids)
    return _found(drug, allergies, await tx.all(_ORDERS, patients=ids))


async def keep(tx: Transaction, order_id: UUID, patient_id: UUID, found: Iterable[Found]) -> None:
    """Keep the warnings beside the order."""
    rows = [one.row(tx, order_id, patient_id) for one in found]
    await tx.insert_all(models.MedicationWarning, rows)


async def reconsider(tx: Transaction, patient_ids: Iterable[UUID]) -> None:
    """Look at all that runs for these patients again, because allergies or orders have changed:
    new warnings are kept, those without a cause are over."""
    ids = sorted(set(patient_ids))
    allergies = _by_patient(await tx.all(_ALLERGIES, patients=ids))
    orders = _by_patient(await tx.all(_ORDERS, patients=ids))
    open_ = await tx.all(_OPEN, patients=ids)
    held = {
        _key(row["medication_order_id"], row["kind"], row["allergy_id"], row["other_order_id"]): row
        for row in open_
    }
    wanted: set[Key] = set()
    new: list[dict[str, Any]] = []
    for patient_id, running in orders.items():
        for index, order in enumerate(running):
            drug = Substance(order["name"], order["code"])
            for one in _found(drug, allergies.get(patient_id, ()), running[:index]):
                key = _key(order["id"], one.warning.kind.value, one.allergy_id, one.other_order_id)
                wanted.add(key)
                if key not in held:
                    new.append(one.row(tx, order["id"], patient_id))
    gone = [row for key, row in held.items() if key not in wanted]
    if gone:
        tx.chart(*(row["patient_id"] for row in gone))
        await tx.run(_RESOLVE, warnings=[row["id"] for row in gone], now=tx.now)
    await tx.insert_all(models.MedicationWarning, new)


Key = tuple[str, frozenset[UUID | None]]


def _key(order_id: UUID, kind: str, allergy_id: UUID | None, other_id: UUID | None) -> Key:
    """What makes two warnings the same. Of a pair of orders it stands beside one of the two."""
    return kind, frozenset({order_id, allergy_id, other_id})


async def end(tx: Transaction, order_ids: Sequence[UUID]) -> None:
    """The orders are over, and with them what they were warned of and were the cause of."""
    await tx.run(_END, orders=order_ids, now=tx.now)


async def unanswered(tx: Transaction, order_id: UUID) -> list[Row]:
    """The warnings against an order that nobody has overridden."""
    return await tx.all(_UNANSWERED, order=order_id)


async def override(tx: Transaction, actor: Actor, order_id: UUID, reason: str) -> None:
    """Take responsibility for all that the order is warned of."""
    await tx.run(_OVERRIDE, order=order_id, now=tx.now, by=actor.user_id, said=reason)


def refuse(actor: Actor, found: Sequence[Found] | Sequence[Row]) -> Conflict:
    """The refusal that lists the warnings: in words for who may read what caused them, else by kind
    alone.

    An integrator orders for everybody and reads only what it wrote: an order is not a question
    about somebody's allergies.
    """
    told = []
    for one in found:
        if isinstance(one, Found):
            warning = one.warning
            row = {name: getattr(warning, name) for name in _TOLD}
        else:
            row = {name: one[name] for name in _TOLD}
        if readable(actor, row["kind"]):
            told.append({name: str(value) for name, value in row.items()})
        else:
            told.append({"kind": str(row["kind"])})
    return Conflict(
        "there are warnings against this order: overrideReason says why it is placed anyway",
        warnings=told,
    )


def readable(actor: Actor, kind: str) -> bool:
    """Whether the actor may read what causes warnings of the kind."""
    scope = Scope.ALLERGY_READ if kind.startswith("ALLERGY_") else Scope.MEDICATION_READ
    return bool(actor.rights.reaches(scope) - {Reach.AUTHORED, Reach.OWN})


def _found(drug: Substance, allergies: Iterable[Row], running: Iterable[Row]) -> list[Found]:
    found: list[Found] = []
    for allergy in allergies:
        warning = drug_allergy.conflict(drug, Substance(allergy["name"], allergy["code"]))
        if warning is not None:
            found.append(Found(warning, allergy_id=allergy["id"]))
    for order in running:
        other = Substance(order["name"], order["code"])
        found += [
            Found(warning, other_order_id=order["id"])
            for warning in (
                drug_duplicates.duplicate(drug, other),
                drug_interactions.interaction(drug, other),
            )
            if warning is not None
        ]
    return found


def _by_patient(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row["patient_id"], []).append(row)
    return found


_TOLD = ("kind", "severity", "message", "source")
_ALLERGY, _ORDER = models.Allergy.__table__, models.MedicationOrder.__table__
_WARNING = models.MedicationWarning.__table__
_TIME = TIMESTAMP(timezone=True)
_IDS = ARRAY(Uuid())
_PATIENTS = bindparam("patients", type_=_IDS)
_PATIENT = (
    select(models.Patient.id)
    .where(models.Patient.id == bindparam("patient"))
    .with_for_update(key_share=True)
)
_ALLERGIES = (
    select(
        _ALLERGY.c.id, _ALLERGY.c.patient_id, _ALLERGY.c.substance.label("name"), _ALLERGY.c.code
    )
    .where(_ALLERGY.c.patient_id == _PATIENTS.any_(), _ALLERGY.c.entered_in_error_at.is_(None))
    .order_by(_ALLERGY.c.recorded_at, _ALLERGY.c.id)
)
_ORDERS = (
    select(_ORDER.c.id, _ORDER.c.patient_id, _ORDER.c.drug.label("name"), _ORDER.c.code)
    .where(_ORDER.c.patient_id == _PATIENTS.any_(), _ORDER.c.status.in_(words(RUNNING)))
    .order_by(_ORDER.c.ordered_at, _ORDER.c.id)
)
_OPEN = select(
    *(
        _WARNING.c[name]
        for name in (
            "id", "patient_id", "medication_order_id", "kind", "allergy_id", "other_order_id"
        )
    )
).where(_WARNING.c.patient_id == _PATIENTS.any_(), _WARNING.c.resolved_at.is_(None))  # fmt: skip
_NOW = bindparam("now", type_=_TIME)
_RESOLVE = (
    update(models.MedicationWarning)
    .where(_WARNING.c.id == bindparam("warnings", type_=_IDS).any_())
    .values(resolved_at=_NOW)
)
_OF_ORDER: Any = bindparam("order")
_OF_ORDERS: Any = bindparam("orders", type_=ARRAY(Uuid()))
_END = (
    update(models.MedicationWarning)
    .where(
        or_(
            _WARNING.c.medication_order_id == _OF_ORDERS.any_(),
            _WARNING.c.other_order_id == _OF_ORDERS.any_(),
        ),
        _WARNING.c.resolved_at.is_(None),
    )
    .values(resolved_at=_NOW)
)
_STANDING = (
    _WARNING.c.medication_order_id == _OF_ORDER,
    _WARNING.c.resolved_at.is_(None),
    _WARNING.c.overridden_at.is_(None),
)
_UNANSWERED = select(_WARNING).where(*_STANDING).order_by(_WARNING.c.found_at, _WARNING.c.id)
_OVERRIDE = (
    update(models.MedicationWarning)
    .where(*_STANDING)
    .values(
        overridden_at=_NOW,
        overridden_by=bindparam("by"),
        override_reason=bindparam("said", type_=Text()),
    )
)
