"""Twelve hours of a ward, through HTTP and WebSocket alone; nothing of ours is imported.

40 patients are registered and admitted, 25 critical results are raised in five rounds, and the
report is held against a count of the events that a station heard.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.first_light.api import ACKNOWLEDGE, RECORD, RECORD_VITALS, Api, Person
from tests.patience import until
from tests.shift.recount import COUNTED, Heard, differences, escalated, figures, waits
from tests.shift.ward import Listener, Shift, client, command, serving, told_again

WARD, PATIENTS, SPARE = "MED1", 40, 5
ROUNDS, EACH, APART = 5, 5, 140
FIELDS = (
    *("episodes", "raised", "reopened", "acknowledged", "withdrawn", "open", "breached"),
    *("readBacksRefused", "repeated", "worsened", "corrected"),
    *("medianMinutes", "p90Minutes", "p99Minutes", "shareReadBack"),
    *("within15Minutes", "within30Minutes", "within60Minutes"),
)
FIGURES = f"{{ name {' '.join(FIELDS)} escalations {{ level episodes }} }}"
REPORT = f"""query ($from: DateTime!, $to: DateTime!) {{
  criticalResultReport(from: $from, to: $to) {{
    timeZone whole {FIGURES} byKind {FIGURES} byWard {FIGURES} byRule {FIGURES} byHour {FIGURES}
    episodes(first: 500) {{
      criticalResultId beganAt reopened outcome endedAt endedBy station readBackGiven
    }}
  }}
}}"""
REGISTER = """mutation ($input: RegisterPatientInput!) {
  registerPatient(input: $input) { patient { id } }
}"""
ADMIT = """mutation ($input: AdmitPatientInput!) {
  admitPatient(input: $input) { admission { id } }
}"""
TRANSFER = """mutation ($input: TransferPatientInput!) {
  transferPatient(input: $input) { admission { id bed { id } } }
}"""
DISCHARGE = """mutation ($input: DischargePatientInput!) {
  dischargePatient(input: $input) { admission { status } }
}"""
CLEAN = (
    """mutation ($input: SetBedStatusInput!) { setBedStatus(input: $input) { bed { status } } }"""
)


@dataclass
class Case:
    """A critical result of the script: what is read back when, in minutes after it was raised, and
    what else its laboratory sends."""

    patient: str
    number: str = field(default_factory=lambda: uuid4().hex)
    value: str = "6.9"
    alert: str = ""
    wrong: float | None = None
    answered: tuple[float, ...] = ()
    sends: dict[float, tuple[str, str]] = field(default_factory=dict)
    """By minute: the value, and whether it is a correction of the result or another one."""


def script(patients: Sequence[str]) -> list[list[Case]]:
    """Five rounds of five. In each three are in time or late, and the last is out of the common."""
    rounds = []
    for number in range(ROUNDS):
        mine = patients[number * EACH : (number + 1) * EACH]
        cases = [
            Case(mine[0], answered=(3,)),
            Case(mine[1], answered=(12,), wrong=3),
            Case(mine[2], answered=(12,) if number % 2 else (22,)),
            Case(mine[3], answered=(22,) if number < 3 else (44,)),
        ]
        special = [
            Case(mine[4]),  # Nobody ever answers.
            Case(mine[4], answered=(22,), sends={3: ("7.3", "CORRECTED")}),
            Case(mine[4], sends={12: ("4.4", "CORRECTED")}),  # Withdrawn.
            Case(mine[4], answered=(3,), sends={22: ("6.8", "AGAIN")}),  # Not worse.
            Case(mine[4], answered=(22,), sends={12: ("7.6", "AGAIN")}),  # Worse.
        ]
        rounds.append([*cases, special[number]])
    # What was read back is corrected, and read back again.
    rounds[0][0].sends, rounds[0][0].answered = {22: ("7.1", "CORRECTED")}, (3, 44)
    return rounds


def beds_by_messages(count: int) -> str:
    """ADT^A01, which make the beds; there is no other way yet to set up a ward."""
    messages = []
    for number in range(1, count + 1):
        at = "20200508130644"
        header = rf"MSH|^~\&|ADM|NORTH|WARD|US|{at}||ADT^A01|{number}|P|2.3"
        who = f"PID|1||SEED{number}^^^X^MRN||Seed{number}^Given||19500417|F"
        visit = f"PV1|1|I|{WARD}^SHIFT^S{number:02}{'|' * 16}V{number}{'|' * 25}{at}"
        messages.append(f"{header}\r{who}\r{visit}\r")
    return "".join(messages)


async def furnish(folder: Path, database_url: str, redis_url: str) -> None:
    path = folder / "beds.hl7"
    path.write_bytes(beds_by_messages(PATIENTS + SPARE).encode())
    where = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    await command(folder, "import", "hl7v2", str(path), **where)


async def fill(admin: Person) -> tuple[list[str], list[str], list[str]]:
    """Discharge whoever made the beds, clean them, register and admit: the patients, their
    admissions, and the beds that are left over."""
    beds = [bed for bed in await admin.beds(WARD) if bed["code"].startswith("S")]
    assert len(beds) == PATIENTS + SPARE

    async def emptied(bed: dict[str, Any]) -> None:
        await admin.run(DISCHARGE, input={"admissionId": bed["admission"]["id"]})
        await admin.run(CLEAN, input={"bedId": bed["id"], "status": "UNOCCUPIED"})

    async def admitted(number: int) -> tuple[str, str]:
        who = {"mrn": f"SHIFT-{number}", "givenName": "Ada", "familyName": f"Shift {number}"}
        made = await admin.run(REGISTER, input=who | {"sex": "FEMALE", "birthDate": "1960-02-03"})
        patient = made["registerPatient"]["patient"]["id"]
        place = {"patientId": patient, "bedId": beds[number]["id"]}
        found = await admin.run(ADMIT, input=place)
        return patient, found["admitPatient"]["admission"]["id"]

    for start in range(0, len(beds), 8):
        await asyncio.gather(*(emptied(bed) for bed in beds[start : start + 8]))
    found = []
    for start in range(0, PATIENTS, 8):
        found += await asyncio.gather(*(admitted(number) for number in range(start, start + 8)))
    spare = [bed["id"] for bed in beds[PATIENTS:]]
    return [patient for patient, _ in found], [admission for _, admission in found], spare


async def send(shift: Shift, case: Case, value: str, number: str, status: str) -> str | None:
    """Record a potassium; the critical result that it belongs to."""
    lab = await shift.person("integrator")
    result = {
        "patientId": case.patient,
        "code": "2823-3",
        "display": "Potassium",
        "value": value,
        "unit": "mmol/L",
        "status": status,
        "observedAt": shift.ago(minutes=5),
        "externalId": number,
    }
    answer = await lab.run(RECORD, input={"results": [result]})
    (outcome,) = answer["recordLabResults"]["outcomes"]
    assert outcome["outcome"] != "REJECTED", outcome
    alert = outcome["labResult"]["criticalResult"]
    return None if alert is None else str(alert["id"])


async def one_round(shift: Shift, start: float, cases: Sequence[Case]) -> None:
    """Raise them, and let come what comes, minute by minute."""
    await shift.go_to(start)
    for case in cases:
        found = await send(shift, case, case.value, case.number, "FINAL")
        assert found is not None
        case.alert = found
    for minute in (3, 12, 22, 44):
        await shift.go_to(start + minute)
        for case in cases:
            if minute in case.sends:
                await later(shift, case, *case.sends[minute])
            if minute == case.wrong:
                nurse = await shift.person("nurse")
                said = {"criticalResultId": case.alert, "readBack": "4.2"}
                assert (await nurse.refused(ACKNOWLEDGE, input=said))["code"] == (
                    "READ_BACK_DIFFERS"
                )
            if minute in case.answered:
                nurse = await shift.person("nurse")
                said = {"criticalResultId": case.alert, "readBack": case.value}
                await nurse.run(ACKNOWLEDGE, input=said)


async def later(shift: Shift, case: Case, value: str, what: str) -> None:
    """What the laboratory sends of a case once more."""
    if what == "CORRECTED":
        assert await send(shift, case, value, case.number, "CORRECTED") == case.alert
        case.value = value
        return
    assert await send(shift, case, value, uuid4().hex, "FINAL") == case.alert
    case.value = max(case.value, value)


async def meanwhile(shift: Shift, start: float, number: int, ward: tuple[Any, Any, Any]) -> None:
    """Other things happen on the ward as well: pulses are counted, somebody gets another bed."""
    patients, admissions, spare = ward
    await shift.go_to(start + 70)
    nurse = await shift.person("nurse")
    for patient in patients[25 + number :: 5]:
        pulse = {"patientId": patient, "recordedAt": shift.ago(minutes=1), "heartRate": 72}
        await nurse.run(RECORD_VITALS, input=pulse)
    charge = await shift.person("charge")
    move = {"admissionId": admissions[30 + number], "bedId": spare[number]}
    await charge.run(TRANSFER, input=move)


def heard_of(event: dict[str, Any]) -> Heard:
    alert = event["criticalResult"]
    at = datetime.fromisoformat(event["occurredAt"])
    return Heard(event["kind"], at, alert["id"], alert["ward"]["code"])


async def test_twelve_hours_of_a_ward(demo_url: str, redis_url: str, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    await furnish(tmp_path, demo_url, redis_url)
    where = {"DATABASE_URL": demo_url, "REDIS_URL": redis_url}
    async with serving(tmp_path, clock, **where) as server, client(server) as http:
        api = Api(http)
        ward = await fill(await api.sign_in("admin"))
        rounds = script(ward[0])
        shift = Shift(api, clock)
        board = Listener(server.sockets, api, "charge")
        listening = asyncio.create_task(board.listen())
        try:
            await board.ready()
            began = shift.ago(seconds=0)
            for number, cases in enumerate(rounds):
                start = 10 + number * APART
                await one_round(shift, start, cases)
                await meanwhile(shift, start, number, ward)
            await shift.go_to(720)
            charge = await shift.person("charge")
            every = await told_again(server.sockets, charge, board.first)
            # The board, which was put out again and again, has heard the same, each once.
            await until(lambda: len(board.heard) >= len(every) or listening.done())
            assert [event["cursor"] for event in board.heard] == [e["cursor"] for e in every]
            assert board.returns > ROUNDS
            heard = [heard_of(event) for event in board.heard]
            period = {"from": began, "to": shift.now.isoformat()}
            report = (await charge.run(REPORT, **period))["criticalResultReport"]
            table = await downloaded(http, charge, period)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        assert "Traceback" not in server.said
    as_the_script_has_it(report["whole"], rounds)
    as_it_was_heard(report, heard)
    for name in FIELDS:
        told = report["whole"][name]
        assert table[name] == ("" if told is None else str(told))


async def downloaded(http: Any, person: Person, period: dict[str, str]) -> dict[str, str]:
    """The first row of the report as CSV: the whole."""
    headers = {"authorization": f"Bearer {person.token}"}
    answer = await http.get("/reports/critical-results.csv", params=period, headers=headers)
    assert answer.status_code == 200, answer.text
    return next(csv.DictReader(io.StringIO(answer.text)))


def as_the_script_has_it(whole: dict[str, Any], rounds: list[list[Case]]) -> None:
    """25 raised; one corrected afterwards, one before it was answered, one withdrawn, one repeated,
    one worse, and one that nobody answered."""
    told = {name: whole[name] for name in FIELDS if isinstance(whole[name], int)}
    assert told == {
        "episodes": 26,
        "raised": 25,
        "reopened": 1,
        "acknowledged": 24,
        "withdrawn": 1,
        "open": 1,
        "breached": 1,
        "readBacksRefused": 5,
        "repeated": 1,
        "worsened": 1,
        "corrected": 1,
    }
    assert len({case.alert for cases in rounds for case in cases}) == 25
    assert [one["level"] for one in whole["escalations"]] == [1, 2, 3]


def as_it_was_heard(report: dict[str, Any], heard: Sequence[Heard]) -> None:
    """Each figure is that of the events."""
    ones = waits(heard)
    assert {*COUNTED, "REOPENED", "BREACHED", "ESCALATED"} <= {event.kind for event in heard}
    assert differences(report["whole"], figures(ones)) == []
    told = [(one["level"], one["episodes"]) for one in report["whole"]["escalations"]]
    assert told == escalated(ones)
    (only,) = report["byKind"]
    assert (only["name"], only["episodes"]) == ("LABORATORY", len(ones))
    zone = ZoneInfo(report["timeZone"])
    names = {
        "byWard": lambda one: one.began.ward,
        "byHour": lambda one: f"{one.began.at.astimezone(zone).hour:02}",
    }
    for group, name in names.items():
        wanted = sorted({name(one) for one in ones})
        assert [each["name"] for each in report[group]] == wanted
        for each in report[group]:
            those = [one for one in ones if name(one) == each["name"]]
            assert differences(each, figures(those)) == []
    assert sum(each["episodes"] for each in report["byRule"]) == len(ones)
    assert [
        (each["criticalResultId"], moment(each["beganAt"]), moment(each["endedAt"]))
        for each in report["episodes"]
    ] == [
        (one.began.alert, one.began.at, None if one.ended is None else one.ended.at) for one in ones
    ]
    ended = [each for each in report["episodes"] if each["outcome"] == "ACKNOWLEDGED"]
    assert {(each["endedBy"], each["station"]) for each in ended} == {
        ("Tom Lindqvist, RN", "127.0.0.1")
    }
    assert all(each["readBackGiven"] for each in ended)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
