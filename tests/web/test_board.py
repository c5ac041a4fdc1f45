"""The ward board in a browser: what a nurse sees, without ever reloading."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.first_light.api import ACKNOWLEDGE, Api
from tests.first_light.stays import SET_STATUS
from tests.web.board import card, item, live, name, somebody
from tests.web.conftest import OpenPage, sign_in


async def test_signing_in_choosing_a_ward_and_seeing_its_beds(
    api: Api, open_page: OpenPage
) -> None:
    page = await open_page()
    await sign_in(page, "nurse", "not this one")
    await expect(page.get_by_role("alert")).to_contain_text("Username or password is not right")
    await sign_in(page, "nurse")
    wards = page.get_by_role("main").get_by_role("link")
    await expect(wards).to_have_count(2)
    await wards.filter(has_text="MED1").click()
    await expect(page).to_have_url(re.compile("/wards/MED1$"))
    await live(page)
    beds = await (await api.sign_in("nurse")).beds("MED1")
    assert beds
    await expect(page.locator(".bed")).to_have_count(len(beds))
    for bed in beds:
        shown = card(page, bed)
        if bed["admission"] is not None:
            await expect(shown).to_contain_text(name(bed["admission"]["patient"]))
        await expect(shown).to_contain_text(bed["status"].capitalize())


async def test_a_critical_result_appears_and_goes_by_reading_it_back(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, integrator = await somebody(api, 4)
    page = await open_page("/wards/MED1", user="nurse")
    rounds = await open_page("/wards/MED1", user="doctor")
    for one in (page, rounds):
        await live(one)
        await one.evaluate("window.stillTheSamePage = true")
    alarm = item(page, patient, "7.3 mmol/L")
    await expect(alarm).to_have_count(0)
    await integrator.raise_alarm(patient["id"], "7.3")
    await expect(alarm).to_have_count(1)
    await expect(item(rounds, patient, "7.3 mmol/L")).to_have_count(1)
    await expect(page).to_have_title(re.compile(r"^\(\d+\) MED1"))

    await alarm.get_by_role("button", name="Acknowledge").click()
    typed = alarm.get_by_label(re.compile("Value read back"))
    await expect(typed).to_be_focused()
    await typed.fill("7.2")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm.get_by_role("alert")).to_contain_text("7.2 is not the value of this result")
    await expect(item(rounds, patient, "7.3 mmol/L")).to_have_count(1)

    await typed.fill("7.3")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm).to_have_count(0)
    await expect(item(rounds, patient, "7.3 mmol/L")).to_have_count(0)

    # And the other way: what somebody else closes goes from this page.
    again = await integrator.raise_alarm(patient["id"], "7.4")
    await expect(item(page, patient, "7.4 mmol/L")).to_have_count(1)
    await nurse.run(ACKNOWLEDGE, input={"criticalResultId": again, "readBack": "7.4"})
    await expect(item(page, patient, "7.4 mmol/L")).to_have_count(0)
    for one in (page, rounds):
        assert await one.evaluate("window.stillTheSamePage") is True


async def test_vital_signs_and_beds_change_by_themselves(api: Api, open_page: OpenPage) -> None:
    patient, nurse, integrator = await somebody(api, 5)
    clerk = await api.sign_in("clerk")
    beds = await nurse.beds("MED1")
    (empty, *_) = [bed for bed in beds if bed["admission"] is None and not bed["reservedFor"]]
    (taken,) = [bed for bed in beds if bed["admission"] and bed["admission"]["patient"] == patient]
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await integrator.record_pulse(patient["id"], 137)
    await expect(card(page, taken)).to_contain_text(re.compile(r"137\s*/min"))
    for status, word in (("ISOLATED", "Isolated"), ("UNOCCUPIED", "Unoccupied")):
        await clerk.run(SET_STATUS, input={"bedId": empty["id"], "status": status})
        await expect(card(page, empty)).to_contain_text(word)


async def test_sign_out_and_a_session_that_is_ended_elsewhere(open_page: OpenPage) -> None:
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    other = await page.context.new_page()
    await other.goto("/")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other.get_by_label("Password")).to_be_visible()
    await expect(page.get_by_text("Your session has ended")).to_be_visible()
    assert await page.locator(".bed").count() == 0
    assert await page.context.cookies() == []
    await page.reload()
    await expect(page.get_by_label("Password")).to_be_visible()


async def test_the_cookie_is_out_of_reach_of_scripts(open_page: OpenPage) -> None:
    page = await open_page("/", user="nurse")
    await expect(page.get_by_role("heading", name="Choose a ward")).to_be_visible()
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    kept = "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()"
    assert cookie["value"] not in await page.evaluate(kept)


async def test_a_clerk_is_told_what_is_not_permitted(api: Api, open_page: OpenPage) -> None:
    page = await open_page("/wards/MED1", user="clerk")
    await expect(page.get_by_text("Critical results: not permitted")).to_be_visible()
    await live(page)
    beds = await (await api.sign_in("clerk")).beds("MED1")
    await expect(page.locator(".bed")).to_have_count(len(beds))
    occupied = [bed for bed in beds if bed["admission"] is not None]
    await expect(page.get_by_text("Vitals: not permitted")).to_have_count(len(occupied))
    await expect(page.locator(".readings")).to_have_count(0)
    await expect(page.locator(".critical-item")).to_have_count(0)


async def test_another_ward_is_not_there(open_page: OpenPage) -> None:
    page = await open_page("/wards/ICU", user="nurse")
    await expect(page.get_by_text("There is no ward ICU, or it is not open to you")).to_be_visible()
    await expect(page.locator(".bed")).to_have_count(0)


async def test_nothing_is_wider_than_a_telephone(api: Api, open_page: OpenPage) -> None:
    patient, _, integrator = await somebody(api, 6)
    await integrator.raise_alarm(patient["id"], "7.5")
    page = await open_page("/", width=390)
    await expect(page.get_by_label("Password")).to_be_visible()
    await fits(page)
    await sign_in(page, "nurse")
    await expect(page.get_by_role("heading", name="Choose a ward")).to_be_visible()
    await fits(page)
    await page.get_by_role("main").get_by_role("link").filter(has_text="MED1").click()
    await live(page)
    await fits(page)
    alarm = item(page, patient, "7.5 mmol/L")
    await alarm.get_by_role("button", name="Acknowledge").click()
    await alarm.get_by_label(re.compile("Value read back")).fill("1")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm.get_by_role("alert")).to_contain_text("Not acknowledged")
    await fits(page)


async def fits(page: Page) -> None:
    wide = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert await page.evaluate(wide) == 0
