"""`wardline import` as a user meets it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

BUNDLE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Reed"}]}},
        {"resource": {"resourceType": "Claim", "id": "c"}},
        {"resource": {"resourceType": "Observation", "id": "o", "code": {"text": "secret word"}}},
    ],
}


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "COLUMNS": "200"}


async def wardline(environment: dict[str, str], *words: str) -> tuple[int, str, str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("WARDLINE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "import", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean | environment,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def cells(out: str, first: str) -> list[str]:
    """The numbers of the row that begins with a word."""
    (line,) = [line for line in out.splitlines() if line.split()[:1] == [first]]
    return line.split()[1:]


async def test_an_import_ends_with_its_table_and_keeps_what_it_rejects(
    environment: dict[str, str], tmp_path: Path, pool: asyncpg.Pool[Any]
) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(BUNDLE))
    code, out, err = await wardline(environment, "fhir", str(path))
    assert (code, err) == (0, "")
    assert cells(out, "all") == ["3", "1", "1", "1"]
    assert "1 x Observation (other): it does not say whose it is" in out
    assert "secret word" not in out
    # There was no hospital: the first import made one.
    assert await pool.fetchval("SELECT code FROM hospitals") == "MAIN"

    code, out, _ = await wardline(environment, "rejected")
    assert code == 0
    assert "secret word" not in out
    (rejection,) = [line.split()[0] for line in out.splitlines() if "whose" in line]
    code, out, _ = await wardline(environment, "rejected", "show", rejection)
    assert code == 0
    assert "secret word" in out
    code, out, _ = await wardline(environment, "retry")
    assert code == 0
    assert cells(out, "all") == ["1", "1"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("fhir", "/does/not/exist"), 1, "there is no such file or folder"),
        (("hl7v2", "/does/not/exist"), 1, "there is no such file"),
        (("fhir",), 2, "Missing argument"),
        (("rejected", "show", "no-uuid"), 2, "Invalid value"),
    ],
)
async def test_mistakes_are_one_line_and_no_traceback(
    environment: dict[str, str], words: tuple[str, ...], code: int, said: str
) -> None:
    ended, _, err = await wardline(environment, *words)
    assert ended == code
    assert said in err
    assert "Traceback" not in err


async def test_a_hospital_or_user_that_is_not_there_is_named(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(BUNDLE["entry"][0]["resource"]))  # type: ignore[index]
    assert (await wardline(environment, "fhir", str(path)))[0] == 0
    code, _, err = await wardline(environment, "fhir", str(path), "--hospital", "SLIP")
    assert (code, err.strip()) == (1, "wardline: --hospital must be one of: MAIN")
    code, _, err = await wardline(environment, "fhir", str(path), "--as", "nobody")
    assert code == 1
    assert "there is no user nobody" in err
