"""`wardline import` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.app.commands import Commands

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
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


def cells(out: str, first: str) -> list[str]:
    """The numbers of the row that begins with a word."""
    (line,) = [line for line in out.splitlines() if line.split()[:1] == [first]]
    return line.split()[1:]


async def test_an_import_ends_with_its_table_and_keeps_what_it_rejects(
    wardline: Commands, environment: dict[str, str], tmp_path: Path, pool: asyncpg.Pool[Any]
) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(BUNDLE))
    ended = await wardline.run("import", "fhir", str(path), environment=environment)
    assert (ended.code, ended.err) == (0, "")
    assert cells(ended.out, "all") == ["3", "1", "1", "1"]
    assert "1 x Observation (other): it does not say whose it is" in ended.out
    assert "secret word" not in ended.out
    # There was no hospital: the first import made one.
    assert await pool.fetchval("SELECT code FROM hospitals") == "MAIN"

    ended = await wardline.run("import", "rejected", environment=environment)
    assert ended.code == 0
    assert "secret word" not in ended.out
    (rejection,) = [line.split()[0] for line in ended.out.splitlines() if "whose" in line]
    ended = await wardline.run("import", "rejected", "show", rejection, environment=environment)
    assert ended.code == 0
    assert "secret word" in ended.out
    ended = await wardline.run("import", "retry", environment=environment)
    assert ended.code == 0
    assert cells(ended.out, "all") == ["1", "1"]


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
    wardline: Commands, environment: dict[str, str], words: tuple[str, ...], code: int, said: str
) -> None:
    ended = await wardline.run("import", *words, environment=environment)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


async def test_a_hospital_or_user_that_is_not_there_is_named(
    wardline: Commands, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(BUNDLE["entry"][0]["resource"]))  # type: ignore[index]
    ended = await wardline.run("import", "fhir", str(path), environment=environment)
    assert ended.code == 0
    ended = await wardline.run(
        "import", "fhir", str(path), "--hospital", "SLIP", environment=environment
    )
    assert (ended.code, ended.err.strip()) == (1, "wardline: --hospital must be one of: MAIN")
    ended = await wardline.run(
        "import", "fhir", str(path), "--as", "nobody", environment=environment
    )
    assert ended.code == 1
    assert "there is no user nobody" in ended.err
