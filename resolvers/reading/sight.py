"""Sight: which rows the actor of a plan sees, as the conditions of resolvers/reading/scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, FromClause, false

import models
from models.rules.scopes import Reach, Rights, Scope
from resolvers.reading import scope as scoping
from resolvers.reading.catalogue import SCOPES
from resolvers.reading.places import Place, belongs_to_patient
from resolvers.reading.sources import Page, Produced, Relation

if TYPE_CHECKING:
    from resolvers.reading.plan import Findings

Conditions = tuple[ColumnElement[bool], ...]


class Sight:
    """What one actor sees in one plan; notes in `found` which scopes and reaches that takes."""

    def __init__(self, rights: Rights, found: Findings, *, replayed: bool) -> None:
        self._rights = rights
        self._found = found
        self._replayed = replayed

    def reaches(self, place: Place, source: Relation) -> frozenset[Reach] | None:
        """In which reaches a row that is entered must still be shown to be visible; None: it is
        known to be."""
        if self._just_written(source) or source.inherits:
            return None
        scope = SCOPES[source.model]
        reaches = self._rights.reaches(scope)
        if reaches:
            self._found.scopes.add(scope)
        same_patient = place.of_patient and belongs_to_patient(source.model)
        # Of a patient seen on the actor's wards (or the own record) every row is so too; a row seen
        # because the actor wrote it says nothing of the others.
        follows = source.within and not place.borrowed
        if (
            (follows or (same_patient and place.model is not models.CriticalResult))
            and Reach.AUTHORED not in place.reaches
            and place.reaches
            and place.reaches <= reaches
        ):
            return None
        return reaches

    def entered(
        self, place: Place, source: Relation, row: FromClause, reaches: frozenset[Reach] | None
    ) -> Conditions:
        """The conditions on a row that is entered, with what `reaches` said of it."""
        if self._just_written(source):
            return ()
        listed = place.model is None and isinstance(source, Page)
        return (
            *(() if reaches is None else self.within(source.model, row, reaches, listed=listed)),
            *self._told(source.model, row, SCOPES.get(source.model)),
        )

    def seen(
        self, model: type[models.Base], row: FromClause, scope: Scope | None = None
    ) -> Conditions:
        """The conditions under which the actor sees a row for itself, by the table's own scope or
        another; none: sees every one of the hospital."""
        scope = scope or SCOPES[model]
        reaches = self._rights.reaches(scope)
        if not reaches:
            return (false(),)
        self._found.scopes.add(scope)
        return (*self.within(model, row, reaches), *self._told(model, row, scope))

    def within(
        self,
        model: type[models.Base],
        row: FromClause,
        reaches: frozenset[Reach],
        *,
        listed: bool = False,
    ) -> Conditions:
        """The condition that the row is in one of the reaches; none: every one of the hospital is.
        `listed`: see scope.visible."""
        if Reach.HOSPITAL in reaches:
            return ()
        self._found.reaches |= reaches
        return (scoping.visible(model, row, reaches, listed=listed),)

    def _told(self, model: type[models.Base], row: FromClause, scope: Scope | None) -> Conditions:
        """What an alert tells of its finding it tells to those who may read that."""
        if model is not models.CriticalResult or scope is None:
            return ()
        vitals = self._rights.reaches(Scope.VITALS_READ)
        told = scoping.told(row, self._rights.reaches(scope), vitals)
        if told is None:
            return ()
        if vitals:
            self._found.scopes.add(Scope.VITALS_READ)
            self._found.reaches |= vitals
        return (told,)

    def _just_written(self, source: Relation) -> bool:
        """Whether the resolver has decided a moment ago that the actor may write the row."""
        return isinstance(source, Produced) and not self._replayed
