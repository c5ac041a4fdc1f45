"""What was examined comes with a result, and says by which rules it is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resolvers.imports.ledger import Outcome
from tests.resolvers.imports.test_import_hl7v2 import AT, LABS, ORDER, obx

Make = Callable[..., Any]

SNOMED = "http://snomed.info/sct"


def order(source: str) -> str:
    """An OBR with OBR-15."""
    return f"{ORDER}{9 * '|'}{source}"


def spm(code: str) -> str:
    return f"SPM|1|||{code}^as it is called^HL70487"


@pytest.mark.parametrize(
    ("segments", "specimen"),
    [
        ([order("SER&Serum&HL70070^^^arm"), obx()], "Ser"),
        ([order("blda"), obx()], "BldA"),
        ([order("ABS&Abscess&HL70070"), obx()], None),
        ([order(""), obx()], None),
        ([order(""), obx(), spm("PLAS")], "Plas"),
        # SPM has taken the place of OBR-15.
        ([order("SER"), obx(), spm("BLDV")], "BldV"),
        ([order("SER"), obx(), spm("ABS")], None),
        ([order(""), obx(), spm("SER"), spm("PLAS")], None),
        ([order(""), obx(), spm("SER"), spm("119364003")], "Ser"),
        # That of another order.
        ([order(""), obx(), ORDER.replace("F1", "F2"), spm("SER")], None),
    ],
)
async def test_a_message_says_what_was_examined(
    desk: Any, message: Make, segments: list[str], specimen: str | None
) -> None:
    await desk.hl7v2(message("ORU^R01", "1", AT, *segments))
    assert (await desk.one(LABS))["specimen"] == specimen


@pytest.mark.parametrize(
    ("codes", "specimen"),
    [
        ([(SNOMED, "122552005")], "BldA"),
        ([("http://terminology.hl7.org/CodeSystem/v2-0487", "SER")], "Ser"),
        ([(SNOMED, "119364003"), ("urn:local", "S1")], "Ser"),
        ([(SNOMED, "119364003"), (SNOMED, "119361006")], None),
        ([("urn:local", "S1")], None),
    ],
)
@pytest.mark.parametrize("contained", [True, False])
async def test_a_resource_says_what_was_examined(
    desk: Any,
    patient: Any,
    lab: Make,
    bundle: Make,
    *,
    codes: list[tuple[str, str]],
    specimen: str | None,
    contained: bool,
) -> None:
    coding = [{"system": system, "code": code} for system, code in codes]
    examined = {"resourceType": "Specimen", "id": "s1", "type": {"coding": coding}}
    observed = lab("o1", "2823-3", 4.1, "mmol/L", desk.now)
    observed["specimen"] = {"reference": "#s1" if contained else "Specimen/s1"}
    if contained:
        observed["contained"] = [examined]
        await desk.fhir(bundle(patient, observed))
    else:
        await desk.fhir(bundle(patient, observed, examined))
    assert (await desk.one(LABS))["specimen"] == specimen


@pytest.mark.parametrize(
    ("source", "critical"), [("BLDA", True), ("SER", False), ("", True), ("ABS", True)]
)
async def test_a_rule_for_one_specimen_judges_that_alone(
    desk: Any, message: Make, source: str, critical: bool
) -> None:
    """Not said, or not known, is any of them."""
    await desk.run.pool.execute(
        "UPDATE critical_rules SET specimen = 'BldA'"
        " WHERE hospital_id = $1 AND '2823-3' = ANY(codes)",
        desk.run.actor.hospital_id,
    )
    segment = obx(test="2823-3^Potassium^LN", unit="mmol/L", value="9.9")
    text = message("ORU^R01", "1", AT, order(source), segment)
    await desk.hl7v2(text)
    row = await desk.one(LABS)
    assert row["interpretation"].startswith("CRITICAL") is critical
    again = await desk.hl7v2(text)
    assert again.total(Outcome.UNCHANGED, "Laboratory result (OBX)") == 1


async def test_a_result_that_is_tried_again_has_its_specimen(desk: Any, message: Make) -> None:
    """It is kept with the segments that give it its meaning."""
    segments = [order(""), obx(status="X9"), spm("SER")]
    await desk.hl7v2(message("ORU^R01", "1", AT, *segments))
    kept = await desk.one("SELECT * FROM import_rejections WHERE hospital_id = $1")
    assert spm("SER") in kept["source_text"]
