"""What a sender says beside the value, and results listed over all patients."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from tests.resolvers.laboratory import alerts
from tests.resolvers.recording import Recorder, only_in_transactions, recorder

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

RECORD = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes { outcome code message labResult {
    id value specimen senderFlag interpretation notJudgedReason
    criticalRule { key version unit highComparator ward { code } }
    criticalResult { id rule criticalRule { key version } }
  } } }
}"""
LIST = """query List($ward: String, $is: [Interpretation!], $why: String, $from: DateTime, $to: DateTime) {
  labResults(ward: $ward, interpretation: $is, notJudgedReason: $why, from: $from, to: $to) {
    totalCount nodes { id interpretation notJudgedReason }
  }
}"""  # noqa: E501 (a document is read across)


async def listed(who: Recorder, **given: Any) -> list[str]:
    """The ids of the results, newest first."""
    raw = await who.engine.execute(GraphQLRequest(LIST, None, given), who.actor)
    answer = orjson.loads(raw)
    assert "errors" not in answer, answer
    page = answer["data"]["labResults"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["id"] for node in page["nodes"]]


@pytest.fixture(params=["at once", "in a transaction"])
def who(house: House, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Recorder:
    """Somebody of the laboratory, on either way of recording."""
    found = recorder(house, monkeypatch)
    found.document = RECORD
    if request.param != "at once":
        only_in_transactions(found.engine, monkeypatch)
    return found


@pytest.mark.parametrize(
    ("value", "more", "interpretation"),
    [
        ("4.1", {"senderFlag": "HH"}, "CRITICAL_HIGH"),
        ("4.1", {"senderFlag": " ll "}, "CRITICAL_LOW"),
        ("9", {"senderFlag": "AA", "unit": "furlong"}, "CRITICAL_ABNORMAL"),
        (None, {"senderFlag": "AA", "text": "gram-positive cocci"}, "CRITICAL_ABNORMAL"),
        ("4.1", {"senderFlag": "POS"}, "NORMAL"),
        (None, {"senderFlag": "POS", "text": "gram-positive cocci"}, "NOT_JUDGED"),
        (None, {"text": "gram-positive cocci"}, "NOT_JUDGED"),
    ],
)
async def test_the_flag_of_the_sender_is_kept_and_heard_where_it_is_critical(
    house: House, who: Recorder, value: str | None, more: dict[str, Any], interpretation: str
) -> None:
    patient = await house.inpatient()
    [outcome] = await who.outcomes(who.potassium(patient, value, **more))
    result = outcome["labResult"]
    assert result["interpretation"] == interpretation
    flag = more.get("senderFlag")
    assert result["senderFlag"] == (None if flag is None else flag.strip().upper())
    critical = interpretation.startswith("CRITICAL")
    assert (result["criticalResult"] is not None) is critical
    assert len(await alerts(house, patient)) == critical
    assert result["criticalRule"] is None
    if interpretation == "NOT_JUDGED":
        assert result["notJudgedReason"] == "text"


async def test_a_flag_that_is_none_is_refused_with_its_field(house: House, who: Recorder) -> None:
    patient = await house.inpatient()
    sent = [who.potassium(patient, "6.9", senderFlag=flag) for flag in ("XX", "H L", "HH", " ")]
    outcomes = await who.outcomes(*sent)
    assert [one["outcome"] for one in outcomes] == ["REJECTED", "REJECTED", "CREATED", "CREATED"]
    assert outcomes[0]["code"] == "BAD_USER_INPUT"
    assert "results[0].senderFlag" in outcomes[0]["message"]
    assert "XX" not in outcomes[0]["message"]
    assert outcomes[3]["labResult"]["senderFlag"] is None


async def test_a_verdict_names_the_version_and_the_specimen_is_kept(
    house: House, who: Recorder
) -> None:
    patient = await house.inpatient()
    [outcome] = await who.outcomes(who.potassium(patient, "6.9", specimen=" BldV "))
    result = outcome["labResult"]
    assert result["specimen"] == "BldV"
    assert result["criticalRule"] == {
        "key": "potassium-adult",
        "version": 1,
        "unit": "mmol/L",
        "highComparator": ">=",
        "ward": None,
    }
    assert result["criticalResult"]["criticalRule"] == {"key": "potassium-adult", "version": 1}
    [refused] = await who.outcomes(who.potassium(patient, "6.9", specimen="x" * 65))
    assert (refused["outcome"], refused["code"]) == ("REJECTED", "BAD_USER_INPUT")


async def test_what_could_not_be_judged_is_listed_with_its_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = recorder(house, monkeypatch)
    lab.document = RECORD
    here, there = await house.inpatient("med"), await house.inpatient("icu")
    at = [(house.now - timedelta(minutes=10 + n)).isoformat() for n in range(6)]
    sent = [
        lab.potassium(here, "4.1", observedAt=at[0]),
        lab.potassium(here, "4.1", unit="furlong", observedAt=at[1]),
        lab.potassium(there, None, text="haemolysed", observedAt=at[2]),
        lab.potassium(there, "9", unit=None, observedAt=at[3]),
        lab.potassium(here, "6.9", observedAt=at[4]),
        lab.potassium(here, "4.1", status="CANCELLED", observedAt=at[5]),
    ]
    results = [one["labResult"]["id"] for one in await lab.outcomes(*sent)]
    assert await listed(lab) == results
    unjudged = ["NOT_JUDGED"]
    assert await listed(lab, **{"is": unjudged}) == [results[n] for n in (1, 2, 3)]
    assert await listed(lab, **{"is": unjudged, "why": "unit"}) == [results[1], results[3]]
    assert await listed(lab, why=" cancelled ") == [results[5]]
    assert await listed(lab, why="comparator") == []
    assert await listed(lab, **{"is": ["CRITICAL_HIGH", "NORMAL"]}) == [results[0], results[4]]
    assert await listed(lab, **{"is": []}) == []
    assert await listed(lab, ward="ICU") == [results[2], results[3]]
    assert await listed(lab, ward="NOWHERE") == []
    assert await listed(lab, to=at[2], **{"from": at[4]}) == [results[3], results[4]]
    # A correction takes the place of what could not be judged.
    [fixed] = await lab.outcomes(lab.potassium(here, "9", unit="furlong", externalId="E1"))
    [again] = await lab.outcomes(lab.potassium(here, "4.2", externalId="E1"))
    found = await listed(lab, **{"is": unjudged})
    assert fixed["labResult"]["id"] not in found
    assert again["labResult"]["id"] in await listed(lab)
    # A nurse lists those of the own ward.
    nurse = Recorder(house, lab.engine, house.actor(Role.NURSE, wards=("icu",)))
    assert await listed(nurse) == [results[2], results[3]]
    assert await listed(nurse, ward="MED") == []


async def test_the_list_is_found_by_an_index(house: House) -> None:
    """Whatever the statistics say: without the sort and the scan of all there is a way."""
    newest = "WHERE hospital_id = $1 AND superseded_at IS NULL"
    order = "ORDER BY observed_at DESC, id DESC LIMIT 50"
    async with house.pool.acquire() as connection, connection.transaction():
        for setting in ("seqscan", "sort", "bitmapscan"):
            await connection.execute(f"SET LOCAL enable_{setting} = off")
        for condition, index in (
            ("", "ix_lab_results_hospital"),
            (" AND interpretation IN ('NOT_JUDGED')", "ix_lab_results_not_judged"),
        ):
            told = await connection.fetch(
                f"EXPLAIN SELECT id FROM lab_results {newest}{condition} {order}", house.id
            )
            assert index in "\n".join(row[0] for row in told), told
