"""Takes the pictures of docs/nurses.md and of the README: `make pictures`.

A demo hospital of its own is started for them and thrown away. Two things are made to happen in it,
through the API as a laboratory and a nurse would: a critical potassium, and vital signs that score
7 and more. Everybody in the pictures is made up.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

PASSWORD = "wardline"  # noqa: S105 -- the demo's, which README tells everybody
DESK, PHONE, WALL = (1280, 800), (390, 844), (1920, 1080)

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }"
WARD = '{ ward(code: "MED1") { beds { admission { patient { id } } } } }'
LABS = (
    "mutation ($input: RecordLabResultsInput!) { recordLabResults(input: $input) { __typename } }"
)
VITALS = "mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) { __typename } }"


@dataclass(frozen=True)
class Picture:
    """`path` as `user` sees it; `steps` names what is done on the page before."""

    name: str
    user: str
    path: str
    size: tuple[int, int] = DESK
    steps: str = ""


PICTURES = (
    Picture("sign-in", "", "/"),
    Picture("board", "nurse", "/wards/MED1"),
    Picture("board-phone", "nurse", "/wards/MED1", PHONE),
    Picture("wall", "nurse", "/wards/MED1?wall", WALL),
    Picture("critical-results", "nurse", "/critical-results"),
    Picture("read-back", "nurse", "/critical-results", steps="acknowledge"),
    Picture("patient", "nurse", "/patients/{patient}"),
    Picture("vitals", "nurse", "/patients/{patient}/vitals"),
    Picture("laboratory", "nurse", "/patients/{patient}/labs"),
    Picture("medication", "nurse", "/patients/{patient}/medication"),
    Picture("timeline", "nurse", "/patients/{patient}/timeline"),
    Picture("find", "nurse", "/find?q=ma"),
    Picture("report", "auditor", "/report"),
    Picture("rules", "lab", "/rules"),
    Picture("users", "admin", "/admin/users"),
)


class Api:
    """Somebody at the API."""

    def __init__(self, base_url: str, username: str) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=30)
        answer = self.run(SIGN_IN, {"username": username, "password": PASSWORD})
        self._client.headers["authorization"] = f"Bearer {answer['signIn']['token']}"

    def run(self, query: str, given: dict[str, Any] | None = None) -> Any:
        body = {"query": query, "variables": {"input": given} if given else {}}
        answer = self._client.post("/graphql", json=body).json()
        if "errors" in answer:
            raise SystemExit(f"The demo refuses: {answer['errors']}")
        return answer["data"]


def happen(base_url: str) -> str:
    """What the pictures show; the id of the patient of whom they show the chart."""
    nurse, laboratory = Api(base_url, "nurse"), Api(base_url, "integrator")
    stays = [bed["admission"] for bed in nurse.run(WARD)["ward"]["beds"]]
    patients = [stay["patient"]["id"] for stay in stays if stay]
    now = datetime.now(UTC)
    result = {"code": "2823-3", "display": "Potassium", "value": "6.9", "unit": "mmol/L"}
    result |= {"referenceLow": "3.5", "referenceHigh": "5.1", "status": "FINAL"}
    result |= {"observedAt": now.isoformat(), "externalId": f"picture-{now.timestamp()}"}
    laboratory.run(LABS, {"results": [result | {"patientId": patients[3]}]})
    taken: dict[str, Any] = {
        "respiratoryRate": 26,
        "oxygenSaturation": 92,
        "onOxygen": True,
        "systolic": 98,
    }
    taken |= {"heartRate": 118, "consciousness": "ALERT", "temperature": "38.4", "diastolic": 60}
    nurse.run(VITALS, {"patientId": patients[6], "recordedAt": now.isoformat(), **taken})
    return str(patients[3])


def signed_in(browser: Browser, base_url: str, picture: Picture, path: str) -> Page:
    width, height = picture.size
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": height},
        color_scheme="light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(path)
    if not picture.user:
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        return page
    page.get_by_label("Username").fill(picture.user)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if "?wall" not in path:
        page.get_by_role("button", name="Skip").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-phase=live], [data-phase=not-permitted]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page


def take(browser: Browser, base_url: str, picture: Picture, patient: str, into: Path) -> None:
    page = signed_in(browser, base_url, picture, picture.path.format(patient=patient))
    for unfinished in (".mantine-Loader-root", ".mantine-Skeleton-root"):
        expect(page.locator(unfinished)).to_have_count(0)
    if picture.steps == "acknowledge":
        page.keyboard.press("a")
        expect(page.get_by_role("dialog")).to_be_visible()
    page.screenshot(path=into / f"{picture.name}.png", animations="disabled")
    page.context.close()


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo hospital in which nothing happens by itself."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        settings = os.environ | {"WARDLINE_HOME": home, "PORT": str(port)}
        words = [sys.executable, "-m", "app", "dev", "--quiet"]
        server = subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            base_url = f"http://localhost:{port}"
            deadline = time.monotonic() + 180
            while not answers(base_url):
                if time.monotonic() > deadline or server.poll() is not None:
                    raise SystemExit("The demo hospital does not start")
                time.sleep(0.2)
            yield base_url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def answers(base_url: str) -> bool:
    try:
        return httpx.get(base_url).is_success
    except httpx.TransportError:
        return False


def main(folder: str) -> None:
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    with demo() as base_url, sync_playwright() as playwright:
        patient = happen(base_url)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        for picture in PICTURES:
            take(browser, base_url, picture, patient, into)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
