"""Who hears what: every reach, alone and with others, and what a feed's arguments narrow it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import models
from models.events import Feed
from models.rules.roles import Role
from models.rules.scopes import Scope, rights
from resolvers import ids
from resolvers.actors import Actor
from subscriptions.audience import Place, audience, patient, row_scope
from subscriptions.log import LogEntry

HOSPITAL, USER, HERE, THERE, ME, OTHER = (models.new_id() for _ in range(6))


@dataclass(frozen=True)
class Listening:
    feed: Feed = Feed.VITAL_SIGNS
    scope: Scope = Scope.VITALS_READ
    arguments: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""

    async def frame(self, *_: Any, **__: Any) -> bytes:
        raise AssertionError("nobody asks for a frame here")


def actor(*roles: Role) -> Actor:
    held = frozenset(roles)
    return Actor(HOSPITAL, USER, None, "x", held, rights(held), (HERE,), ME)


def entry(ward: UUID | None, of: UUID | None, kind: str = "VitalsRecorded") -> LogEntry:
    return LogEntry(1, ward, of, kind, models.new_id(), datetime.now(UTC))


ENTRIES = {
    "here": entry(HERE, OTHER),
    "there": entry(THERE, OTHER),
    "nowhere": entry(None, OTHER),
    "mine": entry(THERE, ME),
    "about nobody": entry(HERE, None),
    "another feed": entry(HERE, ME, "BedStatusSet"),
    "of a later release": entry(HERE, ME, "SomethingNew"),
}


def heard(plan: Listening, *roles: Role, place: Place = Place()) -> set[str]:  # noqa: B008 (frozen)
    found = audience(plan, actor(*roles), place)
    return {name for name, logged in ENTRIES.items() if found.hears(logged)}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([Role.ADMIN], {"here", "there", "nowhere", "mine", "about nobody"}),
        ([Role.NURSE], {"here", "about nobody"}),
        ([Role.PATIENT], {"mine"}),
        ([Role.NURSE, Role.PATIENT], {"here", "mine", "about nobody"}),
        ([Role.INTEGRATOR], set()),
        ([Role.CLERK], set()),
        ([Role.CLERK, Role.NURSE], {"here", "about nobody"}),
        ([], set()),
    ],
)
def test_reaches(roles: list[Role], expected: set[str]) -> None:
    assert heard(Listening(), *roles) == expected


def test_arguments_narrow_and_never_widen() -> None:
    assert heard(Listening(), Role.NURSE, place=Place(ward_id=THERE)) == set()
    assert heard(Listening(), Role.NURSE, place=Place(ward_id=HERE, patient_id=OTHER)) == {"here"}
    assert heard(Listening(), Role.ADMIN, place=Place(patient_id=ME)) == {"mine"}
    assert heard(Listening(), Role.ADMIN, place=Place(nowhere=True)) == set()
    assert heard(Listening(Feed.BED_CHANGES, Scope.WARD_READ), Role.NURSE) == {"another feed"}


def test_a_patients_id_is_read_strictly() -> None:
    assert patient(ids.encode(models.Patient, ME)) == ME
    for wrong in ("", str(ME), ids.encode(models.Ward, ME), f"pat_{str(ME).upper()}"):
        assert patient(wrong) is None


def test_the_row_scope_is_what_the_rights_use() -> None:
    assert row_scope(actor(Role.ADMIN)) == (None, None, None)
    assert row_scope(actor(Role.NURSE)) == ((HERE,), None, None)
    assert row_scope(actor(Role.PATIENT)) == (None, ME, None)
    # Who reads what they wrote shares their frames with nobody.
    assert row_scope(actor(Role.INTEGRATOR)) == (None, None, USER)
