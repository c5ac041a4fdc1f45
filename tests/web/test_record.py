"""Recording in a browser: vital signs, orders, and who comes to which bed."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.first_light.api import Api
from tests.web.axe import violations
from tests.web.board import live
from tests.web.conftest import OpenPage, sign_in
from tests.web.stays import all_the_same, isolated, pick_who_is_to_arrive, take_back

LATEST = """query ($id: ID!) {
  patient(id: $id) {
    admission { bed { code } ward { code } }
    vitals(first: 500) {
      totalCount
      nodes { heartRate temperature confirmed news2 { total risk } }
    }
    medications(first: 500) {
      nodes { drug asNeeded asNeededReason maxPerDay overrideReason warnings }
    }
  }
}"""


async def _chart(api: Api, patient: str) -> dict[str, Any]:
    found: dict[str, Any] = (await (await api.sign_in("admin")).run(LATEST, id=patient))["patient"]
    return found


async def _beds(api: Api, ward: str = "MED1") -> list[dict[str, Any]]:
    return await (await api.sign_in("admin")).beds(ward)


async def _taken(api: Api, number: int) -> dict[str, Any]:
    """A bed in which nobody isolated lies: what such a patient leaves is contaminated."""
    apart = await isolated(api)
    taken = [bed for bed in await _beds(api) if bed["admission"] is not None]
    return [bed for bed in taken if bed["id"] not in apart][number]


def _card(page: Page, bed: dict[str, Any]) -> Locator:
    return page.locator(f'[data-bed="{bed["code"]}"]')


async def _board(open_page: OpenPage, user: str, width: int = 1280) -> Page:
    page = await open_page("/wards/MED1", user=user, width=width)
    await expect(page.get_by_role("list", name="Beds")).to_be_visible()
    # The tour of who is here for the first time.
    await page.keyboard.press("Escape")
    return page


async def _do(page: Page, bed: dict[str, Any], doing: str) -> Locator:
    await page.get_by_role("button", name=f"Bed {bed['code']}: what to do").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=doing).click()
    return dialog


async def _with_room(api: Api, *wards: str) -> str:
    for ward in wards:
        if any(
            bed["status"] == "UNOCCUPIED" and not bed["reservedFor"]
            for bed in await _beds(api, ward)
        ):
            return ward
    raise AssertionError("no bed is free")


async def _where(api: Api, patient: str) -> tuple[str, str]:
    admission = (await _chart(api, patient))["admission"]
    return admission["ward"]["code"], admission["bed"]["code"]


async def test_vital_signs_are_scored_as_one_types_and_recorded_once(
    api: Api, open_page: OpenPage
) -> None:
    bed = await _taken(api, 2)
    patient = bed["admission"]["patient"]["id"]
    before = (await _chart(api, patient))["vitals"]["totalCount"]
    page = await _board(open_page, "nurse", 390)
    dialog = await _do(page, bed, "Record vital signs")
    preview = dialog.locator("output")
    for name, value in (
        ("Respiratory rate", "22"),
        ("SpO₂", "93"),
        ("Systolic", "95"),
        ("Diastolic", "60"),
        ("Pulse", "320"),
        ("Temperature", "38,5"),
    ):
        await dialog.get_by_label(name, exact=True).fill(value)
    await expect(dialog.get_by_text("Not plausible: usually 0 to 300")).to_be_visible()
    await dialog.get_by_label("Pulse", exact=True).fill("112")
    await dialog.get_by_role("radio", name="Oxygen").check()
    await expect(preview).to_contain_text(re.compile(r"NEWS2\s*11\+\s*high"))
    await dialog.get_by_label("New confusion").check()
    # 2 + 2 + 2 + 2 + 2 + 3 + 1, by the chart of the Royal College of Physicians.
    await expect(preview).to_contain_text(re.compile(r"NEWS2\s*14\s*high"))
    assert await violations(page) == {}
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")

    # The first answer is lost, and the button pressed again.
    lost: list[Any] = []

    async def lose(route: Any) -> None:
        if not lost and "RecordVitals" in (route.request.post_data or ""):
            lost.append(await route.fetch())
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/graphql", lose)
    submit = dialog.get_by_role("button", name="Record", exact=True)
    await submit.click()
    await expect(dialog.get_by_role("alert", name="This did not work")).to_be_visible()
    assert lost
    await submit.evaluate("button => { button.click(); button.click(); }")
    await expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"NEWS2\s*14\s*high"))
    await expect(dialog.get_by_role("button", name="Close").last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name=f"Bed {bed['code']}: what to do")).to_be_focused()
    sets = (await _chart(api, patient))["vitals"]
    assert sets["totalCount"] == before + 1
    newest = [one for one in sets["nodes"] if one["heartRate"] == 112]
    assert [one["news2"] for one in newest] == [{"total": 14, "risk": "HIGH"}]
    assert newest[0]["temperature"] == "38.5"


async def test_an_implausible_value_is_recorded_where_it_is_confirmed(
    api: Api, open_page: OpenPage
) -> None:
    bed = await _taken(api, 3)
    page = await _board(open_page, "nurse")
    dialog = await _do(page, bed, "Record vital signs")
    submit = dialog.get_by_role("button", name="Record", exact=True)
    await submit.click()
    await expect(dialog.get_by_text("Type at least one value.")).to_be_visible()
    pulse = dialog.get_by_label("Pulse", exact=True)
    await pulse.fill("305")
    await submit.click()
    await expect(pulse).to_be_focused()
    await dialog.get_by_label("Pulse: measured again, it is right").check()
    await pulse.press("Enter")
    await expect(dialog.get_by_role("status")).to_contain_text("Recorded")
    sets = (await _chart(api, bed["admission"]["patient"]["id"]))["vitals"]["nodes"]
    assert [one["confirmed"] for one in sets if one["heartRate"] == 305] == [["HEART_RATE"]]


async def _mind_and_take_back(page: Page) -> None:
    """Isolation, SpO₂ scale and pregnancy, from the head of the chart."""
    notes = page.get_by_role("list", name="Allergies and cautions")
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name="Precautions").click()
    await dialog.get_by_role("button", name="Set an isolation").click()
    await dialog.get_by_label("Kind").select_option("Droplet isolation")
    await dialog.get_by_role("button", name="Set an isolation").click()
    await expect(dialog.get_by_text("This is needed")).to_be_visible()
    await dialog.get_by_label("Reason").fill("Influenza A")
    await dialog.get_by_role("button", name="Set an isolation").click()
    await dialog.get_by_role("button", name="Choose scale 2").click()
    await dialog.get_by_label("Reason").fill("Hypercapnia in COPD")
    await dialog.get_by_role("button", name="Choose scale 2").click()
    await dialog.get_by_role("button", name="Record a pregnancy").click()
    await dialog.get_by_role("button", name="Record a pregnancy").click()
    await expect(dialog.get_by_text("Pregnant: NEWS2 is not used")).to_be_visible()
    assert await violations(page) == {}
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    for said in ("Droplet isolation", "SpO₂ scale 2", "Pregnant"):
        await expect(notes).to_contain_text(said)

    await dialog.get_by_role("button", name="End: Droplet isolation").click()
    await dialog.get_by_role("button", name="End the isolation").click()
    await dialog.get_by_role("button", name="Back to scale 1").click()
    await dialog.get_by_label("Reason").fill("Ruled out")
    await dialog.get_by_role("button", name="Back to scale 1").click()
    await dialog.get_by_role("button", name="End the pregnancy").click()
    await dialog.get_by_label("Recorded in error: there was none").check()
    await dialog.get_by_role("button", name="End the pregnancy").click()
    for said in ("Not isolated", "Scale 1: target 96 % and over", "None recorded"):
        await expect(dialog.get_by_text(said)).to_be_visible()
    await page.keyboard.press("Escape")
    for said in ("Droplet isolation", "SpO₂ scale 2", "Pregnant"):
        await expect(notes).not_to_contain_text(said)


async def test_an_order_that_is_warned_of_waits_for_a_reason_and_precautions_are_set(
    api: Api, open_page: OpenPage
) -> None:
    patient = await (await api.sign_in("admin")).register("Precautious")
    page = await open_page(f"/patients/{patient}/medication", user="admin")
    asked = page.get_by_role("button", name="Order medication")
    dialog = page.get_by_role("dialog", name="Order medication")
    for again in (False, True):
        await asked.click()
        await dialog.get_by_label("Drug").fill("Warfarin")
        await dialog.get_by_label("Dose").fill("5")
        await dialog.get_by_role("button", name="Order", exact=True).click()
        if again:
            await expect(dialog.get_by_role("alert").get_by_text("Ordered already")).to_be_visible()
            assert await violations(page) == {}
            await dialog.get_by_role("button", name="Order all the same").click()
            await expect(dialog.get_by_text("This is needed")).to_be_visible()
            await dialog.get_by_label("Why it is ordered").fill("Loading dose")
            await dialog.get_by_role("button", name="Order all the same").click()
        await expect(dialog).to_have_count(0)

    await asked.click()
    await dialog.get_by_label("Drug").fill("Macrogol")
    await dialog.get_by_label("As needed (PRN)").check()
    order = dialog.get_by_role("button", name="Order", exact=True)
    await order.click()
    await expect(dialog.get_by_text("This is needed")).to_be_visible()
    await dialog.get_by_label("Needed for").fill("Constipation")
    await dialog.get_by_label("At most in 24 hours").fill("2")
    await order.click()
    await expect(dialog).to_have_count(0)
    orders = (await _chart(api, patient))["medications"]["nodes"]
    (macrogol,) = [one for one in orders if one["drug"] == "Macrogol"]
    assert (macrogol["asNeeded"], macrogol["asNeededReason"], macrogol["maxPerDay"]) == (
        True,
        "Constipation",
        2,
    )
    reasons = [one["overrideReason"] for one in orders if one["drug"] == "Warfarin"]
    assert sorted(reasons, key=str) == ["Loading dose", None]

    await page.set_viewport_size({"width": 390, "height": 844})
    await _mind_and_take_back(page)


async def test_a_patient_is_moved_by_choosing_a_bed_with_the_keys(
    api: Api, open_page: OpenPage
) -> None:
    bed = await _taken(api, 5)
    page = await _board(open_page, "charge")
    more = page.get_by_role("button", name=f"Bed {bed['code']}: what to do")
    await more.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Move to another bed").press("Enter")
    bar = page.get_by_role("region", name="Choosing a bed")
    await expect(bar).to_contain_text(f"bed {bed['code']}: choose a free bed")
    await page.keyboard.press("Escape")
    await expect(bar).to_have_count(0)

    await _do(page, bed, "Move to another bed")
    await expect(bar).to_be_visible()
    await page.get_by_role("button", name="Account and settings").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await sign_in(page, "charge")
    await live(page)
    # What one person was about to do, with the name of whom it is about, is not there for the next.
    await expect(bar).to_have_count(0)

    await _do(page, bed, "Move to another bed")
    await bar.get_by_role("button", name="Go to the next one").press("Enter")
    target = page.locator("button[data-offer]:focus")
    await expect(target).to_have_count(1)
    code = re.sub(r"^Choose bed ([^,]+).*$", r"\1", await target.get_attribute("aria-label") or "")
    assert await violations(page) == {}
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text(f"to bed {code}")
    await all_the_same(dialog, "Move")
    await expect(bar).to_have_count(0)
    await expect(page.locator(f'[data-bed="{code}"]')).to_have_attribute("data-part", "occupied")
    await expect(_card(page, bed)).to_have_attribute("data-part", "cleaning")
    patient = bed["admission"]["patient"]["id"]
    assert (await _where(api, patient)) == ("MED1", code)

    # Back into a bed that has been closed is refused, and what is possible is said.
    await _do(page, bed, "Cleaning, closing, opening")
    await dialog.get_by_role("radio", name="Closed").check()
    await dialog.get_by_label("Reason").fill("Broken rail")
    await dialog.get_by_role("button", name="Change the bed").click()
    await expect(dialog).to_have_count(0)
    await _do(page, {"code": code}, "Take back the transfer")
    await take_back(dialog, "Take back the transfer")
    await expect(dialog.get_by_role("alert", name="This did not work")).to_be_visible()
    await expect(dialog.get_by_role("alert", name="What is possible instead")).to_contain_text(
        "Clean and free"
    )
    await page.keyboard.press("Escape")
    # So it is opened again.
    await _do(page, bed, "Cleaning, closing, opening")
    await dialog.get_by_role("radio").first.check()
    await dialog.get_by_role("button", name="Change the bed").click()
    await expect(dialog).to_have_count(0)
    await _do(page, {"code": code}, "Take back the transfer")
    await take_back(dialog, "Take back the transfer")
    await expect(dialog).to_have_count(0)
    await expect(_card(page, bed)).to_have_attribute("data-part", "occupied")
    assert (await _where(api, patient)) == ("MED1", bed["code"])


async def test_a_patient_goes_on_leave_comes_back_swaps_and_changes_the_ward(
    api: Api, open_page: OpenPage
) -> None:
    bed, other = await _taken(api, 6), await _taken(api, 7)
    patient = bed["admission"]["patient"]["id"]
    ward = await _with_room(api, "ED", "ICU", "PEDS")
    page = await _board(open_page, "doctor")
    dialog = page.get_by_role("dialog")
    bar = page.get_by_role("region", name="Choosing a bed")
    await _do(page, bed, "Leave of absence")
    await dialog.get_by_role("button", name="Start leave").click()
    await expect(_card(page, bed)).to_contain_text("On leave")
    await _do(page, bed, "Back from leave")
    await dialog.get_by_role("button", name="Is back").click()
    await expect(_card(page, bed)).not_to_contain_text("On leave")

    await _do(page, bed, "Swap with another patient")
    await page.get_by_role("button", name=f"Choose bed {other['code']}").click()
    await all_the_same(dialog, "Swap")
    await expect(bar).to_have_count(0)
    assert (await _where(api, patient)) == ("MED1", other["code"])

    await _do(page, other, "Move to another bed")
    await bar.get_by_role("link", name=ward, exact=True).click()
    await expect(page).to_have_url(re.compile(f"/wards/{ward}"))
    await bar.get_by_role("button", name="Go to the next one").click()
    await page.keyboard.press("Enter")
    await all_the_same(dialog, "Move")
    await expect(bar).to_have_count(0)
    assert (await _where(api, patient))[0] == ward


async def test_a_clerk_reserves_a_bed_and_discharges_whom_a_charge_nurse_admits(
    api: Api, open_page: OpenPage
) -> None:
    (bed, *_) = [
        one
        for one in await _beds(api, "SURG1")
        if one["status"] == "UNOCCUPIED" and not one["reservedFor"]
    ]
    page = await open_page("/wards/SURG1", user="clerk")
    await expect(page.get_by_role("list", name="Beds")).to_be_visible()
    await page.keyboard.press("Escape")
    dialog = await _do(page, bed, "Reserve for a patient")
    await dialog.get_by_role("button", name="Register a new patient").click()
    await dialog.get_by_label("MRN").fill("WEB-1")
    await dialog.get_by_label("Family name").fill("Quist")
    await dialog.get_by_role("button", name="Register", exact=True).click()
    await expect(dialog.get_by_text("This is needed")).to_be_visible()
    await dialog.get_by_label("Given name").fill("Ada")
    await dialog.get_by_label("Birth date").fill("1950-05-01")
    await dialog.get_by_role("button", name="Register", exact=True).click()
    await dialog.get_by_role("button", name="Reserve", exact=True).click()
    await expect(_card(page, bed)).to_have_attribute("data-part", "reserved")

    dialog = await _do(page, bed, "Admit a patient")
    await dialog.get_by_role("button", name="Another patient").click()
    await dialog.get_by_role("combobox").fill("WEB-1")
    await expect(dialog.get_by_role("option")).to_contain_text("Quist, Ada")
    assert await violations(page) == {}
    await page.keyboard.press("Escape")
    charge = await open_page("/wards/SURG1", user="charge", width=390)
    await charge.keyboard.press("Escape")
    dialog = await _do(charge, bed, "Admit a patient")
    await pick_who_is_to_arrive(charge, dialog)
    await dialog.get_by_role("button", name="Admit", exact=True).click()
    for seen in (charge, page):
        await expect(_card(seen, bed)).to_have_attribute("data-part", "occupied")
        await expect(_card(seen, bed)).to_contain_text("Quist, Ada")

    dialog = await _do(page, bed, "Discharge")
    await dialog.get_by_role("button", name="Discharge", exact=True).click()
    await expect(_card(page, bed)).to_have_attribute("data-part", "cleaning")
    # It was the wrong one, and so was the admission.
    await dialog.get_by_role("button", name="Take back the discharge").click()
    await take_back(dialog, "Take back the discharge")
    await expect(dialog).to_have_count(0)
    await expect(_card(page, bed)).to_contain_text("Quist, Ada")
    await _do(page, bed, "Take back the admission")
    await take_back(dialog, "Take back the admission")
    await expect(_card(page, bed)).to_have_attribute("data-part", "cleaning")


async def test_what_a_role_may_not_do_is_not_offered(api: Api, open_page: OpenPage) -> None:
    free = next(bed for bed in await _beds(api) if bed["status"] == "UNOCCUPIED")
    taken = await _taken(api, 0)
    page = await _board(open_page, "nurse")
    await expect(_card(page, free)).to_be_visible()
    await expect(page.get_by_role("button", name=f"Bed {free['code']}: what to do")).to_have_count(
        0
    )
    await page.get_by_role("button", name=f"Bed {taken['code']}: what to do").click()
    offered = page.get_by_role("dialog").get_by_role("button")
    await expect(offered.filter(has_text="Record vital signs")).to_be_visible()
    await expect(offered.filter(has_text="Discharge")).to_have_count(0)
