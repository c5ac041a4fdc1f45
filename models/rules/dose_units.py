"""Units of doses: UCUM, and what people write for it.

A form that is counted (a tablet, a puff) is a UCUM annotation, `{tablet}`: it says what was counted
and is no unit of measure. Source: UCUM 2.1, annotations; the words of forms are FHIR's examples.
"""

from collections.abc import Mapping
from types import MappingProxyType

from models.rules import ucum
from models.rules.refusals import Refusal

COMMON = frozenset(
    """
    kg g mg ug ng L mL uL mol mmol umol meq [iU] U % Bq kBq
    mg/kg ug/kg mg/m2 [iU]/kg mL/kg mmol/kg
    g/h mg/h ug/h ug/min mg/min ug/kg/min ug/kg/h mg/kg/h [iU]/h [iU]/kg/h mL/h mL/min L/min mmol/h
    mg/mL ug/mL
    {tablet} {capsule} {puff} {drop} {patch} {suppository} {dose} {spray} {sachet} {ampule}
    """.split()
)
"""What nearly every order has: taken as it is, without the tables of UCUM."""

_FORMS = {
    "tablet": ("tab", "tabs", "tablets"),
    "capsule": ("cap", "caps", "capsules"),
    "puff": ("puffs",),
    "drop": ("drops", "gtt"),
    "patch": ("patches",),
    "suppository": ("supp", "suppositories"),
    "dose": ("doses",),
    "spray": ("sprays",),
    "sachet": ("sachets",),
    "ampule": ("ampules", "ampoule", "ampoules", "amp"),
}
SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "mcg": "ug",
        "µg": "ug",  # micro sign
        "μg": "ug",  # Greek mu
        "mcg/h": "ug/h",
        "mcg/min": "ug/min",
        "mcg/kg/min": "ug/kg/min",
        "ml": "mL",
        "ml/h": "mL/h",
        "l": "L",
        "cc": "mL",
        "iu": "[iU]",
        "unit": "[iU]",
        "units": "[iU]",
        "unt": "[iU]",
        "meq": "meq",
        "gm": "g",
        **{word: f"{{{form}}}" for form, words in _FORMS.items() for word in (form, *words)},
    }
)
"""What is written for it, in lower case. Units of insulin, heparin and their like are international
units."""


def unit(said: str) -> str | Refusal:
    """The UCUM unit of a dose as somebody wrote it; a number alone is none."""
    found = said if said in COMMON else SPELLINGS.get(said.lower(), said)
    if found in COMMON or (found not in ("1", "{}") and ucum.measure(found) is not None):
        return found
    return Refusal("not a unit of UCUM")
