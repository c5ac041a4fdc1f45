"""Results recorded in one statement: the same as in a transaction, and only while it may be."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import pytest

import models
from models.rules.roles import Role
from resolvers import ids
from tests.resolvers.conftest import founded
from tests.resolvers.laboratory import alerts, rules, steps, without_repeats
from tests.resolvers.recording import (
    BRIEFLY,
    Alike,
    Recorder,
    answers,
    only_in_transactions,
    recorder,
    refusing_transactions,
    row_id,
)

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

# The same as in a transaction

SEED = 20_261_121
CALLS = 80


async def _furnished(house: House) -> list[str]:
    """Rules, and patients of every kind that matters to a result."""
    await rules(house)
    return [
        await house.inpatient(),
        await house.inpatient("icu"),
        await house.inpatient(born=None),
        await house.inpatient(born=house.now.date() - timedelta(days=3)),
        await house.patient(),
    ]


def _result(chance: random.Random, who: Recorder, patients: list[str]) -> dict[str, Any]:
    one = chance.randrange(len(patients))
    patient, mrn = patients[one], f"M{2 * one + 2}"
    if one == len(patients) - 1:
        mrn = f"M{2 * one + 1}"
    minutes = chance.randrange(1, 50_000)
    result = {
        "code": chance.choice(["2823-3", "2823-3", "718-7", "2345-7", "OWN", "600-7"]),
        "value": chance.choice(["6.9", "4.1", "2.0", "1E+1", "0.00", "7.250", None]),
        "unit": chance.choice(["mmol/L", "mg/dL", "g/dL", "furlong", None]),
        "observedAt": (who.house.now - timedelta(minutes=minutes % 2_000 or minutes)).isoformat(),
        "patientId": patient,
    }
    if result["value"] is None:
        result["text"] = chance.choice(["gram\u2011positive cocci \u00e9", None])
    for share, more in (
        (0.2, {"patientId": None, "mrn": f" {mrn} "}),
        (0.1, {"mrn": mrn}),
        (0.05, {"mrn": "M1"}),
        (0.03, {"patientId": "pat_00000000-0000-7000-8000-000000000000"}),
        (0.03, {"patientId": "nobody"}),
        (0.2, {"comparator": chance.choice(["<", ">=", "~"])}),
        (0.3, {"referenceLow": "3.5", "referenceHigh": chance.choice(["5.1", "1"])}),
        (0.3, {"display": "Name", "panel": "Panel"}),
        (0.1, {"status": chance.choice(["PRELIMINARY", "CANCELLED", "ENTERED_IN_ERROR"])}),
        (0.35, {"externalId": f"E{chance.randrange(150)}"}),
    ):
        if chance.random() < share:
            result |= more
    return result


@pytest.mark.parametrize("role", [Role.LAB, Role.INTEGRATOR])
async def test_a_proposal_leaves_and_answers_what_a_transaction_does(
    pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    houses = [await founded(pool), await founded(pool)]
    houses[1].now = houses[0].now
    people = [await _furnished(house) for house in houses]
    at_once, stepwise = (recorder(house, monkeypatch, role) for house in houses)
    only_in_transactions(stepwise.engine, monkeypatch)
    outright = _counted(at_once, monkeypatch)
    alike = Alike()
    for one, other in zip(*people, strict=True):
        assert alike(one.encode(), other.encode())
    chance = random.Random(SEED)
    for _ in range(CALLS):
        seed, size = chance.random(), chance.choice([1, 1, 1, 2, 5])
        key = chance.choice([None, None, f"K{chance.randrange(8)}"])
        given = []
        for who, patients in ((at_once, people[0]), (stepwise, people[1])):
            own = random.Random(seed)
            given.append([_result(own, who, patients) for _ in range(size)])
        told = orjson.dumps(await at_once.record(*given[0], key=key))
        assert alike(told, orjson.dumps(await stepwise.record(*given[1], key=key))), told
        for house in houses:
            house.later(seconds=1)
    assert alike(await at_once.held(), await stepwise.held())
    assert await _keys(houses[0], role) == await _keys(houses[1], role)
    assert outright() > CALLS / 6


def _counted(who: Recorder, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many of its calls were done in one statement."""
    done: list[Any] = []
    outright = who.engine._mutations._outright

    async def counted(*given: Any) -> Any:
        answer = await outright(*given)
        if answer is not None:
            done.append(answer)
        return answer

    monkeypatch.setattr(who.engine._mutations, "_outright", counted)
    return lambda: len(done)


