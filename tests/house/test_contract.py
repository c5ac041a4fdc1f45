"""The SDL is a promise: committed as printed, and never less than the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from schema.catalogue import SCHEMA_TEXT

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_sdl_is_the_codes() -> None:
    committed = (ROOT / "schema.graphql").read_text()
    assert committed == SCHEMA_TEXT, "run: make schema"


def test_the_sdl_breaks_nothing_of_the_contract() -> None:
    contract = ROOT.parent / "shared" / "contract" / "api.graphql"
    if not contract.is_file():
        pytest.skip("the contract (../shared/contract/api.graphql) is not on this machine")
    promised = build_schema(contract.read_text(), assume_valid_sdl=True)
    printed = build_schema(SCHEMA_TEXT, assume_valid_sdl=True)
    broken = [change.description for change in find_breaking_changes(promised, printed)]
    assert broken == []
