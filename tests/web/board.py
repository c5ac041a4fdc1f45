"""The ward board as a test looks at it: by what it shows."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.first_light.api import Api, Person


async def live(page: Page) -> None:
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "live")


ALARMED = """{ criticalResults(ward: "MED1", first: 500) { nodes { patient { id } } } }"""

_chosen: set[tuple[str, str]] = set()


async def unalarmed(nurse: Person) -> list[dict[str, Any]]:
    """The patients of MED1 without a critical result, as the demo hospital gives them to others at
    each hour: a card shows two, and counts the rest; and what repeats one makes no sound."""
    alarmed = (await nurse.run(ALARMED))["criticalResults"]["nodes"]
    unfit = {critical["patient"]["id"] for critical in alarmed if critical["patient"]}
    return [patient for patient in await nurse.patients("MED1") if patient["id"] not in unfit]


async def somebody(api: Api) -> tuple[dict[str, Any], Person, Person]:
    """A patient of MED1 whom no other test has chosen, the nurse, and the laboratory's side."""
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    server = str(api.client.base_url)
    for patient in await unalarmed(nurse):
        if (server, patient["id"]) not in _chosen:
            _chosen.add((server, patient["id"]))
            return patient, nurse, integrator
    raise AssertionError("every patient of MED1 has been chosen")


def name(patient: dict[str, Any]) -> str:
    return f"{patient['familyName']}, {patient['givenName']}"


def card(page: Page, bed: dict[str, Any]) -> Locator:
    return page.locator(f"[data-bed='{bed['code']}']")


def item(page: Page, patient: dict[str, Any], value: str) -> Locator:
    """An open critical result on the card of its patient."""
    theirs = page.locator("[data-bed]").filter(has=page.get_by_role("link", name=name(patient)))
    return theirs.locator("[data-result]").filter(has_text=value)
