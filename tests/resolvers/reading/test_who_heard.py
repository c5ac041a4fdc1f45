"""Who heard what: the audit of pushes, written as the hub writes it and read by auditEntries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from resolvers import audit, hearings
from resolvers.actors import Actor
from resolvers.hearings import Hearing
from resolvers.reading.documents import GraphQLRequest
from schema.feeds import FeedEvent, FeedPlan
from tests.resolvers.reading.hospital import Hospital

FEED = "subscription Beside { vitalSigns { events { cursor vitals { heartRate } } } }"
ENTRIES = """
query ($user: ID, $patient: ID, $audience: ID, $from: DateTime, $first: Int, $after: String) {
  auditEntries(
    user: $user, patient: $patient, audience: $audience, from: $from, first: $first, after: $after
  ) {
    totalCount
    pageInfo { endCursor hasNextPage }
    nodes { id operation audience firstPosition lastPosition patientIds fields recipientCount
      actor { username } recipients { username } }
} }
"""
NAMES = ("Ada", "Ben", "Cleo", "Gus")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def auditor(hospital: Hospital) -> Actor:
    return await hospital.user(Role.AUDITOR)


@dataclass
class Ward:
    """A feed, and what its hub writes of it."""

    hospital: Hospital
    plan: FeedPlan
    reader: Actor
    """Whose rights the frames are made with."""

    async def push(
        self, names: Sequence[str], first: int, audience: UUID | None, actor: Actor | None = None
    ) -> bytes:
        """A frame with an event about each of these patients, from a position on."""
        events = [
            FeedEvent(
                cursor=str(position),
                position=position,
                occurred_at=datetime.now(UTC),
                kind="RECORDED",
                subject_id=self.hospital.charts[name].newest(models.VitalSigns),
                patient_id=self.hospital.charts[name].patient,
            )
            for position, name in enumerate(names, first)
        ]
        async with self.hospital.pool.acquire() as connection:
            return await self.plan.frame(
                connection,
                actor or self.reader,
                cursor=events[-1].cursor,
                live=True,
                resync=False,
                events=events,
                audience=audience,
            )

    def hearing(self, audience: UUID, actor: Actor, after: int) -> Hearing:
        return Hearing(audience, actor, self.plan.audited, after)

    async def begin(self, *those: Hearing) -> None:
        await hearings.begin(self.hospital.pool, those, datetime.now(UTC))

    async def end(self, *those: tuple[Hearing, int]) -> None:
        await hearings.end(self.hospital.pool, those, datetime.now(UTC))

    async def entries(self, auditor: Actor, size: int = 500, **asked: Any) -> list[dict[str, Any]]:
        """What auditEntries tells, read in pages."""
        found: list[dict[str, Any]] = []
        given, more = asked | {"first": size}, True
        while more:
            page = (await self.hospital.ask(ENTRIES, auditor, given)).data["auditEntries"]
            found += page["nodes"]
            more, given["after"] = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            assert page["totalCount"] >= len(found)
        if "patient" not in asked:
            # Whoever asks for a patient adds an entry about them.
            assert page["totalCount"] == len(found)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ward(hospital: Hospital) -> Ward:
    reader = await hospital.user(Role.ADMIN)
    return Ward(hospital, hospital.engine.subscription(GraphQLRequest(FEED), reader), reader)


def public(ward: Ward, user: Actor) -> str:
    assert user.user_id is not None
    return ward.hospital.public(models.User, user.user_id)


def names(told: dict[str, Any]) -> set[str]:
    return {one["username"] for one in told["recipients"]}


async def test_a_push_to_many_is_one_entry_and_tells_who_heard_it(
    ward: Ward, auditor: Actor
) -> None:
    audience = models.new_id()
    here, gone, late = [await ward.hospital.user(Role.ADMIN) for _ in range(3)]
    left, stays = ward.hearing(audience, gone, 4), ward.hearing(audience, here, 4)
    await ward.begin(left, stays)
    await ward.push(["Ada"], 5, audience)
    await ward.end((left, 5))
    await ward.push(["Ben", "Cleo"], 6, audience)
    await ward.begin(ward.hearing(audience, late, 7))
    before = await ward.hospital.pool.fetchval("SELECT count(*) FROM audit_entries")
    await ward.push(["Gus"], 8, audience)
    assert await ward.hospital.pool.fetchval("SELECT count(*) FROM audit_entries") == before + 1

    told = await ward.entries(auditor, audience=str(audience))
    pushes = [one for one in told if one["operation"] == "SUBSCRIPTION"]
    assert [names(one) for one in reversed(pushes)] == [
        {here.username, gone.username},
        {here.username},
        {here.username, late.username},
    ]
    assert [one["recipientCount"] for one in reversed(pushes)] == [2, 1, 2]
    spans = [(one["firstPosition"], one["lastPosition"]) for one in reversed(pushes)]
    assert spans == [("5", "5"), ("6", "7"), ("8", "8")]
    for one in pushes:
        assert one["actor"] is None
        assert one["audience"] == str(audience)
        assert "VitalSigns.heartRate" in one["fields"]
    two = next(one for one in pushes if one["firstPosition"] == "6")
    assert set(two["patientIds"]) == {ward.hospital.patient(name) for name in ("Ben", "Cleo")}
    others = [one for one in told if one not in pushes]
    assert [(one["operation"], one["actor"]["username"]) for one in others] == [
        ("SUBSCRIBED", late.username),
        ("UNSUBSCRIBED", gone.username),
        ("SUBSCRIBED", here.username),
        ("SUBSCRIBED", gone.username),
    ]
    for one in others:
        assert (one["recipients"], one["recipientCount"]) == ([], 0)
        assert (one["patientIds"], one["fields"]) == ([], [])


async def test_a_push_to_one_is_an_entry_of_theirs(ward: Ward, auditor: Actor) -> None:
    user = await ward.hospital.user(Role.ADMIN)
    await ward.push(["Ada", "Ben"], 11, None, user)
    [entry] = await ward.entries(auditor, user=public(ward, user))
    assert entry["actor"] == {"username": user.username}
    assert (entry["firstPosition"], entry["lastPosition"]) == ("11", "12")
    assert (entry["audience"], entry["recipients"], entry["recipientCount"]) == (None, [], 0)


async def test_a_patient_is_told_who_heard_and_nothing_of_others(ward: Ward) -> None:
    ben = await ward.hospital.user(Role.PATIENT, own="Ben")
    audience, listener = models.new_id(), await ward.hospital.user(Role.NURSE)
    await ward.begin(ward.hearing(audience, listener, 0))
    await ward.push(["Ada", "Ben"], 1, audience)
    await ward.push(["Ada"], 3, audience)
    text = """{ auditEntries(first: 1) { nodes { operation recipientCount audience lastPosition
        recipients { displayName roles username } } } }"""
    answered = await ward.hospital.ask(text, ben)
    [entry] = answered.partial["auditEntries"]["nodes"]
    assert (entry["operation"], entry["recipientCount"]) == ("SUBSCRIPTION", 1)
    assert entry["recipients"] == [
        {"displayName": "Some Body", "roles": ["NURSE"], "username": None}
    ]
    assert (entry["audience"], entry["lastPosition"]) == (None, None)
    assert {path[-1] for path in answered.refused} == {"username", "audience", "lastPosition"}
    asked = await ward.hospital.ask(
        "query ($a: ID!) { auditEntries(audience: $a) { totalCount } }", ben, {"a": str(audience)}
    )
    assert (asked.partial, asked.codes) == ({"auditEntries": None}, ["FORBIDDEN"])


async def test_a_hundred_are_listed_and_all_are_counted(ward: Ward, auditor: Actor) -> None:
    audience = models.new_id()
    users = [await ward.hospital.user() for _ in range(103)]
    await ward.begin(*(ward.hearing(audience, user, 0) for user in users))
    await ward.push(["Ada"], 1, audience)
    pushed, *stays = await ward.entries(auditor, audience=str(audience))
    assert (len(pushed["recipients"]), pushed["recipientCount"]) == (100, 103)
    assert names(pushed) <= {user.username for user in users}
    assert {one["actor"]["username"] for one in stays} == {user.username for user in users}


async def test_what_is_no_audience_has_no_entries(ward: Ward, auditor: Actor) -> None:
    audience = models.new_id()
    await ward.push(["Ada"], 1, audience)
    for wrong in ("", "x", str(audience).upper(), audience.hex, str(models.new_id())):
        assert await ward.entries(auditor, audience=wrong) == []
    assert len(await ward.entries(auditor, audience=str(audience))) == 1


# -- the law ---------------------------------------------------------------------------------------


@dataclass
class Stay:
    """What the model knows of a hearing."""

    hearing: Hearing
    last: int | None = None

    def heard(self, push: Push) -> bool:
        return (
            push.audience == self.hearing.audience_id
            and self.hearing.after < push.first
            and (self.last is None or push.last <= self.last)
        )


@dataclass(frozen=True)
class Push:
    """What the model knows of a frame; `actor` is the one who got it, if it had no audience."""

    audience: UUID | None
    first: int
    last: int
    patients: tuple[str, ...]
    actor: Actor | None = None


@dataclass
class History:
    """What happened, in the order of the entries it leaves."""

    written: list[Push | tuple[str, Stay]] = field(default_factory=list)
    position: int = 0

    @property
    def stays(self) -> list[Stay]:
        return [one[1] for one in self.written if isinstance(one, tuple) and one[0] == "SUBSCRIBED"]

    def told(self, one: Push | tuple[str, Stay]) -> tuple[Any, ...]:
        """Operation, audience, first and last position, actor, recipients: as an entry has them."""
        if isinstance(one, Push):
            span = (str(one.first), str(one.last))
            if one.actor is not None:
                return ("SUBSCRIPTION", None, *span, one.actor.username, frozenset())
            heard = {stay.hearing.actor.username for stay in self.stays if stay.heard(one)}
            return ("SUBSCRIPTION", str(one.audience), *span, None, frozenset(heard))
        kind, stay = one
        hearing = stay.hearing
        last = str(stay.last) if kind == "UNSUBSCRIBED" else None
        who = hearing.actor.username
        audience = str(hearing.audience_id)
        return (kind, audience, str(hearing.after + 1), last, who, frozenset())

    def of_user(self, user: Actor) -> list[tuple[Any, ...]]:
        """The user's own stays and pushes, and those that were heard, newest first."""
        mine = []
        for one in reversed(self.written):
            _, _, _, _, who, heard = told = self.told(one)
            if user.username == who or user.username in heard:
                mine.append(told)
        return mine

    def of_patient(self, name: str) -> list[tuple[Any, ...]]:
        pushes = [one for one in reversed(self.written) if isinstance(one, Push)]
        return [self.told(one) for one in pushes if name in one.patients]


