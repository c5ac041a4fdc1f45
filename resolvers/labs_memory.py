"""What this process remembers of patients, rules and chains, so that it can judge before it asks.

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
from resolvers.clinicians import Clinicians, written
from resolvers.escalation_chains import Chains
from resolvers.labs_inputs import Named, Names, find_patients
from resolvers.labs_judgement import Subject, by_code

MOST_PATIENTS = 4_096
MOST_HOSPITALS = 64
MOST_CLINICIANS = 4_096


@dataclass(frozen=True, slots=True)
class Remembered:
    """A patient, as far as results are concerned; `repeat_keys` are those of the alerts that
    repeats of theirs may join, with the patient's id before each."""

    named: Named
    subject: Subject
    repeat_keys: frozenset[tuple[UUID, str]]


class Memory:
    """The patients last named, and the rules and chains in force, of any hospital."""

    def __init__(self) -> None:
        self._patients: OrderedDict[tuple[UUID, UUID | str], Remembered] = OrderedDict()
        self._clinicians: OrderedDict[tuple[UUID, str], UUID] = OrderedDict()
        self._rules: OrderedDict[UUID, dict[str, list[CriticalRule]]] = OrderedDict()
        self._chains: OrderedDict[UUID, Chains] = OrderedDict()

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

    async def chains(self, pool: asyncpg.Pool[Any], hospital_id: UUID) -> Chains:
        """The hospital's escalation chains in force."""
        chains = self._chains.get(hospital_id)
        if chains is None:
            chains = self._chains[hospital_id] = await Chains.load(pool, hospital_id)
            if len(self._chains) > MOST_HOSPITALS:
                self._chains.popitem(last=False)
        return chains

    async def clinicians(
        self, pool: asyncpg.Pool[Any], hospital_id: UUID, names: Iterable[str | None]
    ) -> Clinicians | None:
        """Those who ordered something, read where one is not remembered; None where one is not
        found. They need not be forgotten: what is a user's name once is that user's for good."""
        wanted = written(names)
        held = {
            name: self._clinicians[hospital_id, name]
            for name in wanted
            if (hospital_id, name) in self._clinicians
        }
        if len(held) < len(wanted):
            read = await Clinicians.load(pool, hospital_id, wanted)
            for name in wanted:
                found = read.known(name)
                if found is None:
                    return None
                held[name] = self._clinicians[hospital_id, name] = found
            while len(self._clinicians) > MOST_CLINICIANS:
                self._clinicians.popitem(last=False)
        return Clinicians(held)

    def forget(self, hospital_id: UUID, names: Names) -> None:
        """Read these patients, the rules and the chains anew the next time."""
        self._rules.pop(hospital_id, None)
        self._chains.pop(hospital_id, None)
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
            frozenset((row["id"], key) for key in row["repeat_keys"] or ()),
        )
        names: Iterable[UUID | str] = (row["id"], row["mrn"])
        for name in names:
            self._patients[hospital_id, name] = patient
        while len(self._patients) > 2 * MOST_PATIENTS:
            self._patients.popitem(last=False)
