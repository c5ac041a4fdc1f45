"""A Chromium that shows the board, and what its own tools say of it."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright, expect

from bench.hospital import PASSWORD
from bench.wire import Fault

NAMES = (
    # The same browser without its windows: a quarter less of the processor.
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PATIENCE = 60.0

WATCH = """
window.measured = { interactions: {}, longTasks: [] };
new PerformanceObserver((list) => {
  for (const { interactionId, duration } of list.getEntries()) {
    if (!interactionId) continue;
    const known = window.measured.interactions[interactionId] ?? 0;
    window.measured.interactions[interactionId] = Math.max(known, duration);
  }
}).observe({ type: "event", durationThreshold: 16, buffered: true });
new PerformanceObserver((list) => {
  window.measured.longTasks.push(...list.getEntries().map(({ duration }) => duration));
}).observe({ type: "longtask", buffered: true });
const kept = Storage.prototype.getItem;
Storage.prototype.getItem = function (key) {
  return key.startsWith("wardline.tour.") ? "seen" : kept.call(this, key);
};
"""
"""Interactions as the web's vital "interaction to next paint" counts them. The tour of a first
sign-in is seen."""


class Board:
    """The page, signed in and live."""

    def __init__(self, page: Page, tools: CDPSession) -> None:
        self.page = page
        self.tools = tools

    async def first_load(self) -> tuple[int, int]:
        """Bytes of script and their number, as they come when nothing is kept."""
        kinds: dict[str, str] = {}
        sizes: dict[str, float] = {}
        self.tools.on(
            "Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]})
        )
        self.tools.on(
            "Network.loadingFinished",
            lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}),
        )
        await self.tools.send("Network.enable")
        await self.tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await self.page.reload()
        await self.live()
        await self.tools.send("Network.disable")
        scripts = [size for request, size in sizes.items() if kinds.get(request) == "Script"]
        return round(sum(scripts)), len(scripts)

    async def live(self) -> None:
        """Wait until it says so."""
        await expect(self.page.locator("[data-phase]")).to_have_attribute("data-phase", "live")
        await self.page.locator("[data-bed]").first.wait_for()

    async def forget(self) -> None:
        """Count interactions and long tasks from here."""
        await self.page.evaluate("window.measured = { interactions: {}, longTasks: [] }")

    async def clicked(self, interactions: int, every: float) -> None:
        """A person changes what is shown and in which order: real clicks, on every choice in
        turn. The last one shows all beds again."""
        choices = self.page.get_by_role("main").locator("label:visible")
        many = await choices.count()
        for number in range(interactions):
            await choices.nth((interactions - 1 - number) % many).click()
            await asyncio.sleep(every)

    async def interactions(self, made: int) -> list[float]:
        """Their durations in ms, to 8 ms; those under 16 ms are not told and count as 16."""
        told = list((await self.page.evaluate("window.measured.interactions")).values())
        return sorted(told + [16.0] * (made - len(told)))

    async def long_tasks(self) -> list[float]:
        """Those over 50 ms."""
        found: list[float] = await self.page.evaluate("window.measured.longTasks")
        return found

    async def heap(self) -> tuple[int, int]:
        """Bytes of script's objects and the number of nodes, after a collection of garbage."""
        for _ in range(3):
            await self.tools.send("HeapProfiler.collectGarbage")
        used = await self.tools.send("Runtime.getHeapUsage")
        dom = await self.tools.send("Memory.getDOMCounters")
        return round(used["usedSize"]), dom["nodes"]

    async def shows(self, rates: Mapping[str, int]) -> float:
        """Seconds until every card has its newest heart rate. Raises Fault where one does not."""
        begun = time.perf_counter()
        wrong = dict(rates)
        while wrong:
            if time.perf_counter() - begun > PATIENCE:
                raise Fault(f"the board does not show the newest of {', '.join(sorted(wrong))}")
            await asyncio.sleep(0.02)
            shown: dict[str, str] = await self.page.evaluate(
                "Object.fromEntries([...document.querySelectorAll('[data-bed]')]"
                ".map((card) => [card.dataset.bed, card.innerText]))"
            )
            wrong = {
                bed: rate
                for bed, rate in wrong.items()
                if not re.search(rf"(?<!\d){rate}(?!\d)", shown.get(bed, ""))
            }
        return time.perf_counter() - begun


def program(own: Path) -> str | None:
    """The machine's Chromium, or Playwright's own."""
    return next(filter(None, map(shutil.which, NAMES)), str(own) if own.is_file() else None)


@asynccontextmanager
async def board(port: int, ward: str) -> AsyncIterator[Board]:
    """The ward's board on a screen of 1920 by 1080. Raises Fault without a Chromium."""
    async with async_playwright() as playwright:
        found = program(Path(playwright.chromium.executable_path))
        if found is None:
            raise Fault("no Chromium on this machine (Debian: apt-get install chromium)")
        expect.set_options(timeout=PATIENCE * 1000)
        browser = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(PATIENCE * 1000)
        await page.add_init_script(WATCH)
        await page.goto(f"http://127.0.0.1:{port}/wards/{ward}")
        await page.get_by_label("Username").fill("nurse")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        opened = Board(page, await page.context.new_cdp_session(page))
        await opened.live()
        yield opened
        await browser.close()


def version_of(told: Any) -> str:
    """`Browser.getVersion` in a word."""
    product: str = told["product"]
    return product
