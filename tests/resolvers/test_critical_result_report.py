"""The report on critical results against a second count of the same steps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.rules.roles import Role
from tests.resolvers.reading.hospital import furnish
from tests.resolvers.report_histories import (
    BASE,
    RULES,
    Episode,
    Ground,
    History,
    Step,
    check,
    histories,
    told_apart,
)

FIGURES = """name episodes raised reopened acknowledged withdrawn open breached
  escalations { level episodes } readBacksRefused repeated worsened corrected
  medianMinutes p90Minutes p99Minutes shareReadBack
  within15Minutes within30Minutes within60Minutes"""
REPORT = f"""query ($from: DateTime!, $to: DateTime!, $ward: String) {{
  criticalResultReport(from: $from, to: $to, ward: $ward) {{
    timeZone ward whole {{ {FIGURES} }} byKind {{ {FIGURES} }} byRule {{ {FIGURES} }}
    byWard {{ {FIGURES} }} byHour {{ {FIGURES} }}
    episodes(first: 500) {{ criticalResultId beganAt outcome minutes ward rule endedBy station
      steps {{ number kind occurredAt ward readBackGiven }} }}
  }}
}}"""
ZONE = "Asia/Kathmandu"
"""A quarter of an hour off the whole ones."""


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
    auditor = await hospital.user(Role.AUDITOR)
    start, written = await ground.write(what)
    begin, end = start + timedelta(days=1), start + timedelta(days=3)
    asked = {"from": begin.isoformat(), "to": end.isoformat(), "ward": ward}
    found = (await hospital.ask(REPORT, auditor, asked)).data["criticalResultReport"]
    counted = [
        (one, episode)
        for one in written
        for episode in told_apart(one.steps)
        if begin <= episode.began.at < end and ward in (None, one.ward)
    ]
    check(found["whole"], [episode for _, episode in counted])
    names = {
        "byKind": lambda one, episode: "LABORATORY",
        "byRule": lambda one, episode: RULES[one.rule],
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
    # And whoever has no more than the steps that are told counts the same of them.
    again = [_again(one) for one in found["episodes"]]
    check(found["whole"], again)
    made = [(one.ward, RULES[one.rule], e.began, *e.rest) for one, e in counted]
    told = zip(found["episodes"], again, strict=True)
    assert Counter((one["ward"], one["rule"], e.began, *e.rest) for one, e in told) == Counter(made)


def _again(told: dict[str, Any]) -> Episode:
    """The episode that its steps are."""
    numbers = [step["number"] for step in told["steps"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {step["ward"] for step in told["steps"]} == {told["ward"]}
    for step in told["steps"]:
        assert step["readBackGiven"] == (step["kind"] == "ACKNOWLEDGED")
    began, *rest = [
        Step(step["kind"], datetime.fromisoformat(step["occurredAt"])) for step in told["steps"]
    ]
    return Episode(began, rest)


def _spoken(at: datetime) -> str:
    whole, point, rest = at.isoformat().partition(".")
    return f"{whole}{point}{rest[:6].rstrip('0')}{rest[6:]}"


@pytest.mark.parametrize("ending", ["ACKNOWLEDGED", "WITHDRAWN"])
@pytest.mark.parametrize("minutes", [15, 30, 60])
async def test_a_goal_is_met_at_its_last_microsecond(
    ground: Ground, minutes: int, ending: str
) -> None:
    """One just before it, one at it, one just after it, and one that goes on."""
    began = BASE + timedelta(days=1)
    ends = [began + timedelta(minutes=minutes, microseconds=by) for by in (-1, 0, 1)]
    what = [History("ICU", "r", (Step("RAISED", began), Step(ending, end))) for end in ends]
    start, _ = await ground.write([*what, History("ICU", "r", (Step("RAISED", began),))])
    admin = await ground.hospital.user(Role.ADMIN)
    asked = {"from": start.isoformat(), "to": (start + timedelta(days=2)).isoformat()}
    found = (await ground.hospital.ask(REPORT, admin, asked)).data["criticalResultReport"]
    # Two of four were answered in time; of what was withdrawn, two had nobody wait for too long.
    share = {"ACKNOWLEDGED": "0.5000", "WITHDRAWN": "0.0000"}[ending]
    assert found["whole"][f"within{minutes}Minutes"] == share
    shorter = {15: [], 30: [15], 60: [15, 30]}[minutes]
    assert {found["whole"][f"within{each}Minutes"] for each in shorter} <= {"0.0000"}
    longer = {15: [30, 60], 30: [60], 60: []}[minutes]
    later = {"ACKNOWLEDGED": "0.7500", "WITHDRAWN": "0.0000"}[ending]
    assert {found["whole"][f"within{each}Minutes"] for each in longer} <= {later}


async def test_a_period_has_its_beginning_and_not_its_end(ground: Ground) -> None:
    moment = timedelta(microseconds=1)
    at = [BASE + timedelta(days=1) - moment, BASE + timedelta(days=1)]
    at += [BASE + timedelta(days=2) - moment, BASE + timedelta(days=2)]
    start, written = await ground.write(
        [History("ICU", str(number), (Step("RAISED", each),)) for number, each in enumerate(at)]
    )
    admin = await ground.hospital.user(Role.ADMIN)
    asked = {
        "from": (start + timedelta(days=1)).isoformat(),
        "to": (start + timedelta(days=2)).isoformat(),
    }
    found = (await ground.hospital.ask(REPORT, admin, asked)).data["criticalResultReport"]
    assert [one["name"] for one in found["byRule"]] == ["1", "2"]
    assert [one["beganAt"] for one in found["episodes"]] == [
        _spoken(one.steps[0].at) for one in written[1:3]
    ]


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
    ("first", "skip", "field"), [(-1, 0, "first"), (10_001, 0, "first"), (1, -1, "skip")]
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
