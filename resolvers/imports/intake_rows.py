"""Rows that a sender names by an external id: found, compared, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers import rows
from resolvers.actors import Actor
from resolvers.imports.ledger import Outcome
from resolvers.transaction import Transaction

Row = dict[str, Any]


class Shelf:
    """One table's rows of one sender, and what a batch makes of them.

    Three statements for any number of rows: find, update, insert.
    """

    def __init__(self, model: type[models.Base], columns: Iterable[str]) -> None:
        self.model = model
        self._columns = tuple(columns)
        table = model.__table__
        self._find = (
            select(table)
            .where(
                table.c.hospital_id == bindparam("hospital"),
                table.c.sender == bindparam("by_sender", type_=Text()),
                table.c.external_id == bindparam("external_ids", type_=ARRAY(Text())).any_(),
            )
            .order_by(table.c.id)
            .with_for_update()
        )
        edited = [name for name in ("updated_at", "updated_by") if name in table.c]
        self._update = (
            update(model)
            .where(table.c.id == bindparam("row_id"))
            .values(
                {
                    name: bindparam(f"new_{name}", type_=table.c[name].type)
                    for name in (*self._columns, *edited)
                }
            )
        )

    async def load(
        self, tx: Transaction, actor: Actor, sender: str, external_ids: Iterable[str]
    ) -> Load:
        """The rows that are held of these ids, locked."""
        wanted = sorted(set(external_ids))
        found = await tx.all(
            self._find, hospital=tx.hospital_id, by_sender=sender, external_ids=wanted
        )
        held = {row["external_id"]: dict(row) for row in found}
        return Load(self, tx, actor, sender, held)

    async def write(self, tx: Transaction, changed: Iterable[Row], new: Iterable[Row]) -> None:
        """Changes first: a row that gives up what must be unique makes room for a new one."""
        changed = list(changed)
        tx.chart(*(row["patient_id"] for row in changed))
        await tx.run_all(
            self._update,
            [
                {"row_id": row["id"], **{f"new_{name}": value for name, value in row.items()}}
                for row in changed
            ],
        )
        await tx.insert_all(self.model, list(new))


class Load:
    """The rows of one batch, as they will be."""

    def __init__(
        self, shelf: Shelf, tx: Transaction, actor: Actor, sender: str, held: dict[str, Row]
    ) -> None:
        self._shelf, self._tx, self._actor, self._sender = shelf, tx, actor, sender
        self.held = held
        self._new: dict[Any, Row] = {}
        self._changed: dict[Any, Row] = {}

    def put(self, external_id: str, values: Mapping[str, Any]) -> Outcome:
        """Make the row hold these values, by column; what becomes of it."""
        row = self.held.get(external_id)
        if row is None:
            row = rows.fresh(
                self._tx,
                self._actor,
                self._shelf.model,
                **values,
                sender=self._sender,
                external_id=external_id,
            )
            self.held[external_id] = self._new[row["id"]] = row
            return Outcome.CREATED
        if all(row[name] == value for name, value in values.items()):
            return Outcome.UNCHANGED
        row |= values
        if "updated_at" in row:
            row |= {"updated_at": self._tx.now, "updated_by": self._actor.user_id}
        if row["id"] not in self._new:
            self._changed[row["id"]] = row
        return Outcome.CORRECTED

    async def write(self) -> None:
        """Write what has been put."""
        await self._shelf.write(self._tx, self._changed.values(), self._new.values())
