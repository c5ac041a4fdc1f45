"""What this process remembers of patients and rules, so that it can judge before it asks.

Nothing here is trusted. Who judges by it writes in a statement that first makes sure that it is
still so (`labs_proposals`), and otherwise reads it anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.critical_rules import CriticalRule
from models.rules.patients import Sex
from models.rules.scopes import Reach
from resolvers import critical_rules
from resolvers.actors import Actor
from resolvers.labs_inputs import Named, Names, find_patients
from resolvers.labs_judgement import Subject, by_code

MOST_PATIENTS = 4_096
MOST_HOSPITALS = 64


@dataclass(frozen=True, slots=True)
class Remembered:
    """A patient, as far as results are concerned."""

    named: Named
    subject: Subject


class Memory:
    """The patients last named, and the rules in force, of any hospital."""

    def __init__(self) -> None:
        self._patients: OrderedDict[tuple[UUID, UUID | str], Remembered] = OrderedDict()
        self._rules: OrderedDict[UUID, dict[str, list[CriticalRule]]] = OrderedDict()

    async def patients(
        self, pool: asyncpg.Pool[Any], actor: Actor, reaches: frozenset[Reach], names: Names
    ) -> list[Remembered] | None:
        """Those who are named, read where one is not remembered; None where one is not found."""
        found = self._found(actor.hospital_id, names)
        if found is None:
            for row in await find_patients(pool, actor, reaches, names):
                self._keep(actor.hospital_id, row)
            found = self._found(actor.hospital_id, names)
        return found

    async def rules(
        self, pool: asyncpg.Pool[Any], hospital_id: UUID
    ) -> dict[str, list[CriticalRule]]:
        """The hospital's rules in force, by code."""
        rules = self._rules.get(hospital_id)
        if rules is None:
            read = await critical_rules.all_in_force(pool, hospital_id)
            rules = self._rules[hospital_id] = by_code(read)
            if len(self._rules) > MOST_HOSPITALS:
                self._rules.popitem(last=False)
        return rules

    def forget(self, hospital_id: UUID, names: Names) -> None:
        """Read these patients and the rules anew the next time."""
        self._rules.pop(hospital_id, None)
        for name in names:
            self._patients.pop((hospital_id, name), None)

    def _found(self, hospital_id: UUID, names: Names) -> list[Remembered] | None:
        found = []
        for name in names:
            patient = self._patients.get((hospital_id, name))
            if patient is None:
                return None
            self._patients.move_to_end((hospital_id, name))
            found.append(patient)
        return found

    def _keep(self, hospital_id: UUID, row: asyncpg.Record) -> None:
        patient = Remembered(
            Named(row["id"], row["mrn"]),
            Subject(row["birth_date"], Sex(row["sex"]), row["ward_id"]),
        )
        names: Iterable[UUID | str] = (row["id"], row["mrn"])
        for name in names:
            self._patients[hospital_id, name] = patient
        while len(self._patients) > 2 * MOST_PATIENTS:
            self._patients.popitem(last=False)
