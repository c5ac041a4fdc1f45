from collections.abc import Iterable

import pytest

from models.rules.drug_allergy import conflict
from models.rules.drug_classes import CLASSES, CROSS, CrossReaction, DrugClass
from models.rules.drug_duplicates import duplicate
from models.rules.drug_warnings import DrugWarning, WarningKind, WarningSeverity
from models.rules.drugs import Substance, classes, ingredients, names


def conflicts(drug: Substance, allergies: Iterable[Substance]) -> list[DrugWarning]:
    return [found for one in allergies if (found := conflict(drug, one)) is not None]


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
        assert warning.source


def test_codes_count_where_names_do_not() -> None:
    by_atc = conflicts(Substance("Augmentin", "J01CR02"), [Substance("Ospen", "J01CE02")])
    assert [warning.kind for warning in by_atc] == [WarningKind.ALLERGY_CLASS]
    same = conflicts(Substance("brand a", "723"), [Substance("brand b", "723")])
    assert [warning.kind for warning in same] == [WarningKind.ALLERGY_SUBSTANCE]
    assert conflict(Substance("brand a", "723"), Substance("brand b", "724")) is None


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.name)
def test_every_member_and_every_word_leads_to_its_class(each: DrugClass) -> None:
    for word in each.words | each.drugs:
        assert each in classes(Substance(word)), word
    for code in each.atc:
        assert each in classes(Substance("unknown", code)), code
    assert "WHO ATC" in each.source


def test_classes_have_different_names() -> None:
    assert len({each.name for each in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize("cross", CROSS, ids=lambda cross: f"{cross.one}, {cross.other}")
def test_every_cross_reaction_in_both_directions(cross: CrossReaction) -> None:
    by_name = {each.name: each for each in CLASSES}
    for ordered, reacted in ((cross.one, cross.other), (cross.other, cross.one)):
        # A member that is in no other class: the nearer relation would be told instead.
        drug = next(
            one
            for one in sorted(by_name[ordered].drugs)
            if [each.name for each in classes(Substance(one))] == [ordered]
        )
        found = conflict(Substance(drug), Substance("unknown", by_name[reacted].atc[0]))
        assert found is not None
        assert found.kind is WarningKind.ALLERGY_CROSS
        assert (found.severity, found.source) == (cross.severity, cross.source)
        assert ordered in found.message
        assert reacted in found.message
    assert "FDA label" in cross.source


@pytest.mark.parametrize(
    ("drug", "running", "kind"),
    [
        ("Acetaminophen 325 MG Oral Tablet", "Paracetamol 1 g", WarningKind.DUPLICATE_DRUG),
        ("Acetaminophen 300 MG / HYDROcodone 5 MG", "Paracetamol 1 g", WarningKind.DUPLICATE_DRUG),
        ("heparin sodium, porcine", "Heparin 5000 units", WarningKind.DUPLICATE_DRUG),
        ("Ibuprofen 200 MG", "Naproxen 220 MG", WarningKind.DUPLICATE_CLASS),
        ("Enoxaparin 40 mg", "Heparin 5000 units", WarningKind.DUPLICATE_CLASS),
        ("Furosemide 40 mg", "Hydrochlorothiazide 25 mg", None),
        ("Sodium Chloride 9 MG/ML", "Penicillin V Sodium 250 MG", None),
        ("Amoxicillin 1 g", "Ceftriaxone 2 g", None),
    ],
)
def test_a_second_order_of_the_same(drug: str, running: str, kind: WarningKind | None) -> None:
    for one, other in ((drug, running), (running, drug)):
        found = duplicate(Substance(one), Substance(other))
        assert (None if found is None else found.kind) is kind
        if found is not None:
            same = kind is WarningKind.DUPLICATE_DRUG
            assert found.severity is (WarningSeverity.HIGH if same else WarningSeverity.LOW)


def test_a_second_order_by_code() -> None:
    assert duplicate(Substance("brand a", "723"), Substance("brand b", "723"))
    assert not duplicate(Substance("brand a"), Substance("brand b"))


def test_salts_and_forms_are_no_names() -> None:
    assert "potassium" not in names("Losartan Potassium 50 MG Oral Tablet")
    assert "potassium chloride" in names("potassium chloride 20 mmol")
    assert "tablet" not in names("Warfarin Sodium 5 MG Oral Tablet")
