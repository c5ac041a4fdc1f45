"""Random operations in random hospitals: one statement answers what the oracle does."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.conftest import HouseOf
from tests.oracle.trials import HOUSES, SETTINGS, trial

COUNTED: Counter[str] = Counter()


@SETTINGS
@given(data=st.data())
async def test_any_operation_is_answered_as_the_oracle_answers_it(
    house_of: HouseOf, data: st.DataObject
) -> None:
    house = await house_of(data.draw(st.integers(0, HOUSES - 1), label="hospital"))
    await trial(house, data, COUNTED)


def test_most_of_them_were_legal(capsys: pytest.CaptureFixture[str]) -> None:
    if not COUNTED:
        pytest.skip("no random operation ran in this process")
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(COUNTED)}\n")
    assert COUNTED["refused as a whole"] < COUNTED["operations"] / 5
