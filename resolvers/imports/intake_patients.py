"""Patients of a batch: found by MRN, registered or brought up to date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.patients import Sex
from resolvers import rows
from resolvers.actors import Actor
from resolvers.imports.drafts import PatientDraft
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.transaction import Transaction

_P = models.Patient.__table__
_TOLD = (
    "given_name", "family_name", "birth_date", "sex", "deceased_at", "phone", "email", "address",
    "national_id",
)  # fmt: skip
# Not FOR UPDATE: who writes results of the patient holds the key meanwhile, and is no obstacle.
_FIND = (
    select(_P.c.id, _P.c.mrn, *(_P.c[name] for name in _TOLD))
    .where(
        _P.c.hospital_id == bindparam("hospital"),
        _P.c.mrn == bindparam("mrns", type_=ARRAY(Text())).any_(),
    )
    .order_by(_P.c.id)
    .with_for_update(key_share=True)
)
_UPDATE = (
    update(models.Patient)
    .where(_P.c.id == bindparam("row_id"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=_P.c[name].type)
            for name in (*_TOLD, "updated_at", "updated_by")
        }
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of a batch needs of a patient."""

    id: UUID
    deceased_at: datetime | None


async def place(
    tx: Transaction,
    actor: Actor,
    drafts: Iterable[PatientDraft],
    named: Iterable[str],
    ledger: Ledger,
) -> dict[str, Known]:
    """Write the patients; those and the ones `named` elsewhere in the batch, by MRN.

    Three statements for any number. What a draft does not tell stays as it is.
    """
    drafts = list(drafts)
    mrns = sorted({draft.mrn for draft in drafts} | set(named))
    found = await tx.all(_FIND, hospital=tx.hospital_id, mrns=mrns)
    held: dict[str, dict[str, Any]] = {row["mrn"]: dict(row) for row in found}
    new: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    for draft in drafts:
        row = held.get(draft.mrn)
        if row is None:
            told = dict.fromkeys(_TOLD) | {"sex": Sex.UNKNOWN.value} | dict(draft.values)
            row = rows.fresh(tx, actor, models.Patient, mrn=draft.mrn, **told)
            held[draft.mrn] = new[draft.mrn] = row
            ledger.settle(draft.records, Outcome.CREATED)
        elif all(row[name] == value for name, value in draft.values.items()):
            ledger.settle(draft.records, Outcome.UNCHANGED)
        else:
            row |= {**draft.values, "updated_at": tx.now, "updated_by": actor.user_id}
            if draft.mrn not in new:
                changed[draft.mrn] = row
            ledger.settle(draft.records, Outcome.CORRECTED)
    tx.chart(*(row["id"] for row in changed.values()))
    await tx.run_all(
        _UPDATE,
        [
            {"row_id": row["id"], **{f"new_{name}": value for name, value in row.items()}}
            for row in changed.values()
        ],
    )
    await tx.insert_all(models.Patient, list(new.values()))
    return {mrn: Known(row["id"], row["deceased_at"]) for mrn, row in held.items()}
