"""The ward board in a browser: what a nurse sees, without ever reloading."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Page, Request, expect

from app.demo.wards import TIME_ZONE
from tests.first_light.api import ACKNOWLEDGE, Api, Person, ago
from tests.first_light.stays import SET_STATUS
from tests.web.axe import violations
from tests.web.board import card, item, live, name, somebody
from tests.web.conftest import OpenPage

RECORD = """mutation Record($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id news2 { total } } }
}"""
TAKE_BACK = """mutation TakeBack($input: MarkVitalsEnteredInErrorInput!) {
  markVitalsEnteredInError(input: $input) { vitals { id } }
}"""
ORDER = """mutation Order($input: OrderMedicationInput!) {
  orderMedication(input: $input) { medication { id status } }
}"""
REPORT = """mutation Report($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes { labResult { criticalResult { id } } } }
}"""
WELL = {
    "heartRate": 72,
    "systolic": 122,
    "diastolic": 78,
    "respiratoryRate": 15,
    "temperature": "36.8",
    "oxygenSaturation": 98,
    "onOxygen": False,
    "consciousness": "ALERT",
}


async def bed_of(nurse: Person, patient: dict[str, Any]) -> dict[str, Any]:
    beds = await nurse.beds("MED1")
    (bed,) = [one for one in beds if one["admission"] and one["admission"]["patient"] == patient]
    return bed


async def measure(nurse: Person, patient: dict[str, Any], seconds: float, **change: object) -> str:
    given = {"patientId": patient["id"], "recordedAt": ago(seconds), **WELL, **change}
    vitals: str = (await nurse.run(RECORD, input=given))["recordVitals"]["vitals"]["id"]
    return vitals


async def fits(page: Page) -> None:
    wide = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert await page.evaluate(wide) == 0


async def test_every_bed_of_the_chosen_ward_is_a_card(api: Api, open_page: OpenPage) -> None:
    page = await open_page("/", user="nurse")
    wards = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("link"))
    await expect(wards).to_have_count(2)
    medicine = wards.filter(has_text="MED1")
    await expect(medicine).to_contain_text(re.compile(r"\d+ occupied"))
    assert await violations(page) == {}
    await medicine.get_by_role("link").click()
    await expect(page).to_have_url(re.compile("/wards/MED1$"))
    await live(page)
    beds = await (await api.sign_in("nurse")).beds("MED1")
    assert beds
    await expect(page.locator("[data-bed]")).to_have_count(len(beds))
    for bed in beds:
        stay = bed["admission"]
        if stay is not None:
            await expect(card(page, bed)).to_contain_text(name(stay["patient"]))
        elif bed["status"] == "UNOCCUPIED":
            await expect(card(page, bed)).to_contain_text(re.compile("Free|Reserved"))
    taken = sum(bed["status"] == "OCCUPIED" for bed in beds)
    occupancy = page.get_by_role("list", name="Occupancy")
    await expect(occupancy).to_contain_text(f"{len(beds)} beds")
    await expect(occupancy).to_contain_text(f"{taken} occupied")


async def test_a_critical_result_stands_on_the_card_of_two_boards_until_it_is_answered(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, integrator = await somebody(api)
    page = await open_page("/wards/MED1", user="nurse")
    rounds = await open_page("/wards/MED1", user="doctor")
    for one in (page, rounds):
        await live(one)
        await one.evaluate("window.stillTheSamePage = true")
    alarm = item(page, patient, "7.3 mmol/L")
    await expect(alarm).to_have_count(0)
    raised = await integrator.raise_alarm(patient["id"], "7.3")
    await expect(item(rounds, patient, "7.3 mmol/L")).to_contain_text("level 0")
    await expect(alarm).to_contain_text("charge nurse in")
    await expect(card(page, await bed_of(nurse, patient))).to_contain_text("new")
    await alarm.get_by_role("button").click()
    await expect(page.get_by_role("dialog")).to_contain_text("7.3 mmol/L")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await nurse.run(ACKNOWLEDGE, input={"criticalResultId": raised, "readBack": "7.3"})
    for one in (page, rounds):
        await expect(item(one, patient, "7.3 mmol/L")).to_have_count(0)
        assert await one.evaluate("window.stillTheSamePage") is True


async def test_the_alarm_is_that_of_the_ward_from_the_first(open_page: OpenPage) -> None:
    page = await open_page("/help", user="nurse")
    heard_for: set[str | None] = set()

    def asked(request: Request) -> None:
        # The page before may still be asking, for all wards.
        here = request.frame.url.endswith("/wards/MED1")
        if here and "OpenCriticalResults" in (request.post_data or ""):
            heard_for.add(request.post_data_json["variables"]["ward"])

    page.on("request", asked)
    await page.goto("/wards/MED1")
    await live(page)
    await expect(page.locator("[data-bed]").first).to_be_visible()
    assert heard_for == {"MED1"}


async def test_vital_signs_doses_and_beds_change_by_themselves(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, _ = await somebody(api)
    clerk, doctor = await api.sign_in("clerk"), await api.sign_in("doctor")
    beds = await nurse.beds("MED1")
    (empty, *_) = [bed for bed in beds if bed["admission"] is None and not bed["reservedFor"]]
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    shown = card(page, await bed_of(nurse, patient))
    await expect(shown).to_be_visible()
    await measure(nurse, patient, 60, heartRate=83)
    await expect(shown).to_contain_text(re.compile(r"83\s*/min"))
    await expect(shown).to_contain_text("new")
    worse = await measure(nurse, patient, 0, heartRate=132, respiratoryRate=26, onOxygen=True)
    await expect(shown).to_contain_text(re.compile(r"NEWS2\s*8\s*high"))
    await expect(item(page, patient, "NEWS2: Emergency")).to_have_count(1)
    await nurse.run(TAKE_BACK, input={"vitalsId": worse, "reason": "Of the next bed"})
    await expect(shown).to_contain_text(re.compile(r"83\s*/min"))
    await expect(item(page, patient, "NEWS2: Emergency")).to_have_count(0)

    order = {"patientId": patient["id"], "drug": "Paracetamol", "dose": "1", "doseUnit": "g"}
    order |= {"overrideReason": "whatever else the demo hospital gives"}
    soon = f"{datetime.now(ZoneInfo(TIME_ZONE)) + timedelta(minutes=30):%H:%M}"
    await doctor.run(ORDER, input=order | {"route": "PO", "frequency": "QD", "times": [soon]})
    await expect(shown).to_contain_text(re.compile(r"\d due"))

    for status, word in (("ISOLATED", "Isolated"), ("UNOCCUPIED", "Free|Reserved")):
        await clerk.run(SET_STATUS, input={"bedId": empty["id"], "status": status})
        await expect(card(page, empty)).to_contain_text(re.compile(word))


async def test_a_score_and_words_are_read_back_from_the_card(api: Api, open_page: OpenPage) -> None:
    patient, nurse, integrator = await somebody(api)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await measure(nurse, patient, 0, respiratoryRate=26, heartRate=132, onOxygen=True)
    culture = {"code": "600-7", "display": "Blood culture", "text": "Gram-negative rods"}
    found = {"patientId": patient["id"], "senderFlag": "AA", "observedAt": ago(0), **culture}
    await integrator.run(REPORT, input={"results": [found]})
    dialog = page.get_by_role("dialog")
    for shown, label, wrong, right in (
        ("NEWS2: Emergency", "NEWS2 read back", "7", "8"),
        ("Gram-negative rods", "Words read back", "gram-positive cocci", "gram-negative  rods"),
    ):
        alarm = item(page, patient, shown)
        await alarm.get_by_role("button").click()
        await dialog.get_by_label(label).fill(wrong)
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("The attempt is on record")
        await dialog.get_by_label(label).fill(right)
        await page.keyboard.press("Enter")
        await expect(alarm).to_have_count(0)


async def test_a_choice_of_beds_and_their_order_stand_in_the_address(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, _ = await somebody(api)
    await measure(nurse, patient, 0, heartRate=118, temperature="39.2", systolic=98)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await page.get_by_role("radiogroup", name="Show").get_by_text("At risk").click()
    await page.get_by_text("By risk").click()
    await expect(page).to_have_url(re.compile(r"\?show=risk&sort=risk$"))
    shown = card(page, await bed_of(nurse, patient))
    await expect(shown).to_contain_text("medium")
    await page.reload()
    await expect(shown).to_contain_text("medium")
    assert await page.locator("[data-bed]:visible").count() < len(await nurse.beds("MED1"))
    other = page.locator("[data-bed][aria-hidden] a").first
    assert (
        await other.evaluate("(link) => (link.focus(), link === document.activeElement)") is False
    )
    assert await violations(page) == {}

    await shown.get_by_role("link", name=name(patient)).focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"/patients/{patient['id']}$"))


async def test_a_wall_shows_every_bed_at_once_and_nobodys_name(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, _ = await somebody(api)
    beds = await nurse.beds("MED1")
    page = await open_page("/wards/MED1", user="nurse")
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await live(page)
    await expect(page.get_by_role("link", name=name(patient))).to_have_count(1)
    await page.keyboard.press("w")
    await expect(page).to_have_url(re.compile(r"\?wall"))
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await expect(page.locator("[data-bed]")).to_have_count(len(beds))
    await expect(page.locator("[data-bed]").last).to_be_in_viewport(ratio=1)
    await expect(page.get_by_text(patient["familyName"])).to_have_count(0)
    await live(page)
    assert await violations(page) == {}
    await page.reload()
    await expect(page.locator("[data-bed]").last).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name=name(patient))).to_have_count(1)


async def test_a_clerk_is_told_what_is_not_permitted(api: Api, open_page: OpenPage) -> None:
    page = await open_page("/wards/MED1", user="clerk")
    told = page.get_by_text("Your role does not show this")
    await expect(told).to_contain_text("vital signs, critical results, medication due")
    await live(page)
    beds = await (await api.sign_in("clerk")).beds("MED1")
    await expect(page.locator("[data-bed]")).to_have_count(len(beds))
    await expect(page.get_by_text("NEWS2")).to_have_count(0)
    await expect(page.locator("[data-result]")).to_have_count(0)


async def test_another_ward_is_not_there(open_page: OpenPage) -> None:
    page = await open_page("/wards/ICU", user="nurse")
    await expect(page.get_by_text("No ward ICU")).to_be_visible()
    await expect(page.locator("[data-bed]")).to_have_count(0)


async def test_a_telephone_and_a_sheet_of_paper(api: Api, open_page: OpenPage) -> None:
    patient, nurse, integrator = await somebody(api)
    await integrator.raise_alarm(patient["id"], "7.5")
    page = await open_page("/", user="nurse", width=390)
    await expect(page.get_by_role("heading", name="Wards")).to_be_visible()
    await fits(page)
    await page.get_by_role("main").get_by_role("link").filter(has_text="MED1").click()
    await live(page)
    await expect(item(page, patient, "7.5 mmol/L")).to_have_count(1)
    await fits(page)
    assert await violations(page) == {}

    await page.emulate_media(media="print")
    row = page.get_by_role("row").filter(has_text=patient["mrn"])
    await expect(row).to_contain_text("7.5 mmol/L")
    await expect(page.get_by_role("row")).to_have_count(1 + len(await nurse.beds("MED1")))
    await expect(card(page, await bed_of(nurse, patient))).to_be_hidden()


async def test_the_cookie_is_out_of_reach_of_scripts(open_page: OpenPage) -> None:
    page = await open_page("/", user="nurse")
    await expect(page.get_by_role("heading", name="Wards")).to_be_visible()
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    kept = "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()"
    assert cookie["value"] not in await page.evaluate(kept)