async def _keys(house: House, role: Role) -> list[Any]:
    rows = await house.pool.fetch(
        "SELECT mutation, key, jsonb_path_query_array(produced, '$.**.outcome') AS outcomes"
        " FROM idempotency_keys WHERE user_id = $1 ORDER BY key",
        house.users[role],
    )
    assert rows
    return [tuple(row) for row in rows]


async def test_a_thousand_results_are_one_statement(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patients = [await house.inpatient() for _ in range(3)]
    who = recorder(house, monkeypatch)
    who.document = BRIEFLY
    refusing_transactions(who.engine, monkeypatch)
    results = [
        who.potassium(patients[n % 3], "6.9" if n % 100 == 0 else "4.1", externalId=f"{n}")
        for n in range(1_000)
    ]
    outcomes = await who.outcomes(*results)
    assert {outcome["outcome"] for outcome in outcomes} == {"CREATED"}
    assert [outcome["index"] for outcome in outcomes] == list(range(1_000))
    raised = [row for patient in patients for row in await alerts(house, patient)]
    assert len(raised) == 3
    told = [len(await steps(house, alert["id"])) for alert in raised]
    assert sorted(told) == [3, 3, 4]
    for alert in raised:
        assert await steps(house, alert["id"]) == ["RAISED"] + ["REPEATED"] * (told.pop(0) - 1)


async def test_events_are_numbered_without_a_gap_in_the_order_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    refusing_transactions(who.engine, monkeypatch)
    before = await _positions(house)
    outcomes = await who.outcomes(*(who.potassium(patient, "6.9") for _ in range(5)))
    after = await _positions(house)
    assert list(after) == list(range(1, len(after) + 1))
    *raised, charted = [after[position] for position in after if position not in before]
    assert [row_id(one["labResult"]["criticalResult"]["id"]) for one in outcomes] == raised
    assert charted == row_id(patient), "once, for whoever hears of no alert"
    assert who.rung == [house.id]


async def _positions(house: House) -> dict[int, Any]:
    rows = await house.pool.fetch(
        "SELECT position, subject_id FROM events WHERE hospital_id = $1 ORDER BY position", house.id
    )
    return {row["position"]: row["subject_id"] for row in rows}


# Only while it may be


async def _moved(house: House, patient: str) -> None:
    stay = await house.pool.fetchrow(
        "SELECT * FROM bed_stays WHERE patient_id = $1 AND ended_at IS NULL", row_id(patient)
    )
    assert stay is not None
    bed = row_id(await house.bed("icu"))
    await house.pool.execute(
        "UPDATE bed_stays SET ward_id = $2, bed_id = $3 WHERE id = $1",
        *(stay["id"], house.wards["icu"], bed),
    )


async def _born(house: House, patient: str) -> None:
    await house.pool.execute(
        "UPDATE patients SET birth_date = $2 WHERE id = $1",
        *(row_id(patient), house.now.date() - timedelta(days=2)),
    )


async def _other_rule(house: House, _: str) -> None:
    async with house.begin() as tx:
        row = await tx.connection.fetchrow(
            "UPDATE critical_rules SET retired_at = now() WHERE hospital_id = $1"
            " AND key = 'potassium-adult' RETURNING *",
            house.id,
        )
        assert row is not None
        new = dict(row) | {"id": models.new_id(), "version": 2, "high": 100, "retired_at": None}
        await tx.insert(models.CriticalRule, new)


async def _another_rule(house: House, _: str) -> None:
    async with house.begin() as tx:
        row = await tx.connection.fetchrow(
            "SELECT * FROM critical_rules WHERE hospital_id = $1 AND key = 'potassium-adult'",
            house.id,
        )
        assert row is not None
        ward = house.wards["med"]
        more = {"id": models.new_id(), "key": "potassium-ward", "ward_id": ward, "high": 50}
        await tx.insert(models.CriticalRule, dict(row) | more)


@pytest.mark.parametrize(
    ("change", "critical", "ward"),
    [
        (_moved, True, "icu"),
        (_born, False, None),
        (_other_rule, False, None),
        (_another_rule, False, None),
    ],
)
async def test_what_is_remembered_is_made_sure_of(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[House, str], Any],
    critical: bool,
    ward: str | None,
) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    refusing_transactions(who.engine, monkeypatch)
    [first] = await who.outcomes(who.potassium(patient, "6.7"))
    assert first["labResult"]["criticalResult"]["ward"] == {"code": "MED"}
    await change(house, patient)
    [second] = await who.outcomes(who.potassium(patient, "6.7"))
    alert = second["labResult"]["criticalResult"]
    assert (alert is not None) is critical
    if ward is not None:
        assert alert["ward"] == {"code": ward.upper()}


