"""Panels: what was collected together, the newest version of each result, and what is missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from models.rules.panels import PANELS, LabPanel
from models.rules.roles import Role
from tests.resolvers.reading.series import START, Person, person, spoken

if TYPE_CHECKING:
    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital

PANEL = """query ($id: ID, $panel: LabPanel!, $from: DateTime, $to: DateTime, $first: Int)
{ patient(id: $id) { labPanels(panel: $panel, from: $from, to: $to, first: $first) {
  panel code collectedAt ordered complete
  members { name code missing result { code value interpretation status } } } } }"""
HOUR = timedelta(hours=1)


async def asked(whose: Person, actor: Actor, **variables: Any) -> Any:
    sent = {"id": whose.public, "panel": "CMP"} | variables
    return (await whose.hospital.ask(PANEL, actor, sent)).data["patient"]["labPanels"]


def shown(panel: Any) -> dict[str, tuple[str, str]]:
    """Of the members that are there: by the panel's code, the result's own and its value."""
    return {
        one["code"]: (one["result"]["code"], one["result"]["value"])
        for one in panel["members"]
        if not one["missing"]
    }


async def test_what_was_taken_together_is_shown_together(hospital: Hospital, admin: Actor) -> None:
    whose = await person(hospital)
    sodium = {"code": "2951-2", "observed_at": START, "panel": "BMP"}
    await whose.results(
        [
            {"code": "2823-3", "value": Decimal("4.1"), "observed_at": START, "panel": "CMP"},
            # Of blood, for the test of serum.
            {"code": "2339-0", "value": Decimal(90), "observed_at": START, "panel": "CMP"},
            {"code": "2951-2", "value": Decimal(140), "observed_at": START, "panel": "CMP"}
            | {"status": "CANCELLED"},
            sodium | {"value": Decimal(138)},
            # Sent twice for one order: the last counts.
            sodium | {"value": Decimal(139), "issued_at": START + HOUR},
            sodium | {"value": Decimal(200), "superseded_at": START},
            {"code": "718-7", "value": Decimal(9), "observed_at": START, "panel": "CMP"},
            {"code": "2951-2", "value": Decimal(141), "observed_at": START + HOUR},
        ]
    )
    newest, basic, whole = await asked(whose, admin)
    assert [one["ordered"] for one in (newest, basic, whole)] == [None, "BMP", "CMP"]
    assert newest["collectedAt"] == spoken(START + HOUR)
    assert shown(newest) == {"2951-2": ("2951-2", "141")}
    assert shown(basic) == {"2951-2": ("2951-2", "139")}
    assert shown(whole) == {"2823-3": ("2823-3", "4.1"), "2345-7": ("2339-0", "90")}
    assert [one["code"] for one in whole["members"]] == [
        member.code for member in PANELS[LabPanel.CMP]
    ]
    assert not any(one["complete"] for one in (newest, basic, whole))
    missing = [one for one in whole["members"] if one["missing"]]
    assert len(missing) == 12
    assert all(one["result"] is None and one["name"] for one in missing)


async def test_a_panel_is_complete_with_one_quantity_of_each_test(
    hospital: Hospital, admin: Actor
) -> None:
    whose = await person(hospital)
    members = PANELS[LabPanel.CBC_WITH_DIFFERENTIAL]
    rows = [
        {"code": (member.instead or member.codes)[0], "value": Decimal(1), "observed_at": START}
        for member in members
    ]
    await whose.results(rows[:-1])
    [found] = await asked(whose, admin, panel="CBC_WITH_DIFFERENTIAL")
    assert (found["code"], found["complete"]) == ("57021-8", False)
    [plain] = await asked(whose, admin, panel="CBC")
    assert (plain["code"], plain["complete"]) == ("58410-2", True)
    await whose.results(rows[-1:])
    absolute = {"code": "751-8", "value": Decimal(5), "observed_at": START}
    # Later, as another quantity: the panel's own stands before it.
    await whose.results([absolute, absolute | {"code": "770-8", "issued_at": START + HOUR}])
    [found] = await asked(whose, admin, panel="CBC_WITH_DIFFERENTIAL")
    assert found["complete"]
    assert shown(found)["751-8"] == ("751-8", "5")
    assert shown(found)["731-0"] == ("736-9", "1")


async def test_collections_are_the_newest_in_the_range(hospital: Hospital, admin: Actor) -> None:
    whose = await person(hospital)
    await whose.results(
        {"value": Decimal(number), "observed_at": START + number * HOUR} for number in range(60)
    )

    async def values(**variables: Any) -> list[int]:
        return [int(shown(one)["2823-3"][1]) for one in await asked(whose, admin, **variables)]

    assert await values() == [*range(59, 49, -1)]
    assert await values(first=1) == [59]
    assert await values(first=50) == [*range(59, 9, -1)]
    begin, end = (spoken(START + hours * HOUR) for hours in (5, 8))
    assert await values(**{"from": begin, "to": end}) == [7, 6, 5]
    assert await asked(whose, admin, panel="CBC") == []


async def test_only_what_is_in_sight_is_collected(hospital: Hospital) -> None:
    """A laboratory sees results, a clerk none; an integrator those that it sent."""
    whose = await person(hospital)
    await whose.results([{"value": Decimal(4), "observed_at": START}])
    assert len(await asked(whose, await hospital.user(Role.LAB))) == 1
    clerk = await hospital.user(Role.CLERK)
    refused = await hospital.ask(PANEL, clerk, {"id": whose.public, "panel": "CMP"})
    assert refused.codes == ["FORBIDDEN"]
    assert refused.partial["patient"]["labPanels"] is None
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    unseen = await hospital.ask(PANEL, nurse, {"id": whose.public, "panel": "CMP"})
    assert unseen.data["patient"] is None
