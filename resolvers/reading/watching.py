"""Watching: which operations have a text that tells whether their answer has changed, and of what
it is made (resolvers/reading/freshness.py).

They begin at a ward, or at its open critical results, and go on to the charts of its patients and
nowhere else. A field whose value hangs on something further, or on the clock, ends it; so does one
that is new here, until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import GraphQLObjectType, SelectionSetNode
from sqlalchemy import BindParameter, ColumnElement, FromClause
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

import models
from models.rules.critical_results import CriticalResultStatus
from resolvers.reading.catalogue import Catalogue
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Collector, Selected, values_of
from resolvers.reading.freshness import Watch
from resolvers.reading.places import object_type
from resolvers.reading.sources import Embedded, Page, Relation, Value

Model = type[models.Base]

CHART = frozenset(
    {
        models.Patient,
        models.Admission,
        models.BedStay,
        models.Isolation,
        models.Allergy,
        models.VitalSigns,
        models.Spo2ScaleDecision,
        models.Pregnancy,
        models.LabResult,
        models.CriticalResult,
        models.CriticalResultStep,
        models.MedicationOrder,
        models.MedicationOrderStep,
        models.MedicationWarning,
        models.MedicationAdministration,
    }
)
"""The tables of a chart: whoever writes to one of them leaves an event of the patient."""
FURTHER = frozenset(
    {
        # Reservations, which the text holds as they are at this moment.
        ("Bed", "reserved"),
        ("WardOccupancy", "available"),
        ("WardOccupancy", "reserved"),
        # The beds of the ward itself.
        ("WardOccupancy", "beds"),
        ("WardOccupancy", "occupied"),
        ("WardOccupancy", "unavailable"),
        ("WardOccupancy", "cleaning"),
        ("WardOccupancy", "closed"),
        ("WardOccupancy", "isolated"),
        # And who of those in them is on leave, which the ward hears.
        ("WardOccupancy", "onLeave"),
        # The decision in force, whose every change is one of the chart.
        ("Patient", "spo2Scale"),
        # Names of users: every ward is told of another one.
        ("CriticalResult", "acknowledgedBy"),
        ("LabResult", "orderedBy"),
        ("CriticalResultStep", "called"),
        ("CriticalResultStep", "by"),
        # The address of a session, and a version of a chain: neither is ever changed.
        ("CriticalResultStep", "station"),
        ("CriticalResult", "nextEscalationAudience"),
        ("MedicationAdministration", "givenBy"),
        ("MedicationOrderStep", "by"),
        ("MedicationWarning", "overriddenBy"),
        ("Spo2ScaleDecision", "decidedBy"),
        ("Pregnancy", "recordedBy"),
        ("VitalSigns", "recordedBy"),
        ("VitalSigns", "enteredInErrorBy"),
    }
)
"""Values from beyond their own row that are watched all the same."""
_FROM_BED = {"admission": "lying", "reservedFor": "reserved"}


class Unwatched(Exception):
    """The operation goes where nothing is watched."""


class Watching:
    """Looks at one operation. Used once."""

    def __init__(self, catalogue: Catalogue, prepared: Prepared) -> None:
        self._sources = catalogue.sources
        self._collector = Collector(catalogue.schema, prepared)
        self._parts: dict[str, bool] = {}

    def of(self, roots: Iterable[Selected]) -> Watch | None:
        """What of its wards an operation with these roots is to be watched for; None: it goes
        somewhere else."""
        try:
            for one in roots:
                self._root(one)
        except Unwatched:
            return None
        return Watch(**self._parts)

    def _root(self, one: Selected) -> None:
        if one.name == "__typename":
            return
        source = self._sources["Query", one.name]
        if one.name == "ward" and isinstance(source, Relation):
            self._fields(object_type(one), one.selections, models.Ward)
        elif one.name == "criticalResults" and isinstance(source, Page):
            self._parts["critical"] = True
            self._page(one, models.CriticalResult)
        else:
            raise Unwatched

    def _fields(
        self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode], model: Model
    ) -> None:
        for one in self._collector.collect(type_, sets):
            if one.name == "__typename":
                continue
            source = self._sources[type_.name, one.name]
            if isinstance(source, Value):
                if (type_.name, one.name) not in FURTHER and not _of_row(source.expression, model):
                    raise Unwatched
            elif isinstance(source, Embedded):
                if source.present is not None and not _of_row(source.present, model):
                    raise Unwatched
                self._fields(object_type(one), one.selections, model)
            elif isinstance(source, Relation):
                self._relation(one, source, model)
            else:
                raise Unwatched

    def _relation(self, one: Selected, source: Relation, model: Model) -> None:
        if model is models.Ward and one.name == "beds":
            self._fields(object_type(one), one.selections, models.Bed)
            return
        if model is models.Bed and one.name in _FROM_BED:
            self._parts[_FROM_BED[one.name]] = True
        elif model not in CHART or source.model not in CHART or not _of_rows(source, model):
            raise Unwatched
        if isinstance(source, Page):
            self._page(one, source.model)
        else:
            self._fields(object_type(one), one.selections, source.model)

    def _page(self, one: Selected, model: Model) -> None:
        """A connection: of what is in it, the nodes alone say more than their number and place."""
        for part in self._collector.collect(object_type(one), one.selections):
            if part.name == "nodes":
                self._fields(object_type(part), part.selections, model)
            elif part.name == "edges":
                for inner in self._collector.collect(object_type(part), part.selections):
                    if inner.name == "node":
                        self._fields(object_type(inner), inner.selections, model)


def wards(prepared: Prepared, roots: Sequence[Selected]) -> list[str] | None:
    """The codes of the wards that the roots name; None where one names none, or asks for critical
    results that are not open: of those there are more every year."""
    codes: list[str] = []
    for one in roots:
        if one.name == "__typename":
            continue
        given = values_of(one, prepared.variables)
        code = given.get("code" if one.name == "ward" else "ward")
        statuses = {str(status) for status in given.get("status") or ()}
        if not isinstance(code, str) or not code.isprintable():
            return None
        if one.name == "criticalResults" and statuses != {CriticalResultStatus.OPEN.value}:
            return None
        codes.append(code)
    return codes or None


def _of_row(expression: Callable[[FromClause], Any], model: Model) -> bool:
    """Whether the expression takes its value from the row alone."""
    return _plain(expression(model.__table__.alias("row")))


def _of_rows(source: Relation, model: Model) -> bool:
    if source.on is None:
        return False
    return _plain(source.on(model.__table__.alias("row"), source.model.__table__.alias("next")))


def _plain(expression: ColumnElement[Any]) -> bool:
    """Whether it reads no table and asks neither for the time nor for the actor."""
    return not any(
        isinstance(part, SelectBase)
        or (
            isinstance(part, BindParameter) and (part.key == "now" or part.key.startswith("actor_"))
        )
        for part in visitors.iterate(expression)
    )
