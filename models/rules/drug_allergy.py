"""Warnings before a drug is ordered: a recorded allergy to it or its class, or a second order.

A starter set, by name and by ATC code, for a hospital without a drug knowledge base; it warns, and
never says that a drug is safe. What it does not know gives no warning of class, but the same
substance and the same drug are found by name for every drug.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from models.rules.drug_warnings import DrugWarning, WarningKind, WarningSeverity


@dataclass(frozen=True, slots=True)
class Substance:
    """A drug or what somebody is allergic to, as it was written; `code` is RxNorm, ATC or none."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class DrugClass:
    """`words` name the class in an allergy list, `drugs` are its members (INN and USAN)."""

    name: str
    words: frozenset[str]
    drugs: frozenset[str]
    atc: tuple[str, ...]
    source: str


def _class(name: str, words: str, drugs: str, atc: str) -> DrugClass:
    source = f"WHO ATC index, {', '.join(atc.split())}; starter set"
    return DrugClass(
        name,
        frozenset(words.split("|")),
        frozenset(drugs.split()),
        tuple(atc.split()),
        source,
    )


CLASSES: tuple[DrugClass, ...] = (
    _class(
        "penicillins",
        "penicillin|penicillins|beta lactam|beta lactams",
        "penicillin benzylpenicillin phenoxymethylpenicillin amoxicillin ampicillin piperacillin"
        " ticarcillin oxacillin cloxacillin dicloxacillin flucloxacillin nafcillin pivmecillinam",
        "J01C",
    ),
    _class(
        "cephalosporins",
        "cephalosporin|cephalosporins|cefalosporin|cefalosporins|beta lactam|beta lactams",
        "cefalexin cephalexin cefazolin cefadroxil cefuroxime cefaclor cefoxitin ceftriaxone"
        " cefotaxime ceftazidime cefixime cefpodoxime cefdinir cefepime ceftaroline",
        "J01DB J01DC J01DD J01DE J01DI",
    ),
    _class(
        "carbapenems",
        "carbapenem|carbapenems|beta lactam|beta lactams",
        "imipenem meropenem ertapenem doripenem",
        "J01DH",
    ),
    _class(
        "sulfonamide antibiotics",
        "sulfa|sulpha|sulfonamide|sulfonamides|sulphonamide|sulphonamides|sulfa drugs",
        "sulfamethoxazole sulfadiazine sulfisoxazole sulfasalazine cotrimoxazole",
        "J01EB J01EC J01ED J01EE",
    ),
    _class(
        "macrolides",
        "macrolide|macrolides",
        "erythromycin clarithromycin azithromycin roxithromycin",
        "J01FA",
    ),
    _class(
        "fluoroquinolones",
        "quinolone|quinolones|fluoroquinolone|fluoroquinolones",
        "ciprofloxacin levofloxacin moxifloxacin ofloxacin norfloxacin",
        "J01MA",
    ),
    _class(
        "tetracyclines",
        "tetracycline|tetracyclines",
        "tetracycline doxycycline minocycline tigecycline",
        "J01A",
    ),
    _class(
        "aminoglycosides",
        "aminoglycoside|aminoglycosides",
        "gentamicin tobramycin amikacin streptomycin neomycin",
        "J01G",
    ),
    _class(
        "NSAIDs",
        "nsaid|nsaids|salicylate|salicylates|nonsteroidal anti inflammatory drugs",
        "aspirin ibuprofen naproxen diclofenac ketorolac indomethacin indometacin ketoprofen"
        " meloxicam piroxicam etodolac nabumetone celecoxib etoricoxib",
        "M01A N02BA",
    ),
    _class(
        "opioids",
        "opioid|opioids|opiate|opiates",
        "morphine codeine hydrocodone oxycodone hydromorphone fentanyl remifentanil sufentanil"
        " alfentanil pethidine tramadol tapentadol methadone buprenorphine",
        "N02A N01AH",
    ),
    _class(
        "ACE inhibitors",
        "ace inhibitor|ace inhibitors",
        "lisinopril enalapril ramipril captopril perindopril benazepril quinapril fosinopril",
        "C09A C09B",
    ),
    _class(
        "statins",
        "statin|statins",
        "simvastatin atorvastatin rosuvastatin pravastatin lovastatin fluvastatin pitavastatin",
        "C10AA",
    ),
    _class(
        "heparins",
        "heparin|heparins",
        "heparin enoxaparin dalteparin tinzaparin nadroparin",
        "B01AB",
    ),
    _class(
        "benzodiazepines",
        "benzodiazepine|benzodiazepines",
        "diazepam lorazepam midazolam clonazepam alprazolam temazepam oxazepam",
        "N05BA N05CD N03AE",
    ),
    _class(
        "aromatic anticonvulsants",
        "aromatic anticonvulsant|aromatic anticonvulsants",
        "carbamazepine oxcarbazepine phenytoin fosphenytoin phenobarbital lamotrigine",
        "N03AA N03AB N03AF N03AX09",
    ),
    _class(
        "amide local anaesthetics",
        "amide anaesthetic|amide anesthetic|amide local anaesthetics|amide local anesthetics",
        "lidocaine bupivacaine ropivacaine mepivacaine prilocaine articaine",
        "N01BB",
    ),
)