def as_told(entry: dict[str, Any]) -> tuple[Any, ...]:
    heard = frozenset(names(entry))
    assert len(heard) == entry["recipientCount"] == len(entry["recipients"])
    actor = entry["actor"] and entry["actor"]["username"]
    span = (entry["firstPosition"], entry["lastPosition"])
    return (entry["operation"], entry["audience"], *span, actor, heard)


few = st.integers(0, 2)
named = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from([0, 0, 1]), named),
        st.tuples(st.just("push"), st.just(0), named),
        st.tuples(st.just("alone"), few, named),
        # Who, how far back from here on, and whether twice over, as with two tabs.
        st.tuples(st.just("begin"), few, st.tuples(few, st.booleans())),
        st.tuples(st.just("begin"), few, st.tuples(few, st.booleans())),
        # Which of those that are there, and how far back it ends.
        st.tuples(st.just("end"), few, st.lists(few, min_size=1, max_size=2)),
        st.tuples(st.just("seal"), few, st.none()),
    ),
    min_size=8,
    max_size=20,
)


@dataclass
class Trial:
    """One history, as it happens on the ward."""

    ward: Ward
    audiences: Sequence[UUID]
    actors: Sequence[Actor]
    history: History = field(default_factory=History)

    async def step(self, kind: str, number: int, more: Any) -> None:
        history = self.history
        match kind:
            case "push":
                await self.push(self.audiences[number], more)
            case "alone":
                await self.push(None, more, self.actors[number])
            case "begin":
                back, twice = more
                after = max(0, history.position - back)
                for audience in self.audiences if back == 2 else self.audiences[:1]:
                    begun = [
                        Stay(self.ward.hearing(audience, self.actors[number], after))
                        for _ in range(1 + twice)
                    ]
                    await self.ward.begin(*(one.hearing for one in begun))
                    history.written += [("SUBSCRIBED", one) for one in begun]
            case "end":
                going = [stay for stay in history.stays if stay.last is None]
                at = number % (len(going) or 1)
                over = going[at : at + len(more)]
                for stay, back in zip(over, more, strict=False):
                    stay.last = max(stay.hearing.after, history.position - back)
                # Now and then nobody knows whether it was written.
                for _ in range(1 if number else 2):
                    await self.ward.end(*((one.hearing, one.last or 0) for one in over))
                    history.written += [("UNSUBSCRIBED", one) for one in over]
            case _:
                await audit.seal(self.ward.hospital.pool)

    async def push(
        self, audience: UUID | None, about: list[str], actor: Actor | None = None
    ) -> None:
        first = self.history.position + 1
        self.history.position += len(about)
        await self.ward.push(about, first, audience, actor)
        self.history.written.append(
            Push(audience, first, self.history.position, tuple(about), actor)
        )


@settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(steps=STEPS, size=st.integers(2, 5))
@example(
    steps=[("begin", 0, (0, True)), ("push", 0, ["Ada"]), ("end", 0, [0, 1]), ("push", 0, ["Ada"])],
    size=2,
)
@example(steps=[("begin", 0, (0, False)), ("push", 0, ["Ada", "Ben"]), ("end", 0, [1])], size=2)
async def test_the_audit_tells_who_heard_what(
    ward: Ward, auditor: Actor, steps: list[Any], size: int
) -> None:
    """Whatever begins, ends and is pushed, in whatever order, sealed already or not."""
    since = datetime.now(UTC).isoformat()
    users = [await ward.hospital.user(Role.ADMIN) for _ in range(2)]
    again = replace(users[0], session_id=models.new_id())
    trial = Trial(ward, [models.new_id() for _ in range(2)], [*users, again])
    for step in steps:
        await trial.step(*step)
    history = trial.history
    for user in users:
        told = await ward.entries(auditor, size, user=public(ward, user))
        assert [as_told(one) for one in told] == history.of_user(user)
    for name in NAMES:
        told = await ward.entries(auditor, patient=ward.hospital.patient(name), **{"from": since})
        mine = {str(one) for one in trial.audiences}
        wanted = [one for one in history.of_patient(name) if one[1] is not None]
        assert [as_told(one) for one in told if one["audience"] in mine] == wanted
