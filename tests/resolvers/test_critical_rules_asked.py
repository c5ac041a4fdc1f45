"""Rules as a client asks for them and sets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from tests.resolvers.recording import recorder

if TYPE_CHECKING:
    from schema.execution import Engine
    from tests.resolvers.conftest import House

RULES = """query ($code: String, $ward: String, $retired: Boolean) {
  criticalRules(code: $code, ward: $ward, retired: $retired, first: 100) { totalCount nodes {
    key version test codes unit low lowComparator high highComparator minAgeHours maxAgeHours sex
    specimen repeatWindowMinutes source createdBy retiredBy retiredReason ward { code }
    versions { version retiredReason }
  } }
}"""
ADD = """mutation ($i: AddCriticalRuleInput!) { addCriticalRule(input: $i) { criticalRule {
  id key version lowComparator low highComparator ward { code } } } }"""
CHANGE = """mutation ($i: ChangeCriticalRuleInput!) { changeCriticalRule(input: $i) { criticalRule {
  version high highComparator } } }"""
RETIRE = """mutation ($i: RetireCriticalRuleInput!) { retireCriticalRule(input: $i) { criticalRule {
  version retiredReason } } }"""
TRY = """mutation ($i: DryRunCriticalRuleInput!) { dryRunCriticalRule(input: $i) {
  judged notJudged raised alreadyCritical noLongerCritical overruled
  counts { day raised ward { code } }
  results { alreadyCritical labResult { value patient { mrn } } } } }"""
RULE = {
    "test": "potassium",
    "codes": ["2823-3"],
    "unit": "mmol/l",
    "source": "the ward's own",
    "low": "3.0",
    "lowComparator": "<",
    "ward": "ICU",
}


@dataclass
class Client:
    """Somebody who asks."""

    house: House
    engine: Engine

    async def ask(self, role: Role, document: str, **given: Any) -> Any:
        """The answer, with its errors."""
        actor = self.house.actor(role, wards=("med",))
        raw = await self.engine.execute(GraphQLRequest(document, None, given), actor)
        return orjson.loads(raw)

    async def keys(self, role: Role, **given: Any) -> list[str]:
        """The keys of the rules that are listed."""
        answer = await self.ask(role, RULES, **given)
        page = answer["data"]["criticalRules"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["key"] for node in page["nodes"]]


@pytest.fixture
def client(house: House, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(house, recorder(house, monkeypatch).engine)


async def test_a_rule_from_its_trial_to_its_end(house: House, client: Client) -> None:
    here, there = await house.inpatient("med"), await house.inpatient("icu")
    who = recorder_of(client)
    for patient in (here, there):
        await client.ask(
            Role.LAB,
            "mutation ($i: RecordLabResultsInput!)"
            " { recordLabResults(input: $i) { outcomes { outcome } } }",
            i={"results": [who(patient, "2.9"), who(patient, "3.0"), who(patient, "2.4")]},
        )
    tried = await client.ask(Role.LAB, TRY, i={"rule": RULE, "days": 1})
    told = tried["data"]["dryRunCriticalRule"]
    assert (told["judged"], told["raised"], told["alreadyCritical"]) == (6, 2, 1)
    assert [(count["raised"], count["ward"]["code"]) for count in told["counts"]] == [(2, "ICU")]
    assert sorted(row["labResult"]["value"] for row in told["results"]) == ["2.4", "2.9"]

    added = await client.ask(Role.ADMIN, ADD, i={"key": "potassium-icu", "rule": RULE})
    rule = added["data"]["addCriticalRule"]["criticalRule"]
    assert rule.pop("id").startswith("crl_")
    assert rule == {
        "key": "potassium-icu",
        "version": 1,
        "lowComparator": "<",
        "low": "3.0",
        "highComparator": None,
        "ward": {"code": "ICU"},
    }
    more = RULE | {"high": "6.0", "highComparator": ">="}
    asked = {"key": "potassium-icu", "version": 1, "rule": more, "reason": "and high"}
    changed = await client.ask(Role.ADMIN, CHANGE, i=asked)
    assert changed["data"]["changeCriticalRule"]["criticalRule"] == {
        "version": 2,
        "high": "6.0",
        "highComparator": ">=",
    }
    again = await client.ask(Role.LAB, CHANGE, i=asked)
    assert again["data"] is None
    assert again["errors"][0]["extensions"] == {"code": "CONFLICT", "version": 2}

    # Nurses of another ward read by what they are called, and not which ward differs.
    read = await client.ask(Role.NURSE, RULES, code="2823-3", retired=False)
    found = {node["key"]: node for node in read["data"]["criticalRules"]["nodes"]}
    assert found.keys() == {
        *("potassium-adult", "potassium-child", "potassium-newborn", "potassium-icu")
    }
    mine = found["potassium-icu"]
    assert (mine["ward"], mine["version"], mine["unit"]) == (None, 2, "mmol/L")
    assert mine["versions"] == [
        {"version": 2, "retiredReason": None},
        {"version": 1, "retiredReason": "and high"},
    ]
    assert found["potassium-adult"]["createdBy"] is None
    assert mine["createdBy"] is not None

    ended = {"key": "potassium-icu", "version": 2, "reason": "the ward is closed"}
    await client.ask(Role.LAB, RETIRE, i=ended)
    assert "potassium-icu" not in await client.keys(Role.ADMIN, retired=False)
    assert await client.keys(Role.ADMIN, retired=True) == ["potassium-icu"] * 2
    assert (await client.keys(Role.ADMIN)).count("potassium-icu") == 2


def recorder_of(client: Client) -> Any:
    """Makes a potassium of an hour ago."""

    def made(patient: str, value: str) -> dict[str, Any]:
        return {
            "patientId": patient,
            "code": "2823-3",
            "value": value,
            "unit": "mmol/L",
            "observedAt": client.house.now.isoformat(),
        }

    return made


async def test_the_rules_of_a_ward_are_its_own_and_those_of_all(client: Client) -> None:
    await client.ask(Role.ADMIN, ADD, i={"key": "potassium-icu", "rule": RULE})
    everywhere = await client.keys(Role.ADMIN, code="2823-3", ward="MED")
    assert everywhere == ["potassium-adult", "potassium-child", "potassium-newborn"]
    there = await client.keys(Role.ADMIN, code="2823-3", ward="ICU")
    assert there == ["potassium-adult", "potassium-child", "potassium-icu", "potassium-newborn"]
    # A ward out of reach is asked of like one that is not there.
    assert await client.keys(Role.NURSE, code="2823-3", ward="ICU") == everywhere
    assert await client.keys(Role.ADMIN, code="2823-3", ward="NOWHERE") == everywhere
    assert await client.keys(Role.ADMIN, code="no-such") == []


@pytest.mark.parametrize(
    ("rule", "extensions"),
    [
        (
            RULE | {"unit": "furlong"},
            {"code": "BAD_USER_INPUT", "field": "rule.unit", "limit": "a unit of UCUM"},
        ),
        (
            RULE | {"codes": ["2823-4"]},
            {"code": "BAD_USER_INPUT", "field": "rule.codes[0]", "limit": "LOINC"},
        ),
        (
            {key: value for key, value in RULE.items() if key != "ward"} | {"minAgeHours": 140_256},
            {"code": "CONFLICT", "key": "potassium-adult"},
        ),
    ],
)
async def test_a_refusal_names_the_field_or_the_other(
    client: Client, rule: dict[str, Any], extensions: dict[str, Any]
) -> None:
    for document, more in ((ADD, {"key": "k"}), (TRY, {"days": 1})):
        answer = await client.ask(Role.LAB, document, i={"rule": rule, **more})
        assert answer["errors"][0]["extensions"] == extensions


@pytest.mark.parametrize("role", [Role.CLERK, Role.INTEGRATOR, Role.PATIENT])
async def test_who_is_not_called_reads_no_rules(client: Client, role: Role) -> None:
    answer = await client.ask(role, RULES)
    assert answer["data"]["criticalRules"] is None
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
