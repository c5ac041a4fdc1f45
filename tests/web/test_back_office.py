"""Report, rules and administration in a browser: for those who do not stand on a ward."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.first_light.api import Api
from tests.web.axe import violations
from tests.web.conftest import OpenPage, sign_in

CHANGE = """mutation ($input: ChangeCriticalRuleInput!) {
  changeCriticalRule(input: $input) { criticalRule { version } }
}"""

VERA = '{ users(search: "vera", first: 1) { nodes { userId: id roles wards changedAt } } }'

CHANGE_USER = "mutation ($input: ChangeUserInput!) { changeUser(input: $input) { user { id } } }"

MAGNESIUM = {
    "test": "magnesium",
    "codes": ["19123-9", "2601-3"],
    "unit": "mg/dL",
    "source": "Ward committee, 2026",
    "high": "6.5",
    "highComparator": ">=",
}


FAR_AWAY = '{ ward(code: "ICU") { beds { admission { patient { mrn } } } } }'

BREAK_GLASS = """mutation ($input: BreakGlassInput!) {
  breakGlass(input: $input) { emergencyAccess { id } }
}"""

ADDED = {
    "Key *": "calcium-extreme",
    "Test *": "calcium",
    "LOINC codes *": "12-34",
    "Unit *": "mg/dL",
    "High limit": "20",
    "Source *": "Ward committee, 2026",
}


async def no_sideways(page: Page) -> None:
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


async def test_a_report_for_a_period_and_a_ward_and_its_table(open_page: OpenPage) -> None:
    page = await open_page("/report", user="admin")
    main = page.get_by_role("main")
    await expect(main.get_by_role("listitem", name="Critical results")).to_be_visible()
    await expect(main.get_by_role("heading", name="By rule")).to_be_visible()
    await page.get_by_label("Ward", exact=True).select_option("MED1")
    await page.get_by_label("Period", exact=True).select_option("90")
    await expect(page).to_have_url(re.compile(r"period=90.*ward=MED1|ward=MED1.*period=90"))
    await expect(main.get_by_role("heading", name="By ward")).to_have_count(0)
    await main.get_by_text(re.compile(r"^\d+ steps$")).first.click()
    await expect(main.get_by_text("Raised").first).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Figures (CSV)").click()
    assert (await (await download.value).path()).read_text().startswith("fromAt,toAt,timeZone")
    assert await violations(page) == {}

    await page.get_by_label("Period", exact=True).select_option("own")
    await page.get_by_label("From", exact=True).fill("2026-02-02")
    await page.get_by_label("To, included").fill("2026-02-01")
    await expect(main).to_contain_text("This day is before the first one.")


async def test_the_report_is_not_for_a_nurse_and_fits_a_phone(open_page: OpenPage) -> None:
    page = await open_page("/report", user="nurse", width=390)
    await expect(page.get_by_role("main")).to_contain_text("Your role does not show this")
    phone = await open_page("/report", user="charge", width=390)
    await expect(phone.get_by_role("heading", name="By hour of the day")).to_be_visible()
    await no_sideways(phone)


async def test_a_rule_is_tried_put_in_force_and_retired(open_page: OpenPage, api: Api) -> None:
    page = await open_page("/rules", user="lab")
    await page.get_by_label("Test, code or source").fill("magnesium")
    await page.get_by_role("button", name="Change magnesium-adult").click()
    form = page.get_by_role("dialog")
    await expect(form).to_contain_text("These limits have not been tried yet.")
    await form.get_by_label("High limit").fill("lots")
    await expect(form).to_contain_text("This is not a number.")
    await form.get_by_label("High limit").fill("6")
    await form.get_by_role("button", name="Try it").click()
    await expect(form).to_contain_text("results judged")
    await expect(form.get_by_text("These limits have not been tried yet.")).to_have_count(0)
    assert await violations(page) == {}

    # Somebody else is faster.
    lab = await api.sign_in("lab")
    changed = {"key": "magnesium-adult", "version": 1, "rule": MAGNESIUM}
    await lab.run(CHANGE, input=changed)
    await form.get_by_role("button", name="Put in force").click()
    await form.get_by_role("button", name="Begin again from version 2").click()
    await expect(form.get_by_label("High limit")).to_have_value("6.5")
    await form.get_by_role("button", name="Put in force").click()
    await expect(page.get_by_text("The rule magnesium-adult is in force.")).to_be_visible()

    await page.get_by_role("button", name="Retire magnesium-adult").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("No longer wanted")
    await page.keyboard.press("Tab")
    await dialog.get_by_role("button", name="Retire").click()
    await expect(page.get_by_text("The rule magnesium-adult is retired.")).to_be_visible()
    await page.get_by_text("Retired", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text="No longer wanted")).to_have_count(1)

    await page.get_by_role("button", name="Add a rule").click()
    for label, typed in ADDED.items():
        await form.get_by_label(label, exact=True).fill(typed)
    await form.get_by_role("button", name="Put in force").click()
    await expect(form.get_by_label("LOINC codes")).to_have_attribute("aria-invalid", "true")
    await form.get_by_label("LOINC codes").fill("2000-8")
    await form.get_by_role("button", name="Put in force").click()
    await expect(page.get_by_text("The rule calcium-extreme is in force.")).to_be_visible()


async def test_a_chain_of_a_ward_is_set_and_taken_back(open_page: OpenPage) -> None:
    page = await open_page("/rules", user="admin")
    await page.get_by_role("tab", name="Escalation chains").click()
    await page.get_by_label("Chain of").select_option("MED1")
    await page.get_by_role("button", name="Change the chain Critical").click()
    form = page.get_by_role("dialog")
    second = form.get_by_role("group", name="Step 2", exact=True)
    await second.get_by_label("Minutes").fill("3")
    assert await violations(page) == {}
    await form.get_by_role("button", name="Put in force").click()
    critical = page.get_by_role("region", name="Critical", exact=True)
    await expect(critical).to_contain_text("After 3 min")
    await page.get_by_role("button", name="Take back the chain Critical").click()
    await page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    await expect(critical).to_contain_text("After 5 min")


async def test_somebody_is_added_changed_and_disabled(open_page: OpenPage, api: Api) -> None:
    page = await open_page("/admin", user="admin")
    await page.get_by_role("button", name="Add a user").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Username").fill("nurse")
    await form.get_by_label("Name as others see it").fill("Vera Stein")
    await form.get_by_label("First password").fill("a long password")
    await form.get_by_label("Nurse", exact=True).check()
    await form.get_by_label(re.compile("^MED1")).check()
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_contain_text("there is a user of this name already")
    await form.get_by_label("Username").fill("vera")
    assert await violations(page) == {}
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Vera Stein can sign in.")).to_be_visible()

    theirs = await open_page()
    await sign_in(theirs, "vera", "a long password")
    await expect(theirs.get_by_role("main")).to_be_visible()

    # Somebody else changes her while the form is open: what they wrote is not lost.
    await page.get_by_role("button", name="Change Vera Stein").click()
    admin = await api.sign_in("admin")
    vera = (await admin.run(VERA))["users"]["nodes"][0]
    await admin.run(CHANGE_USER, input=vera | {"displayName": "Vera Berg"})
    await form.get_by_label("Name as others see it").fill("Vera Feld")
    await form.get_by_role("button", name="Save").click()
    await form.get_by_role("button", name="Begin again").click()
    await expect(form.get_by_label("Name as others see it")).to_have_value("Vera Berg")
    await form.get_by_role("button", name="Save").click()

    await page.get_by_role("button", name="Set the password of Vera Berg").click()
    await form.get_by_label("New password").fill("short")
    await form.get_by_role("button", name="Set the password").click()
    await expect(form.locator("input[data-invalid]")).to_have_count(1)
    await form.get_by_label("New password").fill("another long one")
    await form.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_text("Vera Berg has a new password.")).to_be_visible()
    await expect(theirs.get_by_label("Username")).to_be_visible()
    await sign_in(theirs, "vera", "another long one")
    await expect(theirs.get_by_role("main")).to_be_visible()

    await page.get_by_role("button", name="Disable Vera Berg").click()
    assert await violations(page) == {}
    await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await expect(page.get_by_text("Vera Berg can sign in no more.")).to_be_visible()
    await expect(theirs.get_by_label("Username")).to_be_visible()


async def test_a_ward_and_its_bed_are_added_renamed_and_retired(open_page: OpenPage) -> None:
    page = await open_page("/admin/wards", user="admin")
    await page.get_by_role("button", name="Add a ward").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Code").fill("MED1")
    await form.get_by_label("Name").fill("Stroke unti")
    await page.keyboard.press("Enter")
    await expect(form.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    await form.get_by_label("Code").fill("STRK")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Rename STRK").click()
    await form.get_by_label("Name").fill("Stroke unit")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="STRK · Stroke unit")).to_be_visible()
    await page.get_by_role("button", name="Add a bed to STRK").click()
    await form.get_by_label("Code").fill("99Z")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Rename 99Z").click()
    await form.get_by_label("Code").fill("98Z")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Retire 98Z").click()
    await form.get_by_role("button", name="Retire").click()
    await expect(page.get_by_text("98Z is out of service.")).to_be_visible()
    assert await violations(page) == {}
    await page.get_by_role("button", name="Retire STRK").click()
    await form.get_by_label("Reason").fill("Moved to the neurology")
    await form.get_by_role("button", name="Retire").click()
    await expect(page.get_by_text("STRK is out of service.")).to_be_visible()
    await page.get_by_role("button", name="Retire MED1").click()
    await form.get_by_role("button", name="Retire").click()
    await expect(form).to_contain_text("This did not work")


@pytest.mark.parametrize("path", ["/admin/users", "/admin/wards", "/rules"])
async def test_the_pages_fit_a_phone(open_page: OpenPage, path: str) -> None:
    page = await open_page(path, user="admin", width=390)
    await expect(page.get_by_role("button", name=re.compile("Change|Rename")).first).to_be_visible()
    await no_sideways(page)


async def test_an_auditor_reviews_an_emergency_access_and_sees_the_audit_and_no_users(
    open_page: OpenPage, api: Api
) -> None:
    page = await open_page("/admin", user="auditor")
    await expect(page.get_by_role("tab", name="Emergency accesses")).to_have_attribute(
        "aria-selected", "true"
    )
    await expect(page.locator("[data-phase=live]")).to_be_visible()
    # It comes without a reload.
    doctor, nurse = await api.sign_in("doctor"), await api.sign_in("nurse")
    beds = (await doctor.run(FAR_AWAY))["ward"]["beds"]
    patient = next(bed["admission"]["patient"] for bed in beds if bed["admission"])
    await nurse.run(BREAK_GLASS, input={"mrn": patient["mrn"], "reason": "Fell on the stairs"})
    access = page.get_by_role("article").filter(has_text="Fell on the stairs")
    await access.get_by_role("button", name="Review").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Justified", exact=True).check()
    await form.get_by_label("Note").fill("Was alone with her")
    assert await violations(page) == {}
    await form.get_by_role("button", name="Save the review").click()
    await expect(access).to_have_count(0)
    await page.get_by_text("Reviewed", exact=True).click()
    await expect(access).to_contain_text("Was alone with her")

    await page.get_by_role("tab", name="Audit").click()
    rows = page.get_by_role("row")
    await expect(rows.filter(has_text="signed in").first).to_be_visible()
    assert await violations(page) == {}
    await page.get_by_role("tab", name="Wards and beds").click()
    await expect(page.get_by_role("main")).to_contain_text("Your role does not show this")
    await page.goto("/no-such-page")
    await expect(page.get_by_role("main")).to_contain_text("There is no such page")
