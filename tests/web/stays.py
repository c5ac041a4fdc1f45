"""What the dialogs of a bed are told: who comes, and why all the same; and who is isolated."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from tests.first_light.api import Api
from tests.web.axe import violations

ISOLATED = """{ ward(code: "MED1") {
  beds { id admission { patient { isolations { kind } } } }
} }"""


async def isolated(api: Api) -> set[str]:
    """The beds of MED1 in which somebody isolated lies."""
    beds = (await (await api.sign_in("admin")).run(ISOLATED))["ward"]["beds"]
    stays = [(bed["id"], bed["admission"]) for bed in beds if bed["admission"]]
    return {bed for bed, admission in stays if admission["patient"]["isolations"]}


async def all_the_same(dialog: Locator, what: str) -> None:
    """Also where the bed is not fit for the isolation of the patient."""
    button = dialog.get_by_role("button", name=what, exact=True)
    await expect(button).to_be_visible()
    unfit = dialog.get_by_label("Why all the same")
    if await unfit.count():
        await unfit.fill("No other bed")
    await button.click()


async def take_back(dialog: Locator, what: str) -> None:
    """Say why, and send it."""
    await dialog.get_by_label("Reason").fill("Was never meant")
    await dialog.get_by_role("button", name=what, exact=True).click()


async def pick_who_is_to_arrive(page: Page, dialog: Locator) -> None:
    """Ada Quist, WEB-1, by MRN and birth date, from the dialog that asks who is admitted."""
    await expect(
        dialog.get_by_text("kept for somebody whom your role does not see")
    ).to_be_visible()
    await dialog.get_by_role("combobox").fill("WEB-1")
    await expect(dialog.get_by_text("Others by MRN and birth date")).to_be_visible()
    await dialog.get_by_role("button", name="Not on your wards?").press("Enter")
    mrn = dialog.get_by_label("MRN")
    await expect(mrn).to_be_focused()
    await mrn.fill("WEB-1")
    await mrn.press("Enter")
    await expect(dialog.get_by_text("This is needed")).to_be_visible()
    birth_date = dialog.get_by_label("Birth date")
    await birth_date.fill("1950-05-02")
    await birth_date.press("Enter")
    await expect(dialog.get_by_text("Nobody who is to arrive has this MRN")).to_be_visible()
    await birth_date.fill("1950-05-01")
    await birth_date.press("Enter")
    yes = dialog.get_by_role("button", name="Yes, this patient")
    await expect(yes).to_be_focused()
    await expect(dialog).to_contain_text(re.compile(r"Quist, Ada · \d+ y.*MRN WEB-1 · born"))
    assert await violations(page) == {}
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    await yes.press("Enter")
