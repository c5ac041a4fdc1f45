"""Every pair of the table, in both orders, by name and by code."""

import itertools

import pytest

from models.rules.drug_interactions import INTERACTIONS, Agents, Interaction, interaction
from models.rules.drug_warnings import WarningKind, WarningSeverity
from models.rules.drugs import Substance

_WORST = (WarningSeverity.HIGH, WarningSeverity.MODERATE, WarningSeverity.LOW)


def _named(pair: Interaction) -> str:
    return f"{pair.one.name} with {pair.other.name}"


def _members(agents: Agents) -> list[Substance]:
    by_name = [Substance(f"{drug} 5 MG Oral Tablet") for drug in sorted(agents.drugs)]
    return by_name + [Substance("a brand", code) for code in agents.atc]


@pytest.mark.parametrize("pair", INTERACTIONS, ids=_named)
def test_every_member_with_every_other_in_both_orders(pair: Interaction) -> None:
    for one, other in itertools.product(_members(pair.one), _members(pair.other)):
        there, back = interaction(one, other), interaction(other, one)
        assert there is not None, (one, other)
        assert there == back
        assert there.kind is WarningKind.INTERACTION
        # Another row may say worse of the same two, none less.
        assert _WORST.index(there.severity) <= _WORST.index(pair.severity)


@pytest.mark.parametrize("pair", INTERACTIONS, ids=_named)
def test_each_says_what_happens_and_who_says_so(pair: Interaction) -> None:
    assert pair.effect
    assert pair.source.startswith("FDA ")
    assert pair.severity in (WarningSeverity.HIGH, WarningSeverity.MODERATE)
    assert pair.one.atc
    assert pair.other.atc
    for agents in (pair.one, pair.other):
        for code in agents.atc:
            # ATC: a letter, two digits, a letter, a letter, two digits, or the beginning of it.
            shape = "ADDAADD"[: len(code)]
            assert all(
                c.isdigit() if s == "D" else c.isupper() for c, s in zip(code, shape, strict=True)
            )


@pytest.mark.parametrize("pair", INTERACTIONS, ids=_named)
def test_the_table_holds_a_pair_once(pair: Interaction) -> None:
    same = [
        each
        for each in INTERACTIONS
        if {each.one.name, each.other.name} == {pair.one.name, pair.other.name}
    ]
    assert same == [pair]


KNOWN = [
    ("Warfarin Sodium 5 MG Oral Tablet", "aspirin 81 mg", "HIGH"),
    ("warfarin", "Fluconazole 200 MG", "HIGH"),
    ("Methotrexate 2.5 MG", "Sulfamethoxazole 800 MG / Trimethoprim 160 MG Oral Tablet", "HIGH"),
    ("Simvastatin 40 MG", "Clarithromycin 500 MG", "HIGH"),
    ("simvastatin", "itraconazole", "HIGH"),
    ("sildenafil", "Nitroglycerin 0.4 MG Sublingual Tablet", "HIGH"),
    ("phenelzine", "sertraline", "HIGH"),
    ("linezolid", "Fluoxetine 20 MG", "HIGH"),
    ("clopidogrel", "omeprazole", "MODERATE"),
    ("digoxin", "amiodarone", "HIGH"),
    ("lithium carbonate", "Ibuprofen 400 MG", "HIGH"),
    ("Lisinopril 10 MG", "spironolactone", "MODERATE"),
    ("lisinopril", "Potassium Chloride 20 MEQ", "MODERATE"),
    ("colchicine", "clarithromycin", "HIGH"),
    ("azathioprine", "allopurinol", "HIGH"),
    ("azathioprine", "febuxostat", "HIGH"),
    ("tizanidine", "ciprofloxacin", "HIGH"),
    ("theophylline", "Ciprofloxacin 500 MG", "HIGH"),
    ("Codeine 30 MG", "diazepam", "HIGH"),
    ("ondansetron", "haloperidol", "MODERATE"),
    ("heparin sodium, porcine 5000 UNT/ML Injection", "aspirin 81 mg", "MODERATE"),
    ("Heparin 5000 units", "Ibuprofen 400 MG", "MODERATE"),
    ("Heparin 5000 units", "warfarin", "MODERATE"),
    ("Heparin 5000 units", "rivaroxaban", "HIGH"),
    ("0.4 ML enoxaparin sodium 100 MG/ML Prefilled Syringe", "clopidogrel 75 MG", "HIGH"),
    ("enoxaparin", "Ketorolac 15 MG/ML", "HIGH"),
    ("dalteparin", "apixaban", "HIGH"),
]


@pytest.mark.parametrize(("one", "other", "severity"), KNOWN)
def test_pairs_that_everybody_knows(one: str, other: str, severity: str) -> None:
    for found in (
        interaction(Substance(one), Substance(other)),
        interaction(Substance(other), Substance(one)),
    ):
        assert found is not None
        assert found.severity == severity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paracetamol", "amoxicillin"),
        ("warfarin", "paracetamol"),
        ("Losartan Potassium 50 MG", "Lisinopril 10 MG"),
        ("simvastatin", "azithromycin"),
        ("metoprolol", "amlodipine"),
        ("enoxaparin", "oxycodone"),
        ("Heparin 5000 units", "paracetamol"),
        ("warfarin", "warfarin"),
        ("", ""),
    ],
)
def test_what_is_not_in_the_table_gives_none(one: str, other: str) -> None:
    assert interaction(Substance(one), Substance(other)) is None
