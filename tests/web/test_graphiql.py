"""GraphiQL, bundled: its first document's three operations, each run by its own button."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.first_light.api import Api
from tests.web.board import somebody
from tests.web.conftest import OpenPage


async def test_it_signs_in_asks_and_listens(api: Api, open_page: OpenPage) -> None:
    page = await open_page("/graphql")
    answer = page.locator(".result-window")

    await run(page, "Wards")
    await expect(answer).to_contain_text("UNAUTHENTICATED")
    await run(page, "SignIn")
    await expect(answer).to_contain_text("expiresAt")
    await run(page, "Wards")
    await expect(answer).to_contain_text("General Medicine 1")

    await run(page, "CriticalResults")
    await expect(answer).to_contain_text(re.compile('"live":\\s*true'))
    patient, _, integrator = await somebody(api)
    alarm = await integrator.raise_alarm(patient["id"])
    await expect(answer).to_contain_text("RAISED")
    await expect(answer).to_contain_text(alarm)


async def run(page: Page, operation: str) -> None:
    button = page.get_by_role("button", name=re.compile("^Execute query"))
    # Until GraphiQL has parsed the document it has no menu of its operations, and runs it whole.
    await expect(button).to_have_attribute("aria-haspopup", "menu")
    await button.click()
    await page.get_by_role("menuitem", name=operation).click()
