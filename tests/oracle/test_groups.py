"""Those who share a frame would each be sent the same one: whoever they are, whatever they ask."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError
from schema.feeds import FeedEvent
from subscriptions.audience import Place, audience, row_scope
from tests.oracle.chains import object_of
from tests.oracle.conftest import HouseOf
from tests.oracle.hospitals import House
from tests.oracle.trials import EXAMPLES, HOUSES, SETTINGS

FEEDS = {
    "criticalResults": ("CriticalResult", "RAISED"),
    "bedChanges": ("Bed", "STATUS_CHANGED"),
    "vitalSigns": ("VitalSigns", "RECORDED"),
    "chartChanges": ("Patient", "CHARTED"),
    "emergencyAccesses": ("EmergencyAccess", "OPENED"),
}
"""The type that the events of a feed are of, and what may have happened to it."""
COUNTED: Counter[str] = Counter()


def selection(type_: GraphQLObjectType, chance: Random, depth: int) -> str:
    """Some fields of a type, and of what lies behind some of them."""
    leaves, roads = ["__typename"], []
    for name, field in type_.fields.items():
        target = get_named_type(field.type)
        if is_leaf_type(target):
            leaves.append(name)
        elif isinstance(target, GraphQLObjectType) and depth and _may_be_bare(field):
            roads.append((name, target))
    picked = chance.sample(leaves, min(len(leaves), chance.randint(1, 3)))
    picked += [
        f"{name} {selection(target, chance, depth - 1)}"
        for name, target in chance.sample(roads, min(len(roads), 2 if depth > 1 else 1))
    ]
    return "{ " + " ".join(picked) + " }"


def _may_be_bare(field: Any) -> bool:
    return not any(isinstance(one.type, GraphQLNonNull) for one in field.args.values())


def relatives(house: House, chance: Random) -> list[Actor]:
    """Somebody, and others who differ from them in one of the things that make an actor."""
    patients = [row["id"] for row in house.held.all("Patient")]
    # The first two have written what there is.
    first = replace(chance.choice(house.actors), user_id=house.actors[0].user_id)
    if chance.random() < 0.8:
        first = replace(first, roles=chance.choice(PEERS))
    if Role.PATIENT in first.roles:
        first = replace(first, patient_id=patients[0])
    wards = tuple(sorted(row["id"] for row in house.held.all("Ward")))
    part = tuple(patients[:2])
    first = replace(first, ward_ids=chance.choice([(), wards]), treated=chance.choice([(), part]))
    first = replace(first, opened=chance.choice([(), part[:1]]))
    other = chance.choice(house.actors)
    found = [
        first,
        replace(first, user_id=house.actors[1].user_id),
        replace(first, patient_id=patients[1]),
        replace(first, roles=chance.choice(PEERS)),
        replace(first, ward_ids=wards[:1] if first.ward_ids else wards),
        replace(first, treated=() if first.treated else part),
        replace(first, opened=part[1:]),
        replace(other, user_id=None),
    ]
    return [replace(one, rights=rights(one.roles, opened=bool(one.opened))) for one in found]


PEERS = [
    frozenset(roles)
    for roles in (
        {Role.NURSE},
        {Role.CHARGE_NURSE},
        {Role.ADMIN},
        {Role.ADMIN, Role.NURSE},
        # What the feed tells of is in reach everywhere, and what lies behind it is not.
        {Role.CLERK, Role.NURSE},
        {Role.CLERK, Role.DOCTOR},
        {Role.CLERK, Role.INTEGRATOR},
        {Role.PHARMACIST, Role.PATIENT},
        {Role.CLERK, Role.PATIENT},
        {Role.LAB, Role.CHARGE_NURSE},
        {Role.LAB, Role.INTEGRATOR},
        {Role.AUDITOR, Role.DOCTOR},
    )
]
"""Some of these differ in nothing that a small selection asks for."""


def events_of(house: House, feed: str, chance: Random) -> list[FeedEvent]:
    """Something that happened to each row of the feed's type, and to one that is not there."""
    type_, kind = FEEDS[feed]
    patients = [row["id"] for row in house.held.all("Patient")]
    subjects = [
        (row["id"], row["id"] if type_ == "Patient" else row.get("patient_id"))
        for row in house.held.all(type_)
    ]
    subjects.append((models.new_id(), chance.choice(patients)))
    now = datetime.now(UTC)
    return [
        FeedEvent(f"{at}", at, now, kind, subject, patient or chance.choice([*patients, None]))
        for at, (subject, patient) in enumerate(subjects, 1)
    ]


@settings(SETTINGS, max_examples=EXAMPLES or 40)
@given(chance=st.randoms(use_true_random=False), seed=st.integers(0, HOUSES - 1))
async def test_who_is_in_one_group_would_be_sent_the_same(
    house_of: HouseOf, chance: Random, seed: int
) -> None:
    """The group of a subscriber is what subscriptions/channel joins it by; each member's own frame
    is made with the rights and the rows of that member."""
    house = await house_of(seed % 3 if not EXAMPLES else seed)
    feed = chance.choice(list(FEEDS))
    type_ = get_named_type(object_of("Subscription").fields[feed].type)
    assert isinstance(type_, GraphQLObjectType)
    event = get_named_type(type_.fields["events"].type)
    assert isinstance(event, GraphQLObjectType)
    text = f"subscription {{ {feed} {{ cursor events {selection(event, chance, 4)} }} }}"
    told = events_of(house, feed, chance)
    frames: dict[Any, tuple[bytes, Actor]] = {}
    for actor in relatives(house, chance):
        try:
            plan = house.hospital.engine.subscription(GraphQLRequest(text), actor)
        except RequestError:
            COUNTED["refused"] += 1
            continue
        key = (plan.key, row_scope(plan, actor), audience(plan, actor, Place()))
        async with house.hospital.pool.acquire() as connection:
            frame = await plan.frame(
                connection,
                actor,
                cursor="",
                live=True,
                resync=False,
                events=told,
                audience=models.new_id(),
            )
        COUNTED["frames"] += 1
        first, who = frames.setdefault(key, (frame, actor))
        COUNTED["shared"] += who is not actor
        COUNTED["shared by other roles"] += who.roles != actor.roles
        assert frame == first, (text, who, actor)
    COUNTED["groups"] += len(frames)


def test_groups_were_shared_and_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    if not COUNTED:
        pytest.skip("no random group was made in this process")
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(COUNTED)}\n")
    assert COUNTED["shared"] > COUNTED["frames"] / 10
    assert COUNTED["groups"] > COUNTED["frames"] / 10
