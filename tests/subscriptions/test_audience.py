"""Who hears what: every reach, alone and with others, and what a feed's arguments narrow it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import models
from models.events import Feed
from models.rules.roles import Role
from models.rules.scopes import Reach, Scope, rights
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
    reaches: frozenset[Reach] = frozenset()

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


def heard_by(one: Actor) -> set[str]:
    found = audience(Listening(), one, Place())
    return {name for name, logged in ENTRIES.items() if found.hears(logged)}


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


def test_a_doctor_hears_of_the_own_patients_wherever_they_lie() -> None:
    doctor = replace(actor(Role.DOCTOR), treated=(ME,))
    assert heard_by(doctor) == {"here", "about nobody", "mine"}
    assert heard(Listening(), Role.DOCTOR) == {"here", "about nobody"}
    # A nurse's rights have no use for a care team.
    assert heard_by(replace(actor(Role.NURSE), treated=(ME,))) == {"here", "about nobody"}


def test_who_broke_the_glass_hears_of_that_patient() -> None:
    opened = rights(frozenset({Role.NURSE}), opened=True)
    nurse = replace(actor(Role.NURSE), rights=opened, opened=(ME,))
    assert heard_by(nurse) == {"here", "about nobody", "mine"}
    assert heard_by(replace(nurse, rights=rights(nurse.roles))) == {"here", "about nobody"}


def test_an_emergency_access_is_heard_by_the_reviewers_alone() -> None:
    ENTRIES["glass"] = entry(None, ME, "GlassBroken")
    try:
        feed = Listening(Feed.EMERGENCY_ACCESSES, Scope.EMERGENCY_ACCESS_REVIEW)
        assert heard(feed, Role.AUDITOR) == {"glass"}
        for role in set(Role) - {Role.AUDITOR, Role.ADMIN}:
            assert heard(feed, role) == set()
    finally:
        del ENTRIES["glass"]


def test_the_row_scope_is_what_the_plan_uses() -> None:
    everything = replace(actor(Role.DOCTOR), treated=(OTHER,), opened=(THERE,))

    def scope(*reaches: Reach) -> object:
        return row_scope(Listening(reaches=frozenset(reaches)), everything)

    assert scope() == scope(Reach.HOSPITAL) == (None,) * 5
    assert scope(Reach.WARDS) == ((HERE,), None, None, None, None)
    # Who reads what they wrote shares their frames with nobody.
    assert scope(Reach.AUTHORED) == (None, USER, None, None, None)
    assert scope(Reach.TREATMENT) == ((HERE,), None, (OTHER,), None, None)
    assert scope(Reach.OPENED) == (None, None, None, (THERE,), None)
    assert scope(Reach.OWN) == (None, None, None, None, (ME,))
