"""Chains as fields: those in force, and that of a critical result."""

from typing import Any

from models.rules.scopes import Scope
from resolvers import chain_versions
from schema.enums import Urgency
from schema.fields import Argument, derived


def chain_of_result() -> Any:
    """The chain of a critical result."""
    return derived(chain_versions.by_which, requires=Scope.CRITICAL_RESULT_READ, single=True)


def chains_of_ward() -> Any:
    """The chains in force on a ward."""
    return derived(
        chain_versions.of_ward, order=("urgency",), requires=Scope.CRITICAL_RESULT_READ, size=3
    )


def chain_in_force() -> Any:
    """A chain in force."""
    return derived(
        chain_versions.asked,
        requires=Scope.CRITICAL_RESULT_READ,
        single=True,
        arguments={
            "ward": Argument(
                str | None, description="The code of a ward; absent: that of the hospital."
            ),
            "urgency": Argument(Urgency, default=Urgency.CRITICAL),
        },
    )


def steps_of_chain() -> Any:
    """The steps of a version."""
    return derived(
        chain_versions.steps, order=("level",), requires=Scope.CRITICAL_RESULT_READ, size=5
    )