CROSS: tuple[tuple[str, str, str], ...] = (
    (
        "penicillins",
        "cephalosporins",
        "FDA label of cephalexin, 5.1: cross-hypersensitivity among beta-lactam antibacterials",
    ),
    (
        "penicillins",
        "carbapenems",
        "FDA label of meropenem, 5.1: reactions in people allergic to other beta-lactams",
    ),
    (
        "cephalosporins",
        "carbapenems",
        "FDA label of meropenem, 5.1: reactions in people allergic to other beta-lactams",
    ),
)
"""Two classes that share reactions, in both directions, and who says so."""

# One substance, two names: INN beside USAN or BAN.
_SAME = {
    "acetaminophen": "paracetamol",
    "acetylsalicylic acid": "aspirin",
    "adrenaline": "epinephrine",
    "albuterol": "salbutamol",
    "frusemide": "furosemide",
    "glyburide": "glibenclamide",
    "lignocaine": "lidocaine",
    "meperidine": "pethidine",
    "cephalexin": "cefalexin",
    "indomethacin": "indometacin",
    "co trimoxazole": "cotrimoxazole",
    "penicillin v": "phenoxymethylpenicillin",
    "penicillin g": "benzylpenicillin",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRENGTH = re.compile(
    r"\d[\d.,]*\s*(?:mg|mcg|ug|g|kg|ml|l|meq|mmol|units?|unt|iu|hr|actuat|day|%)\b"
    r"(?:\s*/\s*[\d.,]*\s*(?:mg|ml|l|hr|h|actuat|dose|kg|g)\b)?",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s/\s|\+|;|\bwith\b|\band\b")
_WORDS = re.compile(r"[a-z][a-z0-9]*")
_FORMS = _names(
    "oral tablet tablets capsule capsules solution suspension injection injectable injector auto"
    " prefilled syringe inhaler inhalant metered dose dry powder spray mucosal topical cream"
    " ointment patch transdermal system vaginal ring implant drug pack day extended release"
    " delayed chewable porcine ml mg mcg hr actuat per iv po"
    " allergy allergic allergies to hypersensitivity intolerance adverse reaction"
)
_SALTS = _names(
    "sodium potassium calcium hydrochloride hcl sulfate sulphate phosphate succinate tartrate"
    " maleate mesylate acetate citrate bitartrate hydrobromide bromide chloride fumarate"
    " propionate trihydrate monohydrate magnesium besylate"
)


def ingredients(name: str) -> frozenset[str]:
    """The substances named in a drug's or an allergy's text, in lower case, without strengths,
    forms and salts: `Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet` has two."""
    text = re.sub(r"\[[^\]]*\]", " ", name.lower())
    found: set[str] = set()
    for part in _PARTS.split(_STRENGTH.sub(" ", text)):
        words = [w for w in _WORDS.findall(part) if w not in _FORMS and not re.search(r"\d", w)]
        kept = [word for word in words if word not in _SALTS] or words
        if kept:
            plain = " ".join(kept)
            found.add(_SAME.get(plain, plain))
            found.update(_SAME.get(word, word) for word in kept if word in _KNOWN)
    return frozenset(found)


_KNOWN = frozenset(drug for each in CLASSES for drug in each.drugs) | frozenset(_SAME)


def classes(substance: Substance) -> tuple[DrugClass, ...]:
    """The classes that a drug belongs to, or that an allergy names."""
    named = ingredients(substance.name)
    code = (substance.code or "").upper()
    return tuple(
        each
        for each in CLASSES
        if named & (each.words | {_SAME.get(drug, drug) for drug in each.drugs})
        or (code and code.startswith(each.atc))
    )


def conflicts(drug: Substance, allergies: Iterable[Substance]) -> tuple[DrugWarning, ...]:
    """A warning for each allergy that speaks against `drug`, the most direct one of each."""
    return tuple(
        warning for allergy in allergies if (warning := _conflict(drug, allergy)) is not None
    )


def _conflict(drug: Substance, allergy: Substance) -> DrugWarning | None:
    shared = ingredients(drug.name) & ingredients(allergy.name)
    if shared or (drug.code and drug.code == allergy.code):
        what = ", ".join(sorted(shared)) or drug.name
        return DrugWarning(
            WarningKind.ALLERGY_SUBSTANCE,
            WarningSeverity.HIGH,
            allergy.name,
            f"an allergy to {what} is recorded",
            "the same substance, by name or code",
        )
    of_drug, of_allergy = classes(drug), classes(allergy)
    for each in of_drug:
        if each in of_allergy:
            return DrugWarning(
                WarningKind.ALLERGY_CLASS,
                WarningSeverity.HIGH,
                allergy.name,
                f"an allergy to a drug of the same class ({each.name}) is recorded",
                each.source,
            )
    for one, other, source in CROSS:
        for mine in of_drug:
            for theirs in of_allergy:
                if {mine.name, theirs.name} == {one, other}:
                    return DrugWarning(
                        WarningKind.ALLERGY_CROSS,
                        WarningSeverity.MODERATE,
                        allergy.name,
                        f"an allergy to {theirs.name} is recorded, which may extend to {mine.name}",
                        source,
                    )
    return None


def duplicates(drug: Substance, running: Iterable[Substance]) -> tuple[DrugWarning, ...]:
    """A warning for each running order that holds a substance of `drug`."""
    mine = ingredients(drug.name)
    found = []
    for order in running:
        shared = mine & ingredients(order.name)
        if shared or (drug.code and drug.code == order.code):
            what = ", ".join(sorted(shared)) or drug.name
            found.append(
                DrugWarning(
                    WarningKind.DUPLICATE_DRUG,
                    WarningSeverity.HIGH,
                    order.name,
                    f"{what} is ordered already",
                    "the same substance, by name or code",
                )
            )
    return tuple(found)
