"""The pages: nothing from elsewhere, no frame around them, and no file but the built ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from app import pages
from app.application import Application


@pytest_asyncio.fixture
async def browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of a folder of the test's own."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>board</title>")
    (dist / "graphiql.html").write_text("<title>graphiql</title>")
    (dist / "assets" / "board-1.js").write_text("go()")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "DIST", dist)
    app = Application(pages.routes(), direct={})
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://board.example") as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/wards/MED1", "/wards/", "/wards/a/b/c"])
async def test_the_board_finds_its_own_way(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(path)
    assert response.status_code == 200
    assert response.text == "<title>board</title>"
    assert response.headers["content-type"].startswith("text/html")


async def test_a_page_takes_nothing_from_elsewhere(browser: httpx.AsyncClient) -> None:
    headers = (await browser.get("/")).headers
    policy = {
        part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split(";")
    }
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert "script-src" not in policy, "scripts have the default: the own origin, nothing inline"
    assert not any(
        "http" in place or "*" in place for places in policy.values() for place in places
    )
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


async def test_built_files_are_kept_for_good(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/assets/board-1.js")
    assert response.text == "go()"
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
async def test_built_files_are_sent_small(
    browser: httpx.AsyncClient, tmp_path: Path, coding: str
) -> None:
    script = "go();\n" * 1000
    (tmp_path / "dist" / "assets" / "long-1.js").write_text(script)
    for _ in range(2):
        response = await browser.get("/assets/long-1.js", headers={"accept-encoding": coding})
        assert response.headers["content-encoding"] == coding
        assert response.headers["vary"] == "accept-encoding"
        assert response.headers["content-type"].startswith("text/javascript")
        assert "immutable" in response.headers["cache-control"]
        assert int(response.headers["content-length"]) < 200
        assert response.text == script
    whole = await browser.get("/assets/long-1.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in whole.headers
    assert whole.text == script
    head = await browser.head("/assets/long-1.js", headers={"accept-encoding": coding})
    assert (head.headers["content-encoding"], head.content) == (coding, b"")
    again = {"accept-encoding": coding, "if-none-match": response.headers["etag"]}
    assert (await browser.get("/assets/long-1.js", headers=again)).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets/none.js",
        "/assets/",
        "/assets/../index.html",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets//etc/passwd",
        "/secret.txt",
        "/index.html",
    ],
)
async def test_no_other_file_is_served(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.get(httpx.URL("http://board.example", raw_path=path.encode()))
    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "secret" not in response.text


async def test_a_person_at_an_address_that_is_none_gets_a_page(browser: httpx.AsyncClient) -> None:
    typed = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = await browser.get("/nothing", headers=typed)
    assert response.status_code == 404
    assert response.text == (await browser.get("/")).text
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert (await browser.post("/nothing", headers=typed)).json()["errors"]


async def test_a_page_is_only_read(browser: httpx.AsyncClient) -> None:
    response = await browser.post("/")
    assert response.status_code == 405
    assert response.json()["errors"]


async def test_without_a_build_it_says_what_to_do(
    browser: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "DIST", tmp_path / "none")
    response = await browser.get("/")
    assert response.status_code == 503
    assert "make web" in response.text
