"""WCAG 2.1 AA of a page as it is shown, in light and in dark, by axe-core of the web part."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page, expect

_AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(moving.map((one) => one.finished));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
  const runOnly = { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.slice(0, 5).map((one) => `${one.html.slice(0, 300)} ${one.failureSummary}`),
  }));
}
"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@cache
def _source() -> str:
    return _AXE.read_text()


async def violations(page: Page) -> dict[str, list[dict[str, Any]]]:
    """What axe finds, by colour scheme; an empty dict where it finds nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not await page.evaluate("'axe' in window"):
        # Through the debugger, which the page's own policy for scripts does not bind.
        await page.evaluate(_source())
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        if wrong := await page.evaluate(_RUN):
            found[scheme] = wrong
    await page.emulate_media(color_scheme=None, reduced_motion=None)
    return found
