"""What a sender says of a result, in either language, is not lost among other codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.resolvers.imports.test_import_hl7v2 import AT, LABS, ORDER, obx

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("written", "kept", "interpretation"),
    [
        ("H", "H", "HIGH"),
        ("A~HH", "HH", "CRITICAL_HIGH"),
        ("~LL~N", "LL", "CRITICAL_LOW"),
        ("", None, "NORMAL"),
    ],
)
async def test_of_several_in_obx_8_the_critical_one_is_heard(
    desk: Any, message: Make, written: str, kept: str | None, interpretation: str
) -> None:
    segment = obx(flag=written, test="2823-3^Potassium^LN", unit="mmol/L")
    await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, segment))
    row = await desk.one(LABS)
    assert (row["sender_flag"], row["interpretation"]) == (kept, interpretation)


@pytest.mark.parametrize(
    ("codes", "kept", "interpretation"),
    [
        ([["N"]], "N", "NORMAL"),
        ([["A"], ["HH"]], "HH", "CRITICAL_HIGH"),
        ([["local", "LL"]], "LL", "CRITICAL_LOW"),
        ([[], ["POS"]], "POS", "NORMAL"),
    ],
)
async def test_of_several_interpretations_the_critical_one_is_heard(
    desk: Any,
    patient: Any,
    lab: Make,
    bundle: Make,
    *,
    codes: list[list[str]],
    kept: str,
    interpretation: str,
) -> None:
    observed = lab("o1", "2823-3", 4, "mmol/L", desk.now)
    observed["interpretation"] = [{"coding": [{"code": code} for code in those]} for those in codes]
    await desk.fhir(bundle(patient, observed))
    row = await desk.one(LABS)
    assert row["sender_flag"].upper() == kept.upper()
    assert row["interpretation"] == interpretation
