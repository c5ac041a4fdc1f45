"""What is rejected: kept with its source, not doubled, tried again, resolved."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from resolvers.imports.files import fhir_files
from resolvers.imports.ledger import Outcome
from tests.owner import as_owner

Make = Callable[..., Any]

REJECTED = "SELECT * FROM import_rejections WHERE hospital_id = $1 ORDER BY id"
UNIT = "OBR|1|P1|F1|B^BLOOD^WinPath||20200508130644"
GOOD = "OBX|1|NM|a^Potassium^WinPath||4.1|MMOLL|3.5 - 5.3||||F|||20200508130644"


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType": "Bundle", "entry": [',
        "[]",
        '"text"',
        '{"no": "resource"}',
        '{"resourceType": "Bundle", "entry": 3}',
        '{"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE"}}]}',
        '{"resourceType": "Bundle", "entry": [null]}',
        '{"resourceType": 7}',
        "[" * 100_000,
        '{"resourceType": "Observation", "valueQuantity": {"value": NaN}}',
    ],
)
async def test_a_broken_document_is_kept_once_and_stops_nothing(
    desk: Any, patient: Any, bundle: Make, text: str
) -> None:
    for _ in range(2):
        ledger = await desk.fhir(text, bundle(patient))
        assert ledger.balanced
        rows = await desk.all(REJECTED)
        assert len(rows) == ledger.total(Outcome.REJECTED) == 1
    assert len(await desk.all("SELECT id FROM patients WHERE hospital_id = $1")) == 1


async def test_a_damaged_file_is_kept_whole(desk: Any, patient: Any, bundle: Make) -> None:
    path = desk.folder / "damaged.json.gz"
    path.write_bytes(gzip.compress(json.dumps(bundle(patient)).encode())[:-20])
    ledger = await desk.run.fhir(fhir_files([path]))
    assert ledger.total(Outcome.REJECTED) == 1
    row = await desk.one(REJECTED)
    assert row["source_text"].startswith("base64:")


async def test_a_bad_resource_is_kept_and_the_others_go_in(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    bad = lab("o2", "2823-3", 4, "mmol/L", desk.now, effectiveDateTime="2999-01-01T00:00:00Z")
    ledger = await desk.fhir(bundle(patient, lab("o1", "2823-3", 4, "mmol/L", desk.now), bad))
    assert ledger.total(Outcome.REJECTED) == 1
    row = await desk.one(REJECTED)
    assert row["reason"] == "the time of the observation is in the future"
    kept = json.loads(row["source_text"])["entry"]
    assert kept[-1]["resource"] == bad
    assert len(await desk.all("SELECT id FROM lab_results WHERE hospital_id = $1")) == 1


async def test_a_result_of_a_patient_unknown_goes_in_when_the_patient_has_come(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    observed = lab("o1", "2823-3", 4, "mmol/L", desk.now, subject={"reference": "Patient/MRN-1"})
    ledger = await desk.fhir(bundle(observed))
    assert ledger.reasons["Observation (laboratory)", "the patient is not known here"] == 1
    assert (await desk.run.retry()).total(Outcome.REJECTED) == 1

    await desk.fhir(bundle(patient))
    ledger = await desk.run.retry()
    assert ledger.read.total() == ledger.total(Outcome.CREATED) == 1
    row = await desk.one(REJECTED)
    assert row["resolved_at"] is not None
    assert await desk.run.rejected() == []
    assert (await desk.run.retry()).read.total() == 0


async def test_the_corrected_record_resolves_its_rejection_and_a_worse_one_opens_it(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    bad = lab("o1", "2823-3", 4, "mmol/L", desk.now, status="registered")
    good = lab("o1", "2823-3", 4, "mmol/L", desk.now)
    await desk.fhir(bundle(patient, bad))
    first = await desk.one(REJECTED)
    assert first["resolved_at"] is None
    await desk.fhir(bundle(patient, good))
    assert (await desk.one(REJECTED))["resolved_at"] is not None
    await desk.fhir(bundle(patient, bad))
    again = await desk.one(REJECTED)
    assert (again["id"], again["resolved_at"]) == (first["id"], None)


@pytest.mark.parametrize(
    ("segments", "kind"),
    [
        (("OBX|1|NM|a^Potassium^WinPath||4.1|MMOLL|||||?|||20200508130644",), "Laboratory"),
        (("OBX|1|NM|a^Potassium^WinPath|||MMOLL|||||F|||20200508130644",), "Laboratory"),
        (("OBX|1|NM|||4.1|MMOLL|||||F|||20200508130644",), "Laboratory"),
        (("OBX|1|NM|a^Potassium^WinPath||4.1|MMOLL|||||F|||2020",), "Laboratory"),
        (("and the rest of a line that was torn",), "unreadable"),
    ],
)
async def test_a_broken_segment_is_kept_once_and_the_message_goes_in(
    desk: Any, message: Make, segments: tuple[str, ...], kind: str
) -> None:
    text = message("ORU^R01", "1", "20200508130644", UNIT, GOOD, *segments)
    for _ in range(2):
        ledger = await desk.hl7v2(text)
        assert ledger.balanced
        assert ledger.total(Outcome.REJECTED) == 1
        row = await desk.one(REJECTED)
        assert row["record_type"].startswith(kind)
        assert segments[0] in row["source_text"]
    assert (await desk.run.retry()).total(Outcome.REJECTED) == 1
    assert len(await desk.all(REJECTED)) == 1
    assert len(await desk.all("SELECT id FROM lab_results WHERE hospital_id = $1")) == 1


@pytest.mark.parametrize("text", ["PID|1||5\r", "no message at all", "MSH|\r", "MSH|||||||\r"])
async def test_what_is_no_message_is_kept(desk: Any, message: Make, text: str) -> None:
    ledger = await desk.hl7v2(text + "\r" + message("ADT^A08", "1", "20200101"))
    assert ledger.balanced
    assert ledger.total(Outcome.REJECTED) == 1
    assert ledger.total(Outcome.CREATED, "Patient (PID)") == 1


async def test_a_pressure_is_tried_again_with_its_other_half(desk: Any, message: Make) -> None:
    text = message(
        "ORU^R01",
        "1",
        "20200508130644",
        "OBR|1|P1|F1|V^Vital Signs^X||20200508130644",
        "OBX|1|NM|1^MDC_PRESS_BLD_NONINV_SYS^MDC||60|MDC_DIM_MMHG|||||F|||20200508130644",
        "OBX|2|NM|2^MDC_PRESS_BLD_NONINV_DIA^MDC||90|MDC_DIM_MMHG|||||F|||20200508130644",
    )
    assert (await desk.hl7v2(text)).total(Outcome.REJECTED) == 2
    assert (await desk.run.retry()).total(Outcome.REJECTED) == 2
    assert await desk.all("SELECT id FROM vital_signs WHERE hospital_id = $1") == []


async def test_what_the_database_refuses_takes_nothing_else_with_it(
    desk: Any, patient: Any, lab: Make, bundle: Make
) -> None:
    """A trigger stands for whatever nobody thought of: the others of the batch still go in."""
    async with as_owner(desk.run.pool) as owner:
        await owner.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE check_violation; END $$"
        )
        await owner.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON lab_results FOR EACH ROW"
            " WHEN (NEW.display = 'unthought-of') EXECUTE FUNCTION refuse()"
        )
    try:
        results = [lab(f"o{n}", "2823-3", 4, "mmol/L", desk.now) for n in range(9)]
        results[4]["code"]["coding"][0]["display"] = "unthought-of"
        ledger = await desk.fhir(bundle(patient, *results))
    finally:
        async with as_owner(desk.run.pool) as owner:
            await owner.execute("DROP TRIGGER refuse ON lab_results; DROP FUNCTION refuse()")
    assert ledger.balanced
    assert ledger.total(Outcome.CREATED) == 9
    assert ledger.reasons["Observation (laboratory)", "the database refuses it"] == 1
    assert (await desk.run.retry()).total(Outcome.CREATED) == 1
