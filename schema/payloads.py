"""Payloads: the plans of what mutations and subscriptions answer, and who may ask for it."""

from __future__ import annotations

from models.rules.scopes import Rights
from resolvers.actors import Actor
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected
from resolvers.reading.overlay import Writing
from resolvers.reading.sources import Access, Requires
from resolvers.reading.statements import Plan, plan_payload
from schema.catalogue import CATALOGUE
from schema.plans import Plans
from schema.queries import stranger


class Payloads:
    """The plans of payloads, each made once."""

    def __init__(self) -> None:
        self._plans: Plans[Plan] = Plans(lambda plan: plan.statement.sql)

    def plan(
        self,
        prepared: Prepared,
        rights: Rights,
        root: Selected,
        *,
        replayed: bool = False,
        writing: Writing | None = None,
    ) -> Plan:
        """The plan of a root field's payload, see plan_payload."""
        key = (prepared.name, prepared.shape, rights, root.key, replayed, writing)

        def make() -> Plan:
            return plan_payload(
                CATALOGUE, prepared, rights, root, replayed=replayed, writing=writing
            )

        return self._plans.get(prepared.document, key, make)


def allowed(actor: Actor | None, requires: Requires) -> Actor:
    """The actor, who must be signed in and hold what is required."""
    if actor is None:
        raise stranger()
    if not isinstance(requires, Access):
        actor.reaches(requires)
    return actor
