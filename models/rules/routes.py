"""Routes of administration, coded.

Source: HL7 v2 table 0162 for the codes and their names; SNOMED CT (FHIR R4 value set route-codes)
for the concepts that senders name them by. Words are what people and product texts write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.rules.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Route:
    """`snomed` is None where the concepts do not say the same."""

    code: str
    name: str
    snomed: str | None
    words: tuple[str, ...]


_TABLE = (
    ("PO", "Oral", "26643006", "by mouth|per os|orally|oral route"),
    ("IV", "Intravenous", "47625008", "intravenously|intravenous route|iv push|iv infusion"),
    ("IM", "Intramuscular", "78421000", "intramuscularly|intramuscular route"),
    ("SC", "Subcutaneous", "34206005", "sq|subq|sub-q|subcut|subcutaneously|subcutaneous route"),
    ("SL", "Sublingual", "37839007", "under the tongue|sublingual route"),
    ("B", "Buccal", "54471007", "buccal route"),
    ("PR", "Rectal", "37161004", "per rectum|rectally|per rectum route"),
    ("IH", "Inhalation", "447694001", "inh|inhaled|by inhalation|respiratory tract route"),
    ("NEB", "Nebulized", None, "nebulised|nebulizer|nebuliser"),
    ("NS", "Nasal", "46713006", "nose|nasally|nasal route"),
    ("NG", "Nasogastric", "127492001", "ngt|nasogastric tube|nasogastric route"),
    ("GTT", "Gastrostomy Tube", "127490009", "peg|gastrostomy route"),
    ("TD", "Transdermal", "45890007", "patch|transdermal route"),
    ("TP", "Topical", "6064005", "on the skin|topically|topical route"),
    ("OP", "Ophthalmic", "54485002", "eye|in the eye|ophthalmic route"),
    ("OT", "Otic", "10547007", "ear|in the ear|otic route"),
    ("VG", "Vaginal", "16857009", "pv|per vaginam|vaginally|vaginal route"),
    ("ID", "Intradermal", "372464004", "intradermally|intradermal route"),
    ("IT", "Intrathecal", "72607000", "intrathecally|intrathecal route"),
    ("EP", "Epidural", "404820008", "epidurally|epidural route"),
    ("IA", "Intra-arterial", "58100008", "intraarterial|intra-arterial route"),
    ("IP", "Intraperitoneal", "38239002", "intraperitoneally|intraperitoneal route"),
)

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        code: Route(code, name, snomed, tuple(words.split("|")))
        for code, name, snomed, words in _TABLE
    }
)

_BY_WORD: Mapping[str, str] = MappingProxyType(
    {
        word.casefold(): route.code
        for route in ROUTES.values()
        for word in (route.code, route.name, *route.words, *filter(None, (route.snomed,)))
    }
)


def known(said: str) -> str | None:
    """The code of a route as somebody wrote it (`p.o.`, `oral`, a SNOMED concept), or None."""
    plain = " ".join(said.split()).casefold()
    return _BY_WORD.get(plain) or _BY_WORD.get(plain.replace(".", "").replace(" ", ""))


def route(said: str) -> str | Refusal:
    """The code of a route, or why it is none."""
    return known(said) or Refusal("not a route that is known here", tuple(ROUTES))