async def test_a_number_of_another_patient_now_names_that_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await house.inpatient(), await house.inpatient()
    who = recorder(house, monkeypatch)
    mrn = (await house.row(models.Patient, one))["mrn"]
    [first] = await who.outcomes(who.potassium(None, "4", mrn=mrn))
    assert first["labResult"]["patient"]["id"] == one
    for patient, number in ((one, "elsewhere"), (other, mrn)):
        await house.pool.execute(
            "UPDATE patients SET mrn = $2 WHERE id = $1", row_id(patient), number
        )
    [second] = await who.outcomes(who.potassium(None, "4", mrn=mrn))
    assert second["labResult"]["patient"]["id"] == other


async def test_what_one_may_see_another_does_not_remember(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    await who.outcomes(who.potassium(patient, "4"))
    stranger = await founded(house.pool)
    stranger.now = house.now
    who.actor = stranger.actor(Role.LAB)
    [refused] = await who.outcomes(who.potassium(patient, "4"))
    assert (refused["outcome"], refused["code"]) == ("REJECTED", "NOT_FOUND")


async def test_an_alert_for_somebody_in_no_bed_goes_the_general_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.patient(born=date(1950, 1, 1))
    who = recorder(house, monkeypatch)
    outright = _counted(who, monkeypatch)
    [quiet] = await who.outcomes(who.potassium(patient, "4"))
    assert (quiet["outcome"], outright()) == ("CREATED", 1)
    [alert] = await who.outcomes(who.potassium(patient, "6.9"))
    assert alert["labResult"]["criticalResult"]["ward"] is None
    assert outright() == 1


async def test_a_number_sent_again_goes_the_general_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    outright = _counted(who, monkeypatch)
    first = who.potassium(patient, "6.9", externalId="1")
    assert answers(await who.outcomes(first)) == [("CREATED", None)]
    assert outright() == 1
    assert answers(await who.outcomes(first)) == [("DUPLICATE", None)]
    corrected = who.potassium(patient, "4.1", externalId="1")
    assert answers(await who.outcomes(corrected)) == [("CORRECTED", None)]
    twice = [who.potassium(patient, value, externalId="2") for value in ("4", "5")]
    assert answers(await who.outcomes(*twice)) == [("CREATED", None), ("CORRECTED", None)]
    assert outright() == 1


async def test_a_key_is_kept_and_answered_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    outright = _counted(who, monkeypatch)
    result = who.potassium(patient, "6.9")
    first, again = [await who.outcomes(result, key="k") for _ in range(2)]
    assert outright() == 1
    assert [one["labResult"]["id"] for one in first] == [one["labResult"]["id"] for one in again]
    other = await who.record(who.potassium(patient, "6.8"), key="k")
    assert other["errors"][0]["extensions"]["code"] == "CONFLICT"
    assert len(await alerts(house, patient)) == 1
    assert ids.decode(models.Patient, patient) is not None
