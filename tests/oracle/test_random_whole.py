"""Random operations in a hospital where nothing is null for want of data, by one of each role."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.conftest import learn, leave_traces
from tests.oracle.hospitals import House
from tests.oracle.people import staffed
from tests.oracle.trials import SETTINGS, trial
from tests.resolvers.reading.hospital import Hospital

COUNTED: Counter[str] = Counter()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    found = await staffed(whole)
    await leave_traces(found)
    await learn(found)
    return found


@SETTINGS
@given(data=st.data())
async def test_any_operation_is_answered_as_the_oracle_answers_it(
    house: House, data: st.DataObject
) -> None:
    await trial(house, data, COUNTED)


def test_most_of_them_were_legal(capsys: pytest.CaptureFixture[str]) -> None:
    if not COUNTED:
        pytest.skip("no random operation ran in this process")
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(COUNTED)}\n")
    assert COUNTED["refused as a whole"] < COUNTED["operations"] / 5
