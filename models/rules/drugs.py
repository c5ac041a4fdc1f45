"""Drugs as people write them: the substances that a text names."""

import re
from dataclasses import dataclass
from functools import lru_cache

from models.rules.drug_classes import CLASSES, DrugClass


@dataclass(frozen=True, slots=True)
class Substance:
    """A drug or what somebody is allergic to, as it was written; `code` is RxNorm, ATC or none."""

    name: str
    code: str | None = None


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
    "rifampin": "rifampicin",
    "cyclosporine": "ciclosporin",
    "glyceryl trinitrate": "nitroglycerin",
    "torsemide": "torasemide",
    "chlorthalidone": "chlortalidone",
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


@lru_cache(maxsize=4096)
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
_NO_NAMES = _FORMS | _SALTS


@lru_cache(maxsize=4096)
def names(name: str) -> frozenset[str]:
    """Whatever in a text may be the name of a substance: `ingredients`, and each word beside."""
    words = _WORDS.findall(_STRENGTH.sub(" ", re.sub(r"\[[^\]]*\]", " ", name.lower())))
    return ingredients(name) | {_SAME.get(word, word) for word in words if word not in _NO_NAMES}


def coded(substance: Substance, prefixes: tuple[str, ...]) -> bool:
    """Whether the substance's code is one of these ATC codes, or of a group of theirs."""
    code = (substance.code or "").strip().upper()
    return bool(code) and code.startswith(prefixes)


@lru_cache(maxsize=4096)
def classes(substance: Substance) -> tuple[DrugClass, ...]:
    """The classes that a drug belongs to, or that an allergy names."""
    named = names(substance.name)
    return tuple(
        each
        for each in CLASSES
        if named & (each.words | {_SAME.get(drug, drug) for drug in each.drugs})
        or coded(substance, each.atc)
    )


def same(one: Substance, other: Substance) -> str | None:
    """The substances that both have, in words; None: none that is known."""
    shared = ingredients(one.name) & ingredients(other.name)
    if shared:
        return ", ".join(sorted(shared))
    return one.name if one.code and one.code == other.code else None
