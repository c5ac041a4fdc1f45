"""Critical results in a browser: heard on every page, and read back in three keystrokes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.first_light.api import ACKNOWLEDGE, Api, Person
from tests.web.axe import violations
from tests.web.board import unalarmed
from tests.web.conftest import OpenPage, sign_in

CRITICALS = """query { criticalResults(status: [OPEN], first: 500) {
  nodes { id kind labResult { value } vitals { news2 { total parts {
    respiratoryRate oxygenSaturation onOxygen systolic heartRate consciousness temperature
  } } } }
} }"""

COUNT_PULSES = """() => {
  window.pulses = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...when) {
    window.pulses += 1;
    start.apply(this, when);
  };
}"""


HELD_BACK = """
let held = true;
const { resume } = AudioContext.prototype;
const state = { get: () => (held ? "suspended" : "running") };
Object.defineProperty(BaseAudioContext.prototype, "state", state);
AudioContext.prototype.resume = function () {
  held = false;
  this.dispatchEvent(new Event("statechange"));
  return resume.call(this);
};
"""
"""As a browser is before the first click: that of the tests does not wait for one."""


@dataclass
class Ward:
    """MED1 with nothing open: a patient, the nurse, and the laboratory's interface."""

    patient: dict[str, Any]
    nurse: Person
    laboratory: Person

    async def potassium(self, value: str) -> str:
        return await self.laboratory.raise_alarm(self.patient["id"], value)

    async def read_back(self, critical: str, value: str) -> None:
        given = {"criticalResultId": critical, "readBack": value}
        await self.nurse.run(ACKNOWLEDGE, input=given)


@pytest_asyncio.fixture(loop_scope="session")
async def ward(api: Api) -> AsyncIterator[Ward]:
    nurse, laboratory = await api.sign_in("nurse"), await api.sign_in("integrator")
    found = Ward((await unalarmed(nurse))[0], nurse, laboratory)
    await settle(found)
    yield found
    await settle(found)


async def settle(ward: Ward) -> None:
    """Read back whatever is open."""
    for one in (await ward.nurse.run(CRITICALS))["criticalResults"]["nodes"]:
        if one["labResult"] is not None:
            value = one["labResult"]["value"]
        else:
            news2 = one["vitals"]["news2"]
            known = sum(points or 0 for points in news2["parts"].values())
            value = str(known if news2["total"] is None else news2["total"])
        await ward.read_back(one["id"], value)


def banner(page: Page) -> Locator:
    return page.get_by_role("region", name="Critical results that wait")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Acknowledge a critical result")


async def station(
    open_page: OpenPage, path: str = "/wards/MED1", user: str = "nurse", **more: Any
) -> Page:
    """A page that is live on MED1, whose pulses of sound are counted from here. Somebody has signed
    in at it: a browser lets no page sound before it was clicked on."""
    page = await open_page(path, **more)
    await sign_in(page, user)
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "live")
    await page.evaluate(COUNT_PULSES)
    return page


async def pulses(page: Page, at_least: int = 1) -> int:
    await page.wait_for_function(f"window.pulses >= {at_least}")
    counted: int = await page.evaluate("window.pulses")
    return counted


async def test_a_result_recorded_in_the_laboratory_is_heard_on_two_stations_and_read_back_on_one(
    ward: Ward, open_page: OpenPage
) -> None:
    page, other = await asyncio.gather(station(open_page), station(open_page, user="doctor"))
    await other.get_by_role("link", name="Help").click()
    await expect(banner(page)).to_be_hidden()
    await ward.potassium("7.3")
    for one in (page, other):
        await expect(banner(one)).to_contain_text("Potassium 7.3 mmol/L")
        await expect(banner(one)).to_contain_text(ward.patient["familyName"])
        await expect(banner(one)).to_contain_text(re.compile(r"Next: .+ in \d+:\d\d"))
        await expect(one).to_have_title(re.compile(r"^\(1\) "))
        told = one.locator("[aria-live=assertive]").get_by_text("New critical result: Potassium")
        await expect(told).to_have_count(1)
        await pulses(one)

    # Three keystrokes: open, the value, Enter.
    await page.keyboard.press("a")
    typed = dialog(page).get_by_label("Value read back (mmol/L)")
    await expect(typed).to_be_focused()
    await page.keyboard.type("7,3")
    await page.keyboard.press("Enter")
    await expect(dialog(page)).to_have_count(0)
    for one in (page, other):
        await expect(banner(one)).to_be_hidden()
        await expect(one).to_have_title(re.compile(r"^[^(]"))


