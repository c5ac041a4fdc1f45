"""HL7 v2 of our own making: what the real input does not hold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import models
from resolvers.imports.ledger import Outcome

Make = Callable[..., Any]

AT = "20200508130644"
ORDER = f"OBR|1|P1|F1|U^UREA^WinPath||{AT}"
LABS = "SELECT * FROM lab_results WHERE hospital_id = $1 ORDER BY external_id, version"


def obx(*, kind: str = "NM", test: str = "k^Potassium^WinPath", **fields: str) -> str:
    said = {"value": "4.1", "unit": "MMOLL", "range": "", "flag": "", "status": "F"} | fields
    return (
        f"OBX|1|{kind}|{test}|{fields.get('sub', '')}|{said['value']}|{said['unit']}"
        f"|{said['range']}|{said['flag']}|||{said['status']}|||{AT}"
    )


async def test_a_correction_by_obx_11_is_a_new_version(desk: Any, message: Make) -> None:
    await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, obx()))
    later = "20200508140000"
    ledger = await desk.hl7v2(message("ORU^R01", "2", later, ORDER, obx(value="4.6", status="C")))
    assert ledger.total(Outcome.CORRECTED, "Laboratory result (OBX)") == 1
    assert [(row["value"], row["status"]) for row in await desk.all(LABS)] == [
        (Decimal("4.1"), "FINAL"),
        (Decimal("4.6"), "CORRECTED"),
    ]


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (obx(value="<15"), (Decimal(15), "<", None)),
        (obx(kind="SN", value=">=^7.5"), (Decimal("7.5"), ">=", None)),
        (obx(kind="ST", value="12"), (Decimal(12), None, None)),
        (obx(value="haemolysed"), (None, None, "haemolysed")),
        (obx(kind="CE", value="260385009^Negative^SCT"), (None, None, "Negative")),
        (obx(kind="FT", value=r"one\.br\two \T\ three"), (None, None, "one\ntwo & three")),
    ],
)
async def test_values_by_their_type(
    desk: Any, message: Make, segment: str, expected: tuple[Any, ...]
) -> None:
    await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, segment))
    row = await desk.one(LABS)
    assert (row["value"], row["comparator"], row["text"]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("49 - 92", (Decimal(49), Decimal(92))),
        ("[ 0.04 - 0.40 ]", (Decimal("0.04"), Decimal("0.40"))),
        ("-2-3", (Decimal(-2), Decimal(3))),
        ("[ < 0.21 ]", (None, Decimal("0.21"))),
        (">1.5", (Decimal("1.5"), None)),
        ("9 - 1", (None, None)),
        ("[ ]", (None, None)),
        ("negative", (None, None)),
    ],
)
async def test_reference_ranges(
    desk: Any, message: Make, written: str, expected: tuple[Any, ...]
) -> None:
    await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, obx(range=written)))
    row = await desk.one(LABS)
    assert (row["reference_low"], row["reference_high"]) == expected


async def test_a_report_in_lines_is_one_result(desk: Any, message: Make) -> None:
    lines = [obx(kind="TX", test="r^Report^X", value=word, unit="") for word in ("a", "b", "c")]
    ledger = await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, *lines))
    assert ledger.total(Outcome.UNMAPPED, "Laboratory result (OBX)") == 3
    row = await desk.one(LABS)
    assert (row["text"], row["code"], row["unmapped"]) == ("a\nb\nc", "r", True)


async def test_numbers_of_one_name_are_results_of_their_own(desk: Any, message: Make) -> None:
    text = message("ORU^R01", "1", AT, ORDER, obx(value="4.1"), obx(value="4.3"))
    await desk.hl7v2(text)
    ledger = await desk.hl7v2(text)
    assert ledger.total(Outcome.UNCHANGED, "Laboratory result (OBX)") == 2
    assert [row["value"] for row in await desk.all(LABS)] == [Decimal("4.1"), Decimal("4.3")]


@pytest.mark.parametrize(
    ("test", "unit", "code"),
    [
        ("k^Potassium^WinPath", "MMOLL", "2823-3"),
        ("k^Creatinine^WinPath", "UMOLL", "14682-9"),
        ("k^Creatinine^WinPath", "mg/dL", "2160-0"),
        ("k^Creatinine^WinPath", "g/L", None),
        ("k^Potassium^Elsewhere", "MMOLL", None),
        ("2823-3^Kalium^LN", "mmol/L", "2823-3"),
        ("k^Kalium^X^2823-3^Potassium^LN", "mmol/L", "2823-3"),
    ],
)
async def test_only_what_is_honest_gets_a_loinc_code(
    desk: Any, message: Make, test: str, unit: str, code: str | None
) -> None:
    await desk.hl7v2(message("ORU^R01", "1", AT, ORDER, obx(test=test, unit=unit)))
    row = await desk.one(LABS)
    assert (row["code"], row["unmapped"]) == (code or "k", code is None)


def admit(bed: str, visit: str, at: str = AT) -> str:
    return f"PV1|1|I|{bed}|||||||||||||||{visit}|{'|' * 25}{at}".replace(
        f"|||||||||||||||{visit}", f"{'|' * 16}{visit}"
    )


PERSON = "PID|1||{0}^^^X^MRN||Name{0}^Given||19500417|F"


async def test_two_rooms_may_each_have_a_bed_one(desk: Any, message: Make) -> None:
    for number, room in enumerate(("Blue", "Green")):
        pid = PERSON.format(number)
        await desk.hl7v2(
            message("ADT^A01", str(number), AT, admit(f"W^{room}^1", f"v{number}"), pid=pid)
        )
    rows = await desk.all("SELECT code, status FROM beds WHERE hospital_id = $1 ORDER BY code")
    assert [tuple(row) for row in rows] == [("1", "OCCUPIED"), ("Green 1", "OCCUPIED")]


async def test_who_comes_to_a_taken_bed_is_admitted_without_a_stay(
    desk: Any, message: Make
) -> None:
    first = message("ADT^A01", "1", AT, admit("W^R^1", "v1"), pid=PERSON.format(1))
    second = message("ADT^A01", "2", AT, admit("W^R^1", "v2"), pid=PERSON.format(2))
    ledger = await desk.hl7v2(first + second)
    assert ledger.total(Outcome.CREATED, "Admission (ADT^A01)") == 2
    assert list(ledger.remarks) == ["admissions without a stay: the bed was taken at that time"]
    assert len(await desk.all("SELECT id FROM bed_stays WHERE hospital_id = $1")) == 1


async def test_what_is_retired_is_not_brought_back_by_a_message(desk: Any, message: Make) -> None:
    """Neither a bed of a ward in service, nor a ward: nobody would look for a patient there."""
    places = [f"{ward}^R^{bed}" for ward in ("W", "GONE") for bed in ("1", "2")]
    first, _, gone, _ = places
    for number, place in enumerate((first, gone)):
        pid = PERSON.format(number)
        await desk.hl7v2(message("ADT^A01", f"a{number}", AT, admit(place, f"a{number}"), pid=pid))
    await desk.all("UPDATE bed_stays SET ended_at = now() WHERE hospital_id = $1")
    retire = "UPDATE {} SET retired_at = now() {} WHERE hospital_id = $1 AND code = '{}'"
    await desk.all(retire.format("beds", ", status = 'CLOSED'", "1"))
    await desk.all(retire.format("wards", "", "GONE"))
    text = "".join(
        message("ADT^A01", f"b{number}", AT, admit(place, f"b{number}"), pid=PERSON.format(number))
        for number, place in enumerate(places, 2)
    )
    ledger = await desk.hl7v2(text)
    assert dict(ledger.remarks) == {
        "admissions without a stay: the bed was taken at that time": 1,
        "admissions without a stay: the message names no bed, or a ward that is retired": 2,
    }
    beds = await desk.all(
        "SELECT wards.code, beds.code, beds.retired_at IS NULL FROM beds JOIN wards"
        " ON wards.id = ward_id WHERE beds.hospital_id = $1 ORDER BY 1, 2"
    )
    assert [tuple(row) for row in beds] == [
        ("GONE", "1", False),
        ("W", "1", False),
        ("W", "2", True),
    ]


async def test_an_admission_is_not_begun_again_after_the_discharge(
    desk: Any, message: Make
) -> None:
    text = message("ADT^A01", "1", AT, admit("W^R^1", "v1"))
    await desk.hl7v2(text)
    await desk.all(
        "UPDATE admissions SET status = 'FINISHED', discharged_at = now() WHERE hospital_id = $1"
    )
    ledger = await desk.hl7v2(text)
    assert ledger.total(Outcome.UNCHANGED, "Admission (ADT^A01)") == 1
    row = await desk.one("SELECT status FROM admissions WHERE hospital_id = $1")
    assert row["status"] == "FINISHED"


async def test_a_second_admission_is_rejected_while_the_first_goes_on(
    desk: Any, message: Make
) -> None:
    await desk.hl7v2(message("ADT^A01", "1", AT, admit("W^R^1", "v1")))
    ledger = await desk.hl7v2(message("ADT^A01", "2", AT, admit("W^R^2", "v2")))
    (reason,) = ledger.reasons
    assert reason == ("Admission (ADT^A01)", "the patient has another admission that goes on")


async def test_the_newest_message_says_who_the_patient_is_in_every_run(
    desk: Any, message: Make
) -> None:
    pid = "PID|1||77^^^X^MRN||{}^Ife||19500417|F|||||{}"
    text = message("ADT^A08", "2", "20200602", pid=pid.format("New", '""')) + message(
        "ADT^A08", "1", "20200601", pid=pid.format("Old", "0123")
    )
    assert (await desk.hl7v2(text)).balanced
    ledger = await desk.hl7v2(text)
    assert ledger.total(Outcome.UNCHANGED, "Patient (PID)") == 2
    row = await desk.one("SELECT family_name, phone FROM patients WHERE hospital_id = $1")
    assert tuple(row) == ("New", None)


async def test_allergies_and_what_other_messages_mean(desk: Any, message: Make) -> None:
    allergy = f"AL1|1|DA|91936005^Penicillin allergy^SNM3|SV|Rash~Wheezing|{AT}"
    ledger = await desk.hl7v2(
        message("ADT^A08", "1", AT, allergy) + message("ADT^A03", "2", AT, "PV1|1|I")
    )
    row = await desk.one("SELECT * FROM allergies WHERE hospital_id = $1")
    assert (row["substance"], row["code"], row["criticality"], row["reaction"]) == (
        "Penicillin allergy", "91936005", "HIGH", "Rash Wheezing",
    )  # fmt: skip
    assert ledger.total(Outcome.NOT_HELD, "Message (ADT^A03)") == 1
    assert ledger.total(Outcome.CREATED, "Patient (PID)") == 1


async def test_who_ordered_it_is_kept_where_that_is_a_user_here(desk: Any, message: Make) -> None:
    user, name = models.new_id(), models.new_id().hex
    await desk.run.pool.execute(
        "INSERT INTO users (id, hospital_id, username, display_name, password_hash)"
        " VALUES ($1, $2, $3, 'Ann Grey', '!')",
        *(user, desk.run.actor.hospital_id, name),
    )
    for number, (written, expected) in enumerate(
        ((f"{name.upper()}^Grey^Ann", user), ("G4711^Other", None), ("", None))
    ):
        order = f"{ORDER.replace('F1', f'F{number}')}{'|' * 10}{written}"
        await desk.hl7v2(message("ORU^R01", f"{number}", AT, order, obx()))
        rows = [row for row in await desk.all(LABS) if row["external_id"].startswith(f"F{number}")]
        assert [row["ordered_by"] for row in rows] == [expected]
