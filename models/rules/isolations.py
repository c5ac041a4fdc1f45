"""Isolation: its kinds, which of them a bed must be fit for, and what it leaves behind."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from models.rules.refusals import Refusal


class IsolationKind(StrEnum):
    """The transmission-based precautions, and the protective environment.

    Source: CDC/HICPAC, Guideline for Isolation Precautions in Hospitals (2007).
    """

    CONTACT = "CONTACT"
    DROPLET = "DROPLET"
    AIRBORNE = "AIRBORNE"
    PROTECTIVE = "PROTECTIVE"


CONTAMINATING: frozenset[IsolationKind] = frozenset(
    {IsolationKind.CONTACT, IsolationKind.DROPLET, IsolationKind.AIRBORNE}
)
"""What the patient has is left in the bed. Whoever is protected leaves nothing of the kind."""


def missing(
    needed: Iterable[IsolationKind], fit_for: Iterable[IsolationKind]
) -> list[IsolationKind]:
    """The kinds for which a bed is not fit. A room of the one kind does not do for another: air is
    kept in for AIRBORNE and out for PROTECTIVE."""
    return sorted(frozenset(needed) - frozenset(fit_for))


def end(ended_at: datetime | None) -> Refusal | None:
    """Whether an isolation may be ended; None: yes."""
    return None if ended_at is None else Refusal("the isolation has ended already")
