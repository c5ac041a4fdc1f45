import pytest

from models.rules.drug_allergy import (
    CLASSES,
    CROSS,
    Substance,
    classes,
    conflicts,
    duplicates,
    ingredients,
)
from models.rules.drug_warnings import WarningKind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Acetaminophen 325 MG Oral Tablet", {"paracetamol"}),
        ("Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet", {"amoxicillin", "clavulanate"}),
        ("0.3 ML Epinephrine 1 MG/ML Auto-Injector", {"epinephrine"}),
        ("24 HR metoprolol succinate 100 MG Extended Release Oral Tablet [Toprol]", {"metoprolol"}),
        ("Sodium Chloride 9 MG/ML Injectable Solution", {"sodium chloride"}),
        ("potassium chloride 20 mmol", {"potassium chloride"}),
        ("Penicillin V Potassium 250 MG", {"phenoxymethylpenicillin", "penicillin"}),
        ("Allergy to peanuts", {"peanuts"}),
        ("Shellfish allergy", {"shellfish"}),
        ("", set()),
        ("500 MG", set()),
    ],
)
def test_substances_of_a_text(text: str, found: set[str]) -> None:
    assert ingredients(text) == found


@pytest.mark.parametrize(
    ("drug", "allergy", "kind"),
    [
        ("Amoxicillin 500 MG Oral Tablet", "amoxicillin", WarningKind.ALLERGY_SUBSTANCE),
        ("Acetaminophen 325 MG", "Paracetamol allergy", WarningKind.ALLERGY_SUBSTANCE),
        ("Amoxicillin 500 MG Oral Tablet", "Penicillin", WarningKind.ALLERGY_CLASS),
        ("piperacillin 4 g / tazobactam", "Allergy to penicillins", WarningKind.ALLERGY_CLASS),
        ("Ibuprofen 200 MG Oral Tablet", "Aspirin", WarningKind.ALLERGY_CLASS),
        ("Ibuprofen 200 MG Oral Tablet", "NSAID intolerance", WarningKind.ALLERGY_CLASS),
        ("sulfamethoxazole and trimethoprim", "sulfa drug", WarningKind.ALLERGY_CLASS),
        ("Meperidine Hydrochloride 50 MG", "morphine", WarningKind.ALLERGY_CLASS),
        ("Ceftriaxone 1 g", "beta-lactam", WarningKind.ALLERGY_CLASS),
        ("Cefuroxime 250 MG Oral Tablet", "penicillin", WarningKind.ALLERGY_CROSS),
        ("Amoxicillin 250 MG", "cephalexin", WarningKind.ALLERGY_CROSS),
        ("meropenem 1 g", "amoxicillin", WarningKind.ALLERGY_CROSS),
        ("peanuts", "Allergy to peanuts", WarningKind.ALLERGY_SUBSTANCE),
        ("Paracetamol 500 mg", "Penicillin", None),
        ("Amoxicillin 500 MG", "Shellfish allergy", None),
        ("Simvastatin 20 MG", "", None),
        ("", "", None),
    ],
)
def test_a_drug_against_an_allergy(drug: str, allergy: str, kind: WarningKind | None) -> None:
    found = conflicts(Substance(drug), [Substance(allergy)])
    assert [warning.kind for warning in found] == ([] if kind is None else [kind])
    for warning in found:
        assert warning.cause == allergy
        assert warning.source


def test_codes_count_where_names_do_not() -> None:
    by_atc = conflicts(Substance("Augmentin", "J01CR02"), [Substance("Ospen", "J01CE02")])
    assert [warning.kind for warning in by_atc] == [WarningKind.ALLERGY_CLASS]
    same = conflicts(Substance("brand a", "723"), [Substance("brand b", "723")])
    assert [warning.kind for warning in same] == [WarningKind.ALLERGY_SUBSTANCE]
    assert conflicts(Substance("brand a", "723"), [Substance("brand b", "724")]) == ()


def test_each_allergy_warns_for_itself() -> None:
    allergies = [Substance("Penicillin"), Substance("Latex"), Substance("Amoxicillin")]
    found = conflicts(Substance("Amoxicillin 500 MG"), allergies)
    assert [warning.cause for warning in found] == ["Penicillin", "Amoxicillin"]


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.name)
def test_every_member_and_every_word_leads_to_its_class(each) -> None:  # noqa: ANN001
    for word in each.words | each.drugs:
        assert each in classes(Substance(word)), word
    for code in each.atc:
        assert each in classes(Substance("unknown", code)), code
    assert "WHO ATC" in each.source


def test_cross_reactions_name_classes_that_exist() -> None:
    names = {each.name for each in CLASSES}
    assert {name for one, other, _ in CROSS for name in (one, other)} <= names


@pytest.mark.parametrize(
    ("drug", "running", "twice"),
    [
        ("Acetaminophen 325 MG Oral Tablet", "Paracetamol 1 g", True),
        ("Acetaminophen 300 MG / HYDROcodone Bitartrate 5 MG [Vicodin]", "Paracetamol 1 g", True),
        ("heparin sodium, porcine", "Heparin 5000 units", True),
        ("Ibuprofen 200 MG", "Naproxen 220 MG", False),
        ("Sodium Chloride 9 MG/ML", "Penicillin V Sodium 250 MG", False),
    ],
)
def test_a_second_order_of_the_same(drug: str, running: str, twice: bool) -> None:
    found = duplicates(Substance(drug), [Substance(running)])
    assert [warning.kind for warning in found] == ([WarningKind.DUPLICATE_DRUG] if twice else [])


def test_a_second_order_by_code() -> None:
    assert duplicates(Substance("brand a", "723"), [Substance("brand b", "723")])
    assert not duplicates(Substance("brand a"), [Substance("brand b")])
