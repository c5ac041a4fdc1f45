"""The report on critical results against a second count of the same steps."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.rules.roles import Role
from resolvers.transaction import transaction
from tests.resolvers.reading.hospital import Hospital, furnish
from tests.resolvers.reading.loops import step_through

FIGURES = """name episodes raised reopened acknowledged withdrawn open breached
  escalations { level episodes } readBacksRefused repeated worsened corrected
  medianMinutes p90Minutes p99Minutes shareReadBack
  within15Minutes within30Minutes within60Minutes"""
REPORT = f"""query ($from: DateTime!, $to: DateTime!, $ward: String) {{
  criticalResultReport(from: $from, to: $to, ward: $ward) {{
    timeZone ward whole {{ {FIGURES} }} byKind {{ {FIGURES} }} byRule {{ {FIGURES} }}
    byWard {{ {FIGURES} }} byHour {{ {FIGURES} }}
    episodes(first: 500) {{ criticalResultId beganAt outcome minutes ward endedBy station }}
  }}
}}"""
BASE = datetime(2025, 6, 1, tzinfo=UTC)
"""No step is here before: each example has days of its own from then on."""
ZONE = "Asia/Kathmandu"
"""A quarter of an hour off the whole ones."""
KINDS = (
    *("RAISED", "REOPENED", "ACKNOWLEDGED", "WITHDRAWN", "ESCALATED", "BREACHED"),
    *("READ_BACK_REFUSED", "REPEATED", "WORSENED", "TOLD"),
)
WAITS = [
    timedelta(0),
    timedelta(microseconds=1),
    *(timedelta(minutes=goal) + by * timedelta(microseconds=1)
      for goal in (15, 30, 60) for by in (-1, 0, 1)),
]  # fmt: skip


@dataclass(frozen=True)
class Step:
    kind: str
    at: datetime


@dataclass(frozen=True)
class History:
    """The steps of one critical result, all heard on one ward and for one rule."""

    ward: str | None
    rule: str
    steps: tuple[Step, ...]


@dataclass
class Episode:
    began: Step
    rest: list[Step]

    @property
    def end(self) -> Step | None:
        return next((s for s in self.rest if s.kind in ("ACKNOWLEDGED", "WITHDRAWN")), None)

    @property
    def how(self) -> str:
        return "OPEN" if self.end is None else self.end.kind

    @property
    def waited(self) -> timedelta | None:
        return None if self.end is None else self.end.at - self.began.at

    def count(self, kind: str) -> int:
        return sum(step.kind == kind for step in self.rest)


def told_apart(steps: Iterable[Step]) -> list[Episode]:
    """The episodes of a history."""
    found: list[Episode] = []
    for step in steps:
        begins = step.kind in ("RAISED", "REOPENED")
        if begins and (not found or found[-1].end is not None):
            found.append(Episode(step, []))
        elif found:
            found[-1].rest.append(step)
    return found


def close(told: str | None, exact: Fraction | None, places: int) -> bool:
    """Whether a number is the exact one, rounded to so many places."""
    if told is None or exact is None:
        return told is exact is None
    assert len(told.partition(".")[2]) == places
    # Where it is just between two, floating point may fall to either side.
    return abs(Fraction(told) - exact) <= Fraction(501, 1000) / 10**places


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def check(told: dict[str, Any], episodes: Sequence[Episode]) -> None:
    """The figures are those of the episodes."""
    ways = Counter(one.how for one in episodes)
    answered = [one for one in episodes if one.how == "ACKNOWLEDGED"]
    withdrawn = [one for one in episodes if one.how == "WITHDRAWN"]
    counted = {
        "episodes": len(episodes),
        "raised": sum(one.began.kind == "RAISED" for one in episodes),
        "reopened": sum(one.began.kind == "REOPENED" for one in episodes),
        "acknowledged": ways["ACKNOWLEDGED"],
        "withdrawn": ways["WITHDRAWN"],
        "open": ways["OPEN"],
        "breached": sum(one.count("BREACHED") > 0 for one in episodes),
        "readBacksRefused": sum(one.count("READ_BACK_REFUSED") for one in episodes),
        "repeated": sum(one.count("REPEATED") for one in episodes),
        "worsened": sum(one.count("WORSENED") for one in episodes),
        "corrected": sum(one.count("REOPENED") for one in episodes),
    }
    assert {name: told[name] for name in counted} == counted
    times = [Fraction(one.waited // timedelta(microseconds=1), 60_000_000) for one in answered]
    exact: list[Fraction | None] = [None, None, None]
    if len(times) == 1:
        exact = [times[0]] * 3
    elif times:
        exact = [
            statistics.median(times),
            statistics.quantiles(times, n=10, method="inclusive")[8],
            statistics.quantiles(times, n=100, method="inclusive")[98],
        ]
    for name, value in zip(("median", "p90", "p99"), exact, strict=True):
        assert close(told[f"{name}Minutes"], value, 3), name
    assert close(told["shareReadBack"], share(len(answered), len(episodes) - len(withdrawn)), 4)
    for minutes in (15, 30, 60):
        goal = timedelta(minutes=minutes)
        inside = sum(one.waited <= goal for one in answered)
        due = len(episodes) - sum(one.waited <= goal for one in withdrawn)
        assert close(told[f"within{minutes}Minutes"], share(inside, due), 4), minutes


@st.composite
def histories(draw: st.DrawFn) -> list[History]:
    """What happened to some critical results, around a period of two days from an hour on."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        # Before it, at both of its ends to the microsecond, in it, after it.
        at = draw(
            st.sampled_from([timedelta(days=day, microseconds=by) for day in (1, 3) for by in
                             (-1, 0, 1)])
            | st.timedeltas(timedelta(0), timedelta(days=4))
        )  # fmt: skip
        steps = [("RAISED", at)]
        for _ in range(draw(st.integers(0, 9))):
            at += draw(st.sampled_from(WAITS) | st.timedeltas(timedelta(0), timedelta(days=1)))
            steps.append((draw(st.sampled_from(KINDS[1:])), at))
        found.append(
            History(
                draw(st.sampled_from(["ICU", "MED1", None])),
                draw(st.sampled_from(["potassium >= 6.5 mmol/L", "=sodium < 120 mmol/L", "NEWS2"])),
                tuple(Step(kind, BASE + after) for kind, after in steps),
            )
        )
    return found


