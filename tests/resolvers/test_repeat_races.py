"""Results of one patient and test at the same time: of one statement, of a transaction, of both."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import labs
from resolvers.imports.drafts import Batch, LabDraft, Record
from resolvers.imports.ledger import Outcome
from resolvers.imports.runs import Run, importer
from resolvers.transaction import Overtaken
from tests.owner import as_owner
from tests.resolvers.laboratory import alerts, potassium, rules, stands, steps, take
from tests.resolvers.recording import Recorder, recorder

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

GATE = 4_712
"""An advisory lock at which a trigger of these tests holds up the transactions that say so."""


@asynccontextmanager
async def gate(house: House, when: str = "true") -> AsyncIterator[None]:
    """Hold up everybody who writes a result, or those for whom `when` holds, until the end."""
    async with as_owner(house.pool) as owner:
        await owner.execute(
            "CREATE OR REPLACE FUNCTION at_this_gate() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {when} THEN PERFORM pg_advisory_xact_lock_shared({GATE}); END IF;"
            " RETURN NEW; END $$"
        )
        await owner.execute(
            "CREATE TRIGGER gate BEFORE INSERT ON lab_results"
            " FOR EACH ROW EXECUTE FUNCTION at_this_gate()"
        )
        await owner.execute(f"SELECT pg_advisory_lock({GATE})")
        try:
            yield
        finally:
            await owner.execute("SELECT pg_advisory_unlock_all()")
            await owner.execute("DROP TRIGGER gate ON lab_results")


async def waiting(house: House, many: int) -> None:
    """Until so many wait at the gate."""
    async with asyncio.timeout(20), as_owner(house.pool) as owner:
        while many > await owner.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            f" AND objid = {GATE}"
        ):
            await asyncio.sleep(0.01)


def ways(who: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By which way each call went: in one statement, or in a transaction."""
    went: list[str] = []
    for name, word in (("_outright", "statement"), ("_in_transaction", "transaction")):
        whole = getattr(who.engine._mutations, name)

        async def counted(*given: Any, whole: Any = whole, word: str = word) -> Any:
            answer = await whole(*given)
            if answer is not None:
                went.append(word)
            return answer

        monkeypatch.setattr(who.engine._mutations, name, counted)
    return went


async def test_a_repeat_is_left_to_the_general_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    went = ways(who, monkeypatch)
    for value in ("6.9", "6.8", "7.1", "4.0", "1.9"):
        await who.outcomes(who.potassium(patient, value))
    # What was raised is there to be joined; what is not critical, or beyond the other side, is not.
    assert went == ["statement", "transaction", "transaction", "statement", "statement"]
    kinds = ["RAISED", "REPEATED", "WORSENED"]
    assert await stands(house, patient) == [("OPEN", "7.1", kinds), ("OPEN", "1.9", ["RAISED"])]


async def test_an_alert_of_another_process_is_not_overlooked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    one, other = recorder(house, monkeypatch), recorder(house, monkeypatch)
    for who in (one, other):
        await who.outcomes(who.potassium(patient, "4.0"))  # both remember the patient
    went = ways(other, monkeypatch)
    await one.outcomes(one.potassium(patient, "6.9"))
    await other.outcomes(other.potassium(patient, "6.8"))
    assert went == ["transaction"]
    assert await stands(house, patient) == [("OPEN", "6.9", ["RAISED", "REPEATED"])]


