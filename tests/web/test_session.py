"""Who is signed in: the form and its refusals, other tabs, and the way back."""

from __future__ import annotations

import re
from collections import Counter

from playwright.async_api import Browser, Page, expect

from tests.first_light.api import Api
from tests.first_light.process import Server
from tests.web.axe import violations
from tests.web.board import live
from tests.web.conftest import OpenPage, sign_in


async def fits(page: Page) -> bool:
    """Nothing has to be scrolled sideways."""
    return bool(await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))


async def test_a_wrong_password_is_said_and_can_be_typed_again(open_page: OpenPage) -> None:
    page = await open_page("/find", user=None)
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await violations(page) == {}
    await sign_in(page, "nurse", "not-it")
    await expect(page.get_by_role("alert").get_by_text("not right")).to_be_visible()
    await page.keyboard.type("wardline")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Find a patient")).to_be_visible()
    assert page.url.endswith("/find")


async def test_whoever_guesses_is_told_how_long_to_wait(open_page: OpenPage) -> None:
    page = await open_page("/", user=None)
    told = page.get_by_text("Too many attempts.")
    for _ in range(12):
        await sign_in(page, "pharmacist", "guessed")
        await expect(
            page.get_by_role("alert").get_by_text(re.compile("not right|attempts"))
        ).to_be_visible()
        if await told.count():
            break
    await expect(told).to_be_visible()
    await expect(page.get_by_text(re.compile(r"try again in \d+"))).to_be_visible()
    await expect(page.get_by_role("button", name="Sign in")).to_be_disabled()


async def test_who_signs_out_in_one_tab_is_out_in_all(open_page: OpenPage) -> None:
    first = await open_page("/wards/MED1", user="charge")
    await live(first)
    second = await first.context.new_page()
    await second.goto("/find")
    await expect(second.get_by_role("heading", name="Find a patient")).to_be_visible()
    await second.get_by_role("button", name="Account and settings").click()
    await second.get_by_role("menuitem", name="Sign out").click()
    for page in (first, second):
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(first.get_by_text("Your session has ended")).to_be_visible()

    await sign_in(second, "charge")
    await expect(second.get_by_role("heading", name="Find a patient")).to_be_visible()
    await live(first)
    assert first.url.endswith("/wards/MED1")


async def test_the_end_of_a_session_is_warned_of_and_put_off_in_place(
    browser: Browser, server: Server
) -> None:
    context = await browser.new_context(base_url=server.url)
    page = await context.new_page()
    # Its clock is the machine's and some hours more: the session is about to end there.
    await page.clock.install()
    await page.goto("/find")
    await sign_in(page, "nurse")
    await page.get_by_role("button", name="Skip").click()
    field = page.get_by_label("Name, MRN or birth date")
    await field.fill("an")
    hours = await page.evaluate(
        """async () => {
          const body = JSON.stringify({ query: "{ viewer { session { endsAt } } }" });
          const headers = { "content-type": "application/json", "x-wardline-client": "web" };
          const answer = await (await fetch("/graphql", { method: "POST", body, headers })).json();
          return (Date.parse(answer.data.viewer.session.endsAt) - Date.now()) / 3600000;
        }"""
    )
    await page.clock.fast_forward(int((hours * 60 - 5) * 60_000))
    await expect(page.get_by_text("Your sign-in ends at")).to_be_visible()
    await page.get_by_label("Password", exact=True).fill("wardline")
    await page.get_by_role("button", name="Stay signed in").click()
    await expect(field).to_have_value("an")
    await context.close()


async def shared_beginning(api: Api) -> str:
    """Two letters with which the names of most patients of the wards begin."""
    nurse = await api.sign_in("nurse")
    patients = await nurse.patients("MED1")
    names = [one[name] for one in patients for name in ("familyName", "givenName")]
    return Counter(name[:2].lower() for name in names).most_common(1)[0][0]


async def test_a_patient_is_found_by_keyboard_alone(api: Api, open_page: OpenPage) -> None:
    letters = await shared_beginning(api)
    page = await open_page("/", user="nurse")
    await expect(page.get_by_role("heading", name="Wards")).to_be_visible()
    assert await violations(page) == {}
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Name, MRN or birth date")
    await expect(field).to_be_focused()
    await page.keyboard.type(letters[0])
    await expect(page.get_by_text("Whom do you look for?")).to_be_visible()
    await page.keyboard.type(letters[1])
    options = page.get_by_role("option")
    await expect(options.nth(1)).to_be_visible()
    assert await violations(page) == {}
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    found = await options.nth(1).inner_text()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/patients/pat_"))
    await expect(page.get_by_text(found.split(" ·")[0].strip()).first).to_be_visible()
    await page.go_back()
    await expect(field).to_have_value(letters)
    await field.fill("zz nobody zz")
    await expect(page.get_by_text("Nobody found")).to_be_visible()


async def test_the_first_sign_in_shows_a_tour_and_the_next_does_not(open_page: OpenPage) -> None:
    page = await open_page("/", user="doctor", tour=True)
    tour = page.get_by_role("dialog")
    for title in ("The ward board", "Critical results", "Live, or not", "By keyboard"):
        await expect(tour.get_by_role("heading", name=title)).to_be_visible()
        await page.keyboard.press("Enter")
    await expect(tour).to_have_count(0)
    await page.reload()
    await live(page)
    await expect(tour).to_have_count(0)
    await page.goto("/help")
    await page.get_by_role("button", name="Show the tour again").click()
    await expect(tour.get_by_role("heading", name="The ward board")).to_be_visible()


async def test_it_speaks_arabic_from_right_to_left(open_page: OpenPage) -> None:
    page = await open_page("/help", user="doctor", width=390)
    await expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()
    assert await violations(page) == {}
    assert await fits(page)
    await page.get_by_role("button", name="Account and settings").click()
    await page.get_by_role("menuitemradio", name="العربية").click()
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.get_by_role("heading", name="المساعدة")).to_be_visible()
    assert await fits(page)
    await page.reload()
    await expect(page.get_by_role("heading", name="المساعدة")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="المفاتيح")).to_be_visible()
