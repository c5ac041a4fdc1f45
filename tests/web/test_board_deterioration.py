"""The ward board, where what cannot wait is no number of the laboratory: a score, or words."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.first_light.api import Api, ago
from tests.web.board import card, item, live, name, somebody
from tests.web.conftest import OpenPage

RECORD = """mutation Record($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id news2 { total } criticalResult { id rule } } }
}"""
TAKE_BACK = """mutation TakeBack($input: MarkVitalsEnteredInErrorInput!) {
  markVitalsEnteredInError(input: $input) { vitals { id } }
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


async def test_vital_signs_that_cannot_wait_are_shown_and_answered_by_their_score(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, _ = await somebody(api, 7)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    ill = WELL | {"respiratoryRate": 26, "heartRate": 132, "onOxygen": True}
    given = {"patientId": patient["id"], "recordedAt": ago(0), **ill}
    recorded = (await nurse.run(RECORD, input=given))["recordVitals"]["vitals"]
    assert recorded["news2"]["total"] == 8
    alarm = item(page, patient, recorded["criticalResult"]["rule"])
    await expect(alarm).to_have_count(1)
    await expect(alarm).not_to_contain_text("not permitted")

    await alarm.get_by_role("button", name="Acknowledge vital signs").click()
    typed = alarm.get_by_label("NEWS2 read back")
    await typed.fill("7")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm.get_by_role("alert")).to_contain_text("7 is not the score")
    await typed.fill("8")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm).to_have_count(0)


async def test_a_card_shows_what_stands_when_vital_signs_are_taken_back(
    api: Api, open_page: OpenPage
) -> None:
    patient, nurse, _ = await somebody(api, 8)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    beds = await nurse.beds("MED1")
    (taken,) = [bed for bed in beds if bed["admission"] and bed["admission"]["patient"] == patient]
    shown = card(page, taken)
    for seconds, rate in ((60, 83), (0, 97)):
        given = {"patientId": patient["id"], "recordedAt": ago(seconds), **WELL, "heartRate": rate}
        vitals = (await nurse.run(RECORD, input=given))["recordVitals"]["vitals"]["id"]
        await expect(shown).to_contain_text(f"{rate} /min")
    await nurse.run(TAKE_BACK, input={"vitalsId": vitals, "reason": "Of the next bed"})
    await expect(shown).to_contain_text("83 /min")
    await expect(shown).not_to_contain_text("97 /min")


async def test_a_result_in_words_is_read_back_in_words(api: Api, open_page: OpenPage) -> None:
    patient, _, integrator = await somebody(api, 9)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    result = {
        "patientId": patient["id"],
        "code": "600-7",
        "display": "Blood culture",
        "text": "Gram-negative rods",
        "senderFlag": "AA",
        "observedAt": ago(0),
    }
    (outcome,) = (await integrator.run(REPORT, input={"results": [result]}))["recordLabResults"][
        "outcomes"
    ]
    assert outcome["labResult"]["criticalResult"], outcome
    alarm = item(page, patient, "Gram-negative rods")
    await expect(alarm).to_contain_text(name(patient))
    await alarm.get_by_role("button", name="Acknowledge").click()
    typed = alarm.get_by_label(re.compile("Text read back"))
    await typed.fill("gram-positive cocci")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm.get_by_role("alert")).to_contain_text("is not the value of this result")
    await typed.fill("gram-negative  rods")
    await alarm.get_by_role("button", name="Confirm read-back").click()
    await expect(alarm).to_have_count(0)
