"""The server goes under an open board and comes back: the board says so, and misses nothing."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.async_api import expect

from tests.first_light.api import ACKNOWLEDGE, Api
from tests.first_light.process import Server, serving
from tests.web.board import item, live, somebody
from tests.web.conftest import OpenPage


async def test_what_happened_while_the_server_was_away_is_shown(
    server: Server, api: Api, open_page: OpenPage, tmp_path: Path
) -> None:
    settings = server.settings
    patient, nurse, integrator = await somebody(api, 3)
    closed_meanwhile = await integrator.raise_alarm(patient["id"], "7.1")
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(1)
    await page.evaluate("window.stillTheSamePage = true")

    await server.kill()
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "reconnecting")
    await expect(page.get_by_text("Not live since")).to_be_visible()
    async with (
        serving(
            tmp_path,
            "serve",
            database_url=settings["DATABASE_URL"],
            redis_url=settings["REDIS_URL"],
        ) as other,
        httpx.AsyncClient(base_url=other.url, timeout=10) as client,
    ):
        integrator.client = nurse.client = client
        await integrator.raise_alarm(patient["id"], "7.2")
        await nurse.run(ACKNOWLEDGE, input={"criticalResultId": closed_meanwhile, "readBack": 7.1})
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(1)

    await server.start_again()
    await live(page)
    await expect(page.get_by_text("Not live since")).to_have_count(0)
    await expect(item(page, patient, "7.2 mmol/L")).to_have_count(1)
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(0)
    integrator.client = api.client
    await integrator.raise_alarm(patient["id"], "7.6")
    await expect(item(page, patient, "7.6 mmol/L")).to_have_count(1)
    assert await page.evaluate("window.stillTheSamePage") is True
