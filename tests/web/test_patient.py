"""A chart in a browser: what is in it, what can be done, and what is not for everybody."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.first_light.api import Api, Person, ago
from tests.web.axe import violations
from tests.web.board import name, somebody
from tests.web.conftest import OpenPage

ALLERGY = (
    """mutation ($input: RecordAllergyInput!) { recordAllergy(input: $input) { allergy { id } } }"""
)
ORDER = """mutation ($input: OrderMedicationInput!) {
  orderMedication(input: $input) { medication { id status } }
}"""
VITALS = """mutation ($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id } }
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
TABS = ("", "/vitals", "/labs", "/medication", "/stays", "/timeline", "/print")


async def paracetamol(doctor: Person, patient: dict[str, Any]) -> None:
    """An order as needed, of which four doses a day may be given."""
    given = {"drug": "paracetamol", "dose": "1", "doseUnit": "g", "route": "PO"}
    needed = {
        "frequency": "Q6H",
        "asNeeded": True,
        "asNeededReason": "pain at night",
        "maxPerDay": 4,
    }
    why = {"overrideReason": "seen with the pharmacist"}
    await doctor.run(ORDER, input={"patientId": patient["id"], **given, **needed, **why})


def tab(page: Page, word: str) -> Any:
    return page.get_by_role("navigation", name="Parts of the chart").get_by_role("link", name=word)


async def test_a_chart_is_kept_true_and_its_allergies_are_always_in_view(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, integrator = await somebody(api)
    page = await open_page(f"/patients/{patient['id']}", user="nurse")
    head = page.get_by_role("main").get_by_label("Patient", exact=True)
    await expect(head.get_by_role("heading")).to_have_text(name(patient))
    await expect(head).to_contain_text(patient["mrn"])
    allergy = {"patientId": patient["id"], "substance": "latex", "criticality": "HIGH"}
    await nurse.run(ALLERGY, input=allergy)
    await expect(head).to_contain_text("latex")
    await expect(head).to_contain_text("high risk")
    await integrator.raise_alarm(patient["id"], "7.6")
    main = page.get_by_role("main")
    critical = main.get_by_role("listitem").filter(has_text="7.6 mmol/L").first
    await expect(critical.get_by_role("button", name=re.compile("Acknowledge"))).to_be_visible()

    await tab(page, "Timeline").click()
    await expect(page).to_have_url(re.compile("/timeline$"))
    await expect(main.get_by_role("listitem").filter(has_text="7.6 mmol/L").first).to_be_visible()
    only = main.get_by_role("group", name="Show only")
    await only.get_by_text("Moves").click()
    await expect(main.get_by_role("listitem").filter(has_text="Admitted").first).to_be_visible()
    await expect(main.get_by_role("listitem").filter(has_text="7.6 mmol/L")).to_have_count(0)
    await page.mouse.wheel(0, 2000)
    await expect(head).to_be_in_viewport()


async def test_trends_are_read_by_keyboard_and_in_a_table(api: Api, open_page: OpenPage) -> None:
    patient, nurse, integrator = await somebody(api)
    page = await open_page(f"/patients/{patient['id']}/vitals", user="nurse")
    pulse = page.get_by_role("slider", name=re.compile("^Pulse"))
    await expect(pulse).to_be_visible()
    recorded = {"patientId": patient["id"], "recordedAt": ago(0), **WELL, "heartRate": 143}
    await nurse.run(VITALS, input=recorded)
    sets = page.get_by_role("region", name="Sets of vital signs")
    await expect(sets.get_by_role("row").filter(has_text="143")).to_have_count(1)
    await pulse.focus()
    await pulse.press("End")
    await expect(pulse).to_have_attribute("aria-valuetext", re.compile("143 /min"))
    await pulse.press("ArrowLeft")
    await expect(pulse).not_to_have_attribute("aria-valuetext", re.compile("143 /min"))
    await page.get_by_role("button", name="Zoom in").click()
    reset = page.get_by_role("button", name="Reset")
    await reset.click()
    await expect(reset).to_have_count(0)

    # Drawn with the pointer, the stretch is asked for anew.
    box = await pulse.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=4)
    await page.mouse.up()
    await expect(page.get_by_role("button", name="Reset")).to_be_visible()

    await integrator.raise_alarm(patient["id"], "7.8")
    await tab(page, "Laboratory").click()
    panel = page.get_by_role("region", name="Metabolic (CMP)")
    await panel.get_by_role("button", name=re.compile("^Sodium")).click()
    await expect(page.get_by_role("heading", name="Trend: Sodium")).to_be_visible()
    await panel.get_by_role("button", name=re.compile("^Potassium")).click()
    trend = page.get_by_role("slider", name=re.compile("^Potassium"))
    await expect(trend).to_be_visible()
    await page.get_by_role("switch", name="As a table").check()
    numbers = page.get_by_role("region", name="Trend: Potassium")
    await expect(numbers.get_by_role("row").nth(1)).to_contain_text("7.8")


