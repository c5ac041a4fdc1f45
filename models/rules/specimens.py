"""Specimens: what was examined, in the words of LOINC (System), of the codes that senders use.

A code that is not known here says nothing: then the limits of every specimen are tried, which is
the safe side. Kept as it is, it would let no rule for a specimen speak.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

SPECIMENS: Mapping[str, str] = MappingProxyType(
    {
        # HL7 v2 tables 0070 and 0487.
        "BLD": "Bld",
        "BLDA": "BldA",
        "BLDC": "BldC",
        "BLDCO": "BldCo",
        "BLDV": "BldV",
        "CSF": "CSF",
        "PLAS": "Plas",
        "SER": "Ser",
        "UR": "Urine",
        # SNOMED CT, children of 123038009 Specimen.
        "119297000": "Bld",
        "122552005": "BldA",
        "122554006": "BldC",
        "122556008": "BldCo",
        "122555007": "BldV",
        "258450006": "CSF",
        "119361006": "Plas",
        "119364003": "Ser",
        "122575003": "Urine",
    }
)
"""The codes of the two systems are told apart by themselves."""


def specimen(codes: Iterable[str | None]) -> str | None:
    """The specimen that these codes name; None: none that is known, or several."""
    found = {SPECIMENS.get((code or "").strip().upper()) for code in codes} - {None}
    return found.pop() if len(found) == 1 else None
