"""The ward board as a test looks at it: by what it shows."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.first_light.api import Api, Person


async def live(page: Page) -> None:
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "live")


async def somebody(api: Api, number: int) -> tuple[dict[str, Any], Person, Person]:
    """A patient of MED1, the nurse, and the laboratory's interface."""
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    return (await nurse.patients("MED1"))[number], nurse, integrator


def name(patient: dict[str, Any]) -> str:
    return f"{patient['familyName']}, {patient['givenName']}"


def card(page: Page, bed: dict[str, Any]) -> Locator:
    return page.locator(f"[data-bed='{bed['code']}']")


def item(page: Page, patient: dict[str, Any], value: str) -> Locator:
    """An open critical result on the card of its patient."""
    theirs = page.locator("[data-bed]").filter(has=page.get_by_role("link", name=name(patient)))
    return theirs.locator("[data-result]").filter(has_text=value)
