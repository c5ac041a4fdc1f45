"""A result that is written in one statement runs by the chain of now, and calls who works now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from models.rules.roles import Role
from tests.resolvers.laboratory import rules
from tests.resolvers.recording import Recorder, recorder, refusing_transactions
from tests.resolvers.test_escalation_chains import QUICK, SLOW, put, reset

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

RECORD = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes { labResult { criticalResult {
    kind urgency nextEscalationAudience
    chain { version ward { code } steps { afterMinutes } }
    steps { number kind audience called by note }
  } } } }
}"""


async def alarm(house: House, who: Recorder) -> dict[str, Any]:
    """The critical result of somebody of whom nothing was known before."""
    [outcome] = await who.outcomes(who.potassium(await house.inpatient(), "6.9"))
    found: dict[str, Any] = outcome["labResult"]["criticalResult"]
    return found


def minutes(alert: dict[str, Any]) -> list[int]:
    return [step["afterMinutes"] for step in alert["chain"]["steps"]]


@pytest.fixture
def who(house: House, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = replace(recorder(house, monkeypatch), document=RECORD)
    refusing_transactions(made.engine, monkeypatch)
    return made


async def test_a_chain_that_was_set_since_is_the_one_that_counts(
    house: House, who: Recorder
) -> None:
    """Whatever the process remembers: of a chain that was set, set anew, and taken back."""
    await rules(house)
    assert minutes(await alarm(house, who)) == [0, 5, 15, 30, 60]
    await put(house, SLOW, ward=None)
    alert = await alarm(house, who)
    assert minutes(alert) == [0, 7, 60]
    assert (alert["chain"]["version"], alert["chain"]["ward"]) == (1, None)
    for version in (1, 2):
        await put(house, QUICK)
        alert = await alarm(house, who)
        assert (alert["chain"]["version"], alert["chain"]["ward"]) == (version, {"code": "MED"})
        assert (minutes(alert), alert["nextEscalationAudience"]) == ([0, 2, 20], "ON_CALL_DOCTOR")
    await reset(house)
    assert minutes(await alarm(house, who)) == [0, 7, 60]
    await reset(house, ward=None)
    alert = await alarm(house, who)
    assert (alert["chain"]["version"], alert["nextEscalationAudience"]) == (0, "CHARGE_NURSE")


async def test_a_result_that_alarms_nobody_does_not_ask_for_chains(
    house: House, who: Recorder
) -> None:
    await rules(house)
    patient = await house.inpatient()
    await who.outcomes(who.potassium(patient, "4"))
    await put(house, QUICK)
    memory = who.engine._mutations._memory
    kept = await memory.chains(house.pool, house.id)
    await who.outcomes(who.potassium(patient, "4.1"))
    assert await memory.chains(house.pool, house.id) is kept
    assert kept.ids() == []


@pytest.mark.parametrize("many", [False, True])
async def test_the_nurses_of_now_are_called(house: House, who: Recorder, *, many: bool) -> None:
    """By a statement for one row of each table, and by one for lists."""
    await rules(house)
    await alarm(house, who)
    names = []
    for role, ward in ((Role.NURSE, "med"), (Role.NURSE, "icu"), (Role.DOCTOR, "med")):
        user = (await house.signed_in(role, ward)).user_id
        names.append(f"{role} of {ward}")
        await house.pool.execute(
            "UPDATE users SET display_name = $2 WHERE id = $1", user, names[-1]
        )
    patients = [await house.inpatient() for _ in range(1 + many)]
    outcomes = await who.outcomes(*(who.potassium(one, "6.9") for one in patients))
    for outcome in outcomes:
        alert = outcome["labResult"]["criticalResult"]
        assert (alert["kind"], alert["urgency"]) == ("LABORATORY", "CRITICAL")
        assert alert["steps"] == [
            {"number": 1, "kind": "RAISED", "called": names[:1], "note": None}
            | {"audience": "WARD_NURSE_AND_ORDERING_CLINICIAN", "by": alert["steps"][0]["by"]}
        ]
        assert alert["steps"][0]["by"].startswith("lab-")