async def test_after_the_window_each_sounds_in_a_statement_or_a_transaction(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    for _ in range(2):
        await who.outcomes(who.potassium(patient, "6.9"))
        house.later(minutes=240)
    await who.outcomes(who.potassium(patient, "6.9"))
    assert [one[2] for one in await stands(house, patient)] == [["RAISED"]] * 3


async def _told(house: House, patient: str) -> None:
    """The law of what has happened to the patient's one alert, step by step."""
    [alert] = await alerts(house, patient)
    rows = await house.pool.fetch(
        "SELECT kind, value FROM critical_result_steps AS step"
        " JOIN lab_results ON lab_results.id = step.lab_result_id"
        " WHERE step.critical_result_id = $1 ORDER BY number",
        alert["id"],
    )
    spoken = Decimal(0)
    for row in rows:
        assert row["kind"] == (
            "RAISED" if not spoken else "WORSENED" if row["value"] > spoken else "REPEATED"
        )
        spoken = max(spoken, row["value"])
    joined = await house.pool.fetch(
        "SELECT value FROM lab_results WHERE critical_result_id = $1", alert["id"]
    )
    assert sorted(row["value"] for row in joined) == sorted(row["value"] for row in rows)
    assert len(await house.events(alert["id"])) == len(rows)


async def test_of_many_at_once_one_raises_and_the_others_join(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    chance = random.Random(22)
    processes = [recorder(house, monkeypatch) for _ in range(3)]
    for _ in range(4):
        patient = await house.inpatient()
        for who in processes:
            await who.outcomes(who.potassium(patient, "4.0"))
        values = [chance.choice(["6.6", "6.9", "7.2", "7.5"]) for _ in range(8)]
        results = [
            take(house, potassium(house, patient, value))
            if chance.random() < 0.3
            else processes[n % 3].outcomes(processes[n % 3].potassium(patient, value))
            for n, value in enumerate(values)
        ]
        for answer in await asyncio.gather(*results, return_exceptions=True):
            # An import that is overtaken is done again by whoever runs it.
            if isinstance(answer, Overtaken):
                await take(house, potassium(house, patient, "6.5"))
            elif isinstance(answer, BaseException):
                raise answer
        await _told(house, patient)


async def test_two_statements_at_the_same_moment_make_one_alert(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither sees the other's alert; the index knows."""
    await rules(house)
    patient = await house.inpatient()
    processes = [recorder(house, monkeypatch) for _ in range(4)]
    for who in processes:
        await who.outcomes(who.potassium(patient, "4.0"))
    went = [ways(who, monkeypatch) for who in processes]
    async with gate(house):
        racing = [
            asyncio.create_task(who.outcomes(who.potassium(patient, f"6.{n + 6}")))
            for n, who in enumerate(processes)
        ]
        await waiting(house, len(processes))
    await asyncio.gather(*racing)
    assert sorted(way for way, *_ in went) == ["statement"] + ["transaction"] * 3
    await _told(house, patient)


async def test_a_transaction_that_a_statement_overtakes_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    await who.outcomes(who.potassium(patient, "4.0"))

    async def slow() -> None:
        async with house.begin() as tx:
            await tx.connection.execute("SELECT set_config('wardline.gated', 'on', true)")
            result = potassium(house, patient, "6.8")
            await labs.ingest(tx, house.actor(Role.LAB), [result], sender="lab")

    async with gate(house, "current_setting('wardline.gated', true) = 'on'"):
        behind = asyncio.create_task(slow())
        await waiting(house, 1)
        await who.outcomes(who.potassium(patient, "6.9"))
    with pytest.raises(Overtaken):
        await behind
    await take(house, potassium(house, patient, "6.8"))
    assert await stands(house, patient) == [("OPEN", "6.9", ["RAISED", "REPEATED"])]
    [alert] = await alerts(house, patient)
    assert await steps(house, alert["id"]) == ["RAISED", "REPEATED"]


async def test_an_import_that_a_statement_overtakes_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    await who.outcomes(who.potassium(patient, "4.0"))
    mrn = (await house.row(models.Patient, patient))["mrn"]
    run = Run(
        pool=house.pool,
        actor=importer(house.id),
        clock=lambda: house.now,
        zone=UTC,
        policy=house.policy,
    )
    draft = LabDraft(
        records=(Record("one", "result", lambda: ""),),
        mrn=mrn,
        external_id="1",
        code="2823-3",
        display="Potassium",
        observed_at=house.now,
        status=ResultStatus.FINAL,
        value=Decimal("6.8"),
        unit="mmol/L",
    )
    async with gate(house, "NEW.sender = 'import'"):
        behind = asyncio.create_task(run.take(Batch("test", "import", [draft])))
        await waiting(house, 1)
        await who.outcomes(who.potassium(patient, "6.9"))
    assert (await behind).total(Outcome.CREATED) == 1
    assert await stands(house, patient) == [("OPEN", "6.9", ["RAISED", "REPEATED"])]