async def test_a_dose_is_given_and_the_next_is_refused_with_its_time(
    api: Api, open_page: OpenPage
) -> None:
    patient, _, _ = await somebody(api)
    await paracetamol(await api.sign_in("doctor"), patient)
    page = await open_page(f"/patients/{patient['id']}/medication", user="nurse")
    order = page.get_by_role("listitem").filter(has_text="as needed: pain at night").first
    await expect(order).to_contain_text("at most 4 in 24 h")
    await expect(order.get_by_role("button", name=re.compile("Stop|Hold"))).to_have_count(0)
    give = order.get_by_role("button", name="Give paracetamol")
    form = page.get_by_role("dialog")
    await give.click()
    await form.get_by_label("Dose given").fill("a lot")
    await form.get_by_role("button", name="Record as given").click()
    await expect(form).to_contain_text("This is not a number")
    await form.get_by_label("Dose given").fill("1")
    await form.get_by_label("Dose given").press("Enter")
    await expect(form).to_have_count(0)
    await expect(order).to_contain_text("last given")
    await give.click()
    await form.get_by_role("button", name="Record as given").click()
    await expect(form).to_contain_text("May be given from")
    assert await violations(page) == {}
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(give).to_be_focused()


async def test_an_order_is_held_resumed_and_stopped_with_reasons(
    api: Api, open_page: OpenPage
) -> None:
    patient, _, _ = await somebody(api)
    await paracetamol(await api.sign_in("doctor"), patient)
    page = await open_page(f"/patients/{patient['id']}/medication", user="doctor")
    order = page.get_by_role("listitem").filter(has_text="as needed: pain at night").first
    form = page.get_by_role("dialog")
    await order.get_by_role("button", name="Hold paracetamol").click()
    await form.get_by_role("button", name="Hold").click()
    await expect(form).to_contain_text("Write a reason")
    await form.get_by_label("Reason").fill("Liver values")
    await form.get_by_role("button", name="Hold").click()
    await expect(order).to_contain_text("On hold: Liver values")
    await order.get_by_role("button", name="Resume paracetamol").click()
    await form.get_by_role("button", name="Resume").click()
    await expect(order).to_contain_text("Active")
    await order.get_by_role("button", name="Stop paracetamol").click()
    await form.get_by_label("Reason").fill("No more pain")
    await form.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.get_by_role("heading", name=re.compile("that ended"))).to_be_visible()
    await page.get_by_role("switch", name="Show").check()
    await expect(page.get_by_text("Stopped: No more pain")).to_be_visible()


async def test_what_a_role_may_not_see_is_not_there_and_says_so(
    api: Api, open_page: OpenPage
) -> None:
    patient, _, _ = await somebody(api)
    page = await open_page(f"/patients/{patient['id']}", user="clerk")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name(patient))
    await expect(page.get_by_text("Allergies: not shown to your role")).to_be_visible()
    await expect(tab(page, "Stays")).to_be_visible()
    for word in ("Vitals", "Laboratory", "Medication"):
        await expect(tab(page, word)).to_have_count(0)
    refused = page.locator(".refused").last
    await expect(refused).to_contain_text("Vitals, Laboratory, Medication")
    await page.goto(f"/patients/{patient['id']}/vitals")
    await expect(refused).to_contain_text("Your role does not show this: Vitals")
    await expect(page.get_by_role("slider")).to_have_count(0)


async def test_a_glass_is_broken_with_a_reason_and_mended_again(
    api: Api, open_page: OpenPage
) -> None:
    doctor = await api.sign_in("doctor")
    patient = (await doctor.patients("ICU"))[0]
    page = await open_page(f"/patients/{patient['id']}", user="nurse")
    await expect(page.get_by_text("This chart is not open to you")).to_be_visible()
    await expect(page.get_by_text(patient["mrn"])).to_have_count(0)
    await page.get_by_label("Reason").fill("Code")
    await page.get_by_role("button", name="Open the chart").click()
    await expect(page.get_by_text("Write at least 10 characters")).to_be_visible()
    assert await violations(page) == {}
    await page.get_by_label("Reason").fill("Cardiac arrest next door, I lead the team")
    await page.get_by_role("button", name="Open the chart").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name(patient))
    await expect(page.get_by_text(re.compile("Emergency access until"))).to_be_visible()
    await page.get_by_role("button", name="End it now").click()
    await expect(page.get_by_text("This chart is not open to you")).to_be_visible()


async def test_each_tab_is_accessible_and_no_wider_than_a_telephone(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, integrator = await somebody(api)
    await nurse.run(
        ALLERGY,
        input={"patientId": patient["id"], "substance": "penicillin", "criticality": "HIGH"},
    )
    await integrator.raise_alarm(patient["id"], "7.1")
    page = await open_page(f"/patients/{patient['id']}", user="nurse", width=390)
    await expect(page.get_by_role("heading", level=1)).to_have_text(name(patient))
    for path in TABS:
        # As a link within the page does.
        await page.evaluate(
            "path => history.pushState(null, '', path)", f"/patients/{patient['id']}{path}"
        )
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.get_by_role("main").get_by_role("heading", level=2).first).to_be_visible()
        await expect(page.locator(".mantine-Loader-root")).to_have_count(0)
        wide = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        assert await page.evaluate(wide) == 0, path
        assert await violations(page) == {}, path
