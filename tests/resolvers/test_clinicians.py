"""Who ordered a result: named by username, written on it, and given no sight by that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import ids, visible
from resolvers.clinicians import Clinicians
from resolvers.errors import NotFound
from tests.resolvers.conftest import founded
from tests.resolvers.laboratory import alerts, rules
from tests.resolvers.recording import only_in_transactions, recorder, refusing_transactions, row_id

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def name_of(house: House, role: Role) -> str:
    """The username of the house's user of a role."""
    name: str = await house.pool.fetchval(
        "SELECT username FROM users WHERE id = $1", house.users[role]
    )
    return name


async def ordered(house: House, outcome: Any) -> UUID | None:
    result = await house.row(models.LabResult, outcome["labResult"]["id"])
    found: UUID | None = result["ordered_by"]
    return found


@pytest.mark.parametrize("stepwise", [False, True])
async def test_who_ordered_it_is_kept_and_a_name_of_nobody_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch, stepwise: bool
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    if stepwise:
        only_in_transactions(who.engine, monkeypatch)
    name = await name_of(house, Role.DOCTOR)
    spelt, plain, empty, wrong = await who.outcomes(
        who.potassium(patient, "6.9", orderedBy=f" {name.upper()} "),
        who.potassium(patient, "4.1"),
        who.potassium(patient, "4.1", orderedBy=" "),
        who.potassium(patient, "7.9", orderedBy="nobody"),
    )
    assert [await ordered(house, one) for one in (spelt, plain, empty)] == [
        house.users[Role.DOCTOR],
        None,
        None,
    ]
    assert (wrong["outcome"], wrong["code"], wrong["labResult"]) == ("REJECTED", "NOT_FOUND", None)
    assert "results[3].orderedBy" in wrong["message"]
    assert len(await alerts(house, patient)) == 1


async def test_a_name_once_read_costs_no_question(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    refusing_transactions(who.engine, monkeypatch)
    name = await name_of(house, Role.DOCTOR)
    for _ in range(2):
        [outcome] = await who.outcomes(who.potassium(patient, "4.1", orderedBy=name))
        assert await ordered(house, outcome) == house.users[Role.DOCTOR]
        monkeypatch.setattr(Clinicians, "load", None)


async def test_who_is_no_user_of_the_hospital_orders_nothing_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = await founded(house.pool)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    name = await name_of(stranger, Role.DOCTOR)
    [outcome] = await who.outcomes(who.potassium(patient, "6.9", orderedBy=name))
    assert outcome["outcome"] == "REJECTED"


async def test_another_who_ordered_it_is_another_version(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient()
    who = recorder(house, monkeypatch)
    one = who.potassium(patient, "6.9", externalId="a")
    name = await name_of(house, Role.DOCTOR)
    named = one | {"orderedBy": name}
    said = [await who.outcomes(each) for each in (one, named, named)]
    assert [outcome["outcome"] for [outcome] in said] == ["CREATED", "CORRECTED", "DUPLICATE"]
    [alert] = await alerts(house, patient)
    assert alert["lab_result_id"] == row_id(said[1][0]["labResult"]["id"])
    assert await house.events(alert["id"]) == ["CriticalResultRaised"]


async def test_to_have_ordered_opens_no_chart(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(house)
    patient = await house.inpatient("med")
    who = recorder(house, monkeypatch)
    name = await name_of(house, Role.DOCTOR)
    [outcome] = await who.outcomes(who.potassium(patient, "6.9", orderedBy=name))
    [alert] = await alerts(house, patient)
    elsewhere = house.actor(Role.DOCTOR, wards=("icu",))
    treating = replace(elsewhere, treated=(row_id(patient),))
    seen = (
        (Scope.LAB_READ, models.LabResult, outcome["labResult"]["id"]),
        (Scope.CRITICAL_RESULT_READ, models.CriticalResult, alert["id"]),
    )
    async with house.begin() as tx:
        for scope, model, row in seen:
            public = row if isinstance(row, str) else ids.encode(model, row)
            with pytest.raises(NotFound):
                await visible.row(tx, elsewhere, scope, model, public, field="id")
            assert await visible.row(tx, treating, scope, model, public, field="id")