class Ground:
    """A hospital with a result for every critical result that is written."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.examples = 0

    async def write(self, what: Sequence[History]) -> tuple[datetime, list[History]]:
        """Write the histories, moved to days that no other example has; where those begin."""
        self.examples += 1
        by = timedelta(days=40 * self.examples)
        moved = [
            History(one.ward, one.rule, tuple(Step(s.kind, s.at + by) for s in one.steps))
            for one in what
        ]
        async with transaction(self.hospital.pool, self.hospital.id, BASE + by) as tx:
            for one in moved:
                alert = await self._alert(tx, one)
                ward = None if one.ward is None else self.hospital.wards[one.ward]
                await step_through(
                    tx,
                    alert,
                    [step.kind for step in one.steps],
                    [step.at for step in one.steps],
                    ward_id=ward,
                    rule=one.rule,
                )
        return BASE + by, moved

    async def _alert(self, tx: Any, one: History) -> UUID:
        """Where it is now says nothing of where it was heard."""
        result, alert = models.new_id(), models.new_id()
        patient = self.hospital.charts["Dora"].patient
        common = {"hospital_id": tx.hospital_id, "patient_id": patient}
        await tx.insert(
            models.LabResult,
            {"id": result, "root_id": result, "code": "2823-3", "display": "Potassium"}
            | {"sender": "lab", "status": "FINAL", "interpretation": "CRITICAL_HIGH"}
            | {"observed_at": tx.now, "issued_at": tx.now}
            | common,
        )
        await tx.insert(
            models.CriticalResult,
            {"id": alert, "lab_result_id": result, "rule": "another", "status": "WITHDRAWN"}
            | {"ward_id": self.hospital.wards["NICU"], "raised_at": tx.now, "withdrawn_at": tx.now}
            | common,
        )
        return alert


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(pool: asyncpg.Pool[Any]) -> Ground:
    hospital = await furnish(pool)
    await pool.execute("UPDATE hospitals SET time_zone = $1 WHERE id = $2", ZONE, hospital.id)
    return Ground(hospital)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(what=histories(), ward=st.sampled_from([None, None, "ICU"]))
async def test_every_figure_is_that_of_a_second_count(
    ground: Ground, what: list[History], ward: str | None
) -> None:
    hospital = ground.hospital
    admin = await hospital.user(Role.ADMIN)
    start, written = await ground.write(what)
    begin, end = start + timedelta(days=1), start + timedelta(days=3)
    asked = {"from": begin.isoformat(), "to": end.isoformat(), "ward": ward}
    found = (await hospital.ask(REPORT, admin, asked)).data["criticalResultReport"]
    counted = [
        (one, episode)
        for one in written
        for episode in told_apart(one.steps)
        if begin <= episode.began.at < end and ward in (None, one.ward)
    ]
    check(found["whole"], [episode for _, episode in counted])
    names = {
        "byKind": lambda one, episode: "LABORATORY",
        "byRule": lambda one, episode: one.rule,
        "byWard": lambda one, episode: one.ward,
        "byHour": lambda one, episode: f"{episode.began.at.astimezone(ZoneInfo(ZONE)).hour:02}",
    }
    for field, name in names.items():
        groups: dict[str | None, list[Episode]] = {}
        for one, episode in counted:
            groups.setdefault(name(one, episode), []).append(episode)
        assert [each["name"] for each in found[field]] == sorted(
            groups, key=lambda each: (each is None, each)
        )
        for each in found[field]:
            check(each, groups[each["name"]])
    assert [(each["beganAt"], each["outcome"]) for each in found["episodes"]] == [
        (_spoken(at), how) for at, how in sorted((e.began.at, e.how) for _, e in counted)
    ] or len({e.began.at for _, e in counted}) < len(counted)
    assert len(found["episodes"]) == len(counted)


def _spoken(at: datetime) -> str:
    whole, point, rest = at.isoformat().partition(".")
    return f"{whole}{point}{rest[:6].rstrip('0')}{rest[6:]}"


async def test_levels_are_counted_as_far_as_each_episode_got(ground: Ground) -> None:
    """Two to the second level, one to the first, one to none; what was reached before a reopening
    is of the episode before."""
    at = [BASE + timedelta(days=1, minutes=5 * number) for number in range(7)]
    kinds = [
        ("RAISED", "ESCALATED", "ESCALATED", "ACKNOWLEDGED"),
        ("RAISED", "ESCALATED", "ESCALATED", "BREACHED"),
        ("RAISED", "ESCALATED", "ACKNOWLEDGED", "REOPENED"),
    ]
    what = [
        History("ICU", "r", tuple(Step(k, t) for k, t in zip(each, at, strict=False)))
        for each in kinds
    ]
    start, _ = await ground.write(what)
    admin = await ground.hospital.user(Role.ADMIN)
    asked = {"from": start.isoformat(), "to": (start + timedelta(days=3)).isoformat()}
    found = (await ground.hospital.ask(REPORT, admin, asked)).data["criticalResultReport"]
    assert found["whole"]["escalations"] == [
        {"level": 1, "episodes": 3},
        {"level": 2, "episodes": 2},
    ]
    assert (found["whole"]["episodes"], found["whole"]["breached"]) == (4, 1)


LATER = {"from": "2025-01-01T00:00:00Z", "to": "2025-12-01T00:00:00Z"}


@pytest.mark.parametrize("role", Role)
async def test_who_reads_it_and_of_which_wards(ground: Ground, role: Role) -> None:
    """The laboratory, auditors and administrators read all of it, charge nurses of their wards,
    also of patients who lie there no more; nobody else reads it."""
    hospital = ground.hospital
    at = BASE + timedelta(days=1)
    start, _ = await ground.write([History(w, "r", (Step("RAISED", at),)) for w in ("ICU", None)])
    asked = {"from": start.isoformat(), "to": (start + timedelta(days=2)).isoformat()}
    actor = await hospital.user(role, wards=["ICU"], own="Ben" if role is Role.PATIENT else None)
    answered = await hospital.ask(REPORT, actor, asked)
    if role not in (Role.ADMIN, Role.LAB, Role.AUDITOR, Role.CHARGE_NURSE):
        assert answered.codes == ["FORBIDDEN"]
        return
    everywhere = role is not Role.CHARGE_NURSE
    report = answered.data["criticalResultReport"]
    wards = ["ICU", None] if everywhere else ["ICU"]
    assert [one["name"] for one in report["byWard"]] == wards
    assert report["whole"]["episodes"] == len(report["episodes"]) == len(wards)
    other = (await hospital.ask(REPORT, actor, asked | {"ward": "MED1"})).data
    assert (other["criticalResultReport"] is not None) is everywhere
    # Whose results they were is in the audit, though no answer says it.
    [entry] = answered.audit
    assert {*entry["patient_ids"]} == {hospital.charts["Dora"].patient}


async def test_a_clerk_who_is_a_charge_nurse_reads_of_the_own_wards_alone(ground: Ground) -> None:
    """A clerk sees every ward, and no report of any."""
    at = BASE + timedelta(days=1)
    start, _ = await ground.write(
        [History(w, "r", (Step("RAISED", at),)) for w in ("ICU", "MED1", None)]
    )
    asked = {"from": start.isoformat(), "to": (start + timedelta(days=2)).isoformat()}
    actor = await ground.hospital.user(Role.CLERK, Role.CHARGE_NURSE, wards=["MED1"])
    report = (await ground.hospital.ask(REPORT, actor, asked)).data["criticalResultReport"]
    assert [one["name"] for one in report["byWard"]] == ["MED1"]
    other = await ground.hospital.ask(REPORT, actor, asked | {"ward": "ICU"})
    assert other.data["criticalResultReport"] is None


@pytest.mark.parametrize(
    ("first", "skip", "field"), [(-1, 0, "first"), (501, 0, "first"), (1, -1, "skip")]
)
async def test_pages_of_episodes_have_their_limits(
    ground: Ground, first: int, skip: int, field: str
) -> None:
    admin = await ground.hospital.user(Role.ADMIN)
    document = (
        "query ($from: DateTime!, $to: DateTime!, $first: Int, $skip: Int)"
        " { criticalResultReport(from: $from, to: $to)"
        " { episodes(first: $first, skip: $skip) { criticalResultId } } }"
    )
    answered = await ground.hospital.ask(document, admin, LATER | {"first": first, "skip": skip})
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["extensions"]["field"] == field


async def test_pages_follow_each_other(ground: Ground) -> None:
    at = BASE + timedelta(days=1)
    what = [
        History("ICU", str(number), (Step("RAISED", at + timedelta(minutes=number // 2)),))
        for number in range(7)
    ]
    start, _ = await ground.write(what)
    admin = await ground.hospital.user(Role.ADMIN)
    document = (
        "query ($from: DateTime!, $to: DateTime!, $skip: Int)"
        " { criticalResultReport(from: $from, to: $to)"
        " { episodes(first: 3, skip: $skip) { criticalResultId beganAt } } }"
    )
    asked = {"from": start.isoformat(), "to": (start + timedelta(days=2)).isoformat()}
    pages = []
    for skip in (0, 3, 6, 9):
        answered = await ground.hospital.ask(document, admin, asked | {"skip": skip})
        pages.append(answered.data["criticalResultReport"]["episodes"])
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    every = [one for page in pages for one in page]
    assert len({one["criticalResultId"] for one in every}) == 7
    assert [one["beganAt"] for one in every] == sorted(one["beganAt"] for one in every)


@pytest.mark.parametrize(
    ("begin", "end", "message"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "ends after it begins"),
        ("2026-01-01T00:00:00Z", "2027-02-05T00:00:00.000001Z", "at most 400 days"),
    ],
)
async def test_a_period_has_its_limits(ground: Ground, begin: str, end: str, message: str) -> None:
    admin = await ground.hospital.user(Role.ADMIN)
    for _ in range(2):  # The second is answered by the plan of the first.
        answered = await ground.hospital.ask(REPORT, admin, {"from": begin, "to": end})
        [error] = answered.errors
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["field"] == "to"
        assert message in error["message"]


async def test_who_ended_it_and_from_where(ground: Ground) -> None:
    hospital = ground.hospital
    chart = hospital.charts["Ben"]
    admin = await hospital.user(Role.ADMIN)
    now = datetime.now(UTC)
    asked = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat(), "ward": "ICU"}
    report = (await hospital.ask(REPORT, admin, asked)).data["criticalResultReport"]
    ended = [one for one in report["episodes"] if one["outcome"] == "ACKNOWLEDGED"]
    assert chart.author.address is not None
    assert [(one["endedBy"], one["station"]) for one in ended] == [
        ("Some Body", chart.author.address)
    ]
    assert Decimal(ended[0]["minutes"]) == 42


async def test_the_steps_of_a_period_are_found_by_their_index(ground: Ground) -> None:
    """A report of a day does not read the steps of all years."""
    async with ground.hospital.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(
            "EXPLAIN SELECT critical_result_id FROM critical_result_steps"
            " WHERE hospital_id = $1 AND kind IN ('RAISED', 'REOPENED')"
            " AND occurred_at >= $2 AND occurred_at < $3",
            ground.hospital.id,
            BASE,
            BASE + timedelta(days=1),
        )
    assert any("ix_critical_result_steps_beginnings" in row[0] for row in plan)