async def test_a_wrong_read_back_says_what_to_do_and_is_a_step_on_record(
    ward: Ward, open_page: OpenPage
) -> None:
    page = await station(open_page, "/critical-results")
    await expect(page.get_by_text("No critical result waits")).to_be_visible()
    await ward.potassium("7.4")
    item = page.get_by_role("listitem").filter(has_text="Potassium 7.4 mmol/L")
    await item.get_by_role("button", name="Steps").click()
    steps = item.get_by_role("list", name="Steps so far")
    await expect(steps).to_contain_text("Raised")

    acknowledge = item.get_by_role("button", name="Acknowledge")
    await acknowledge.focus()
    await page.keyboard.press("Enter")
    typed = dialog(page).get_by_label("Value read back (mmol/L)")
    await expect(typed).to_be_focused()
    await page.keyboard.type("seven")
    await page.keyboard.press("Enter")
    await expect(dialog(page).get_by_role("alert").last).to_contain_text("as a number")
    await typed.fill("7.2")
    await page.keyboard.press("Enter")
    await expect(dialog(page)).to_contain_text("7.2 is not the value of this result")
    await expect(typed).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "7.2"
    assert await violations(page) == {}
    await expect(steps).to_contain_text("Read-back refused")
    await page.keyboard.press("Escape")
    await expect(acknowledge).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(typed).to_be_focused()
    await page.keyboard.type("7.4")
    await page.keyboard.press("Enter")
    await expect(item).to_have_count(0)
    await page.get_by_text("Acknowledged", exact=True).click()
    await expect(item).to_contain_text("Read back: 7.4")


async def test_a_form_that_is_being_typed_in_says_why_nothing_is_left_to_do(
    ward: Ward, open_page: OpenPage
) -> None:
    critical = await ward.potassium("7.1")
    page = await station(open_page, f"/critical-results#{critical}")
    typed = dialog(page).get_by_label("Value read back (mmol/L)")
    await typed.fill("7.")
    await ward.read_back(critical, "7.1")
    await expect(dialog(page)).to_contain_text("was faster: acknowledged at")
    await expect(typed).to_have_value("7.")
    await dialog(page).get_by_role("button", name="Close").last.click()
    await expect(dialog(page)).to_have_count(0)
    await expect(page).to_have_url(re.compile("/critical-results$"))


async def test_the_sound_is_muted_by_name_on_every_tab_until_somebody_ends_it(
    ward: Ward, open_page: OpenPage
) -> None:
    await ward.potassium("7.5")
    page = await station(open_page)
    tab = await page.context.new_page()
    await tab.goto("/help")
    await banner(page).get_by_role("button", name="Mute").click()
    briefly = page.get_by_role("menuitem", name="5 minutes", exact=True)
    await expect(briefly).to_be_visible()
    assert await violations(page) == {}
    await briefly.click()
    for one in (page, tab):
        await expect(banner(one)).to_contain_text(re.compile(r"Muted by .+ until .*\d\d:\d\d"))
    before = await page.evaluate("window.pulses")
    await ward.potassium("7.6")
    await expect(banner(page)).to_contain_text("1 more")
    assert await page.evaluate("window.pulses") == before
    await banner(tab).get_by_role("button", name="Sound on").click()
    await expect(banner(page).get_by_role("button", name="Mute")).to_be_visible()
    await pulses(page, before + 1)


async def test_where_the_browser_holds_the_sound_back_the_page_says_so(
    ward: Ward, open_page: OpenPage
) -> None:
    page = await station(open_page, "/help")
    await page.context.add_init_script(HELD_BACK)
    await page.reload()
    note = page.get_by_text("Sound is off until you click")
    await expect(note).to_be_visible()
    await page.get_by_role("button", name="Turn sound on").click()
    await expect(note).to_be_hidden()


async def test_the_laboratory_looks_at_the_list_and_is_not_called(
    ward: Ward, open_page: OpenPage
) -> None:
    await ward.potassium("7.7")
    page = await station(open_page, "/critical-results", user="lab", width=390)
    item = page.get_by_role("listitem").filter(has_text="Potassium 7.7 mmol/L")
    await expect(item).to_be_visible()
    await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    await expect(banner(page)).to_have_count(0)
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


async def test_a_clerk_is_told_that_the_role_does_not_show_them(open_page: OpenPage) -> None:
    page = await open_page("/critical-results", user="clerk")
    await expect(page.get_by_text("Your role does not show this: Critical results")).to_be_visible()


async def test_a_telephone_shows_all_of_it_without_scrolling_sideways(
    ward: Ward, open_page: OpenPage
) -> None:
    await ward.potassium("7.8")
    page = await station(open_page, "/critical-results", width=390)
    await expect(banner(page)).to_be_visible()
    await expect(page.get_by_role("heading", name="Critical results")).to_be_visible()
    assert await violations(page) == {}
    fits = "document.scrollingElement.scrollWidth <= innerWidth"
    assert await page.evaluate(fits)
    await banner(page).get_by_role("button", name="Acknowledge").click()
    await expect(dialog(page)).to_be_visible()
    assert await page.evaluate(fits)
