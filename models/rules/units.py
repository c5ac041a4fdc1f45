"""Units: what senders write, as UCUM, and exact conversion into the canonical unit of a test.

Sources: UCUM 2.2 (ucum.org) for the units; shared clinical table of the hospital (the factors
between mass and amount of substance) for the analytes; ISO/IEEE 11073-10101 for MDC_DIM_*. The
units below are those that laboratories send; any other is looked up in UCUM itself
(models/rules/ucum). What neither knows is not converted: the caller judges nothing and says so.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from models.rules import ucum

# Each unit: its dimension, and how many of the dimension's base units it is. Every factor is an
# exact decimal, so that a conversion is one product and one quotient.
_D = Decimal
UNITS: Mapping[str, tuple[str, Decimal]] = MappingProxyType(
    {
        # mass concentration, base g/L
        "g/dL": ("mass", _D("10")),
        "g/L": ("mass", _D("1")),
        "mg/mL": ("mass", _D("1")),
        "mg/dL": ("mass", _D("0.01")),
        "mg/L": ("mass", _D("0.001")),
        "ug/mL": ("mass", _D("0.001")),
        "ug/dL": ("mass", _D("0.00001")),
        "ug/L": ("mass", _D("0.000001")),
        "ng/mL": ("mass", _D("0.000001")),
        "ng/dL": ("mass", _D("0.00000001")),
        "ng/L": ("mass", _D("0.000000001")),
        "pg/mL": ("mass", _D("0.000000001")),
        # substance concentration, base mmol/L
        "mol/L": ("substance", _D("1000")),
        "mmol/L": ("substance", _D("1")),
        "umol/L": ("substance", _D("0.001")),
        "nmol/L": ("substance", _D("0.000001")),
        "pmol/L": ("substance", _D("0.000000001")),
        # equivalents are a dimension of their own: see MONOVALENT
        "meq/L": ("equivalents", _D("1")),
        # number concentration, base 10*9/L
        "10*12/L": ("number", _D("1000")),
        "10*6/uL": ("number", _D("1000")),
        "10*9/L": ("number", _D("1")),
        "10*3/uL": ("number", _D("1")),
        "10*6/L": ("number", _D("0.001")),
        "/uL": ("number", _D("0.001")),
        # pressure, base Pa. UCUM: m[Hg] is 133.3220 kPa
        "mm[Hg]": ("pressure", _D("133.322")),
        "kPa": ("pressure", _D("1000")),
        # mass, base kg. UCUM: [lb_av] is 7000 [gr], [oz_av] a sixteenth of it
        "kg": ("weight", _D("1")),
        "g": ("weight", _D("0.001")),
        "[lb_av]": ("weight", _D("0.45359237")),
        "[oz_av]": ("weight", _D("0.028349523125")),
        # length, base cm. UCUM: [in_i] is 2.54 cm, [ft_i] 12 [in_i]
        "m": ("length", _D("100")),
        "cm": ("length", _D("1")),
        "mm": ("length", _D("0.1")),
        "[in_i]": ("length", _D("2.54")),
        "[ft_i]": ("length", _D("30.48")),
        # temperature is not a factor: see _celsius
        "Cel": ("temperature", _D("1")),
        "[degF]": ("temperature", _D("1")),
        "K": ("temperature", _D("1")),
        # time, base s
        "s": ("time", _D("1")),
        "min": ("time", _D("60")),
        # catalytic concentration, base U/L. UCUM: U is 1 umol/min
        "U/L": ("catalytic", _D("1")),
        "ukat/L": ("catalytic", _D("60")),
        # fractions, base 1
        "1": ("fraction", _D("1")),
        "%": ("fraction", _D("0.01")),
        "/min": ("rate", _D("1")),
        "[pH]": ("acidity", _D("1")),
        "{INR}": ("inr", _D("1")),
        "{score}": ("score", _D("1")),
        "fL": ("volume", _D("1")),
        "pg": ("weight", _D("1E-15")),
        "mL/min": ("clearance", _D("1")),
        "mL/min/{1.73_m2}": ("clearance of an area", _D("1")),
    }
)

# The dimensions above as UCUM has them, and how many of its base units (m, s, g) our base unit is.
_DIMENSIONS: Mapping[frozenset[tuple[str, int]], tuple[str, Fraction]] = MappingProxyType(
    {
        frozenset(dimension): (kind, Fraction(size))
        for kind, size, *dimension in (
            ("mass", "1000", ("g", 1), ("m", -3)),
            ("substance", "1", ("mol", 1), ("m", -3)),
            ("equivalents", "1", ("eq", 1), ("m", -3)),
            ("number", "1E12", ("m", -3)),
            ("pressure", "1000", ("g", 1), ("m", -1), ("s", -2)),
            ("weight", "1000", ("g", 1)),
            ("length", "0.01", ("m", 1)),
            ("time", "1", ("s", 1)),
            ("catalytic", "1/60000", ("mol", 1), ("m", -3), ("s", -1)),
            ("fraction", "1"),
            ("rate", "1/60", ("s", -1)),
            ("volume", "1E-18", ("m", 3)),
            ("clearance", "1/60000000", ("m", 3), ("s", -1)),
        )
    }
)

# What senders write, in lower case and without spaces. One spelling stands for one unit; "G/L"
# (giga) for a count meets "g/L" (gram) here and then does not convert, which is the safe side.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        **{unit.lower(): unit for unit in UNITS},
        "gl": "g/L",
        "gm/dl": "g/dL",
        "gm/l": "g/L",
        "mmoll": "mmol/L",
        "umoll": "umol/L",
        "micromol/l": "umol/L",
        "mcmol/l": "umol/L",
        "mcg/l": "ug/L",
        "mcg/dl": "ug/dL",
        "mcg/ml": "ug/mL",
        "mg%": "mg/dL",
        **dict.fromkeys(("10^12/l", "10e12/l", "e12/l", "t/l", "tera/l"), "10*12/L"),
        **dict.fromkeys(("10^6/ul", "10e6/ul", "e6/ul", "m/ul", "mil/ul", "10*6/mm3"), "10*6/uL"),
        **dict.fromkeys(("10^6/mm3", "10e6/mm3"), "10*6/uL"),
        **dict.fromkeys(("10^9/l", "10e9/l", "e9/l", "giga/l"), "10*9/L"),
        **dict.fromkeys(("10^3/ul", "10e3/ul", "e3/ul", "k/ul", "th/ul", "thou/ul"), "10*3/uL"),
        **dict.fromkeys(("k/mm3", "10*3/mm3", "10^3/mm3", "10e3/mm3", "k/cumm"), "10*3/uL"),
        **dict.fromkeys(("10^6/l", "10e6/l"), "10*6/L"),
        **dict.fromkeys(("/mm3", "/cumm", "cells/ul", "{cells}/ul", "cells/mm3", "1/ul"), "/uL"),
        **dict.fromkeys(("mmhg", "torr", "mdc_dim_mmhg"), "mm[Hg]"),
        "mdc_dim_kilo_pascal": "kPa",
        **dict.fromkeys(("°c", "degc", "deg_c", "c", "celsius", "mdc_dim_degc"), "Cel"),
        **dict.fromkeys(("°f", "degf", "deg_f", "f", "fahrenheit", "mdc_dim_fahr"), "[degF]"),
        **dict.fromkeys(("lb", "lbs", "pound", "pounds"), "[lb_av]"),
        **dict.fromkeys(("oz", "ounce", "ounces"), "[oz_av]"),
        **dict.fromkeys(("in", "inch", "inches"), "[in_i]"),
        **dict.fromkeys(("ft", "foot", "feet"), "[ft_i]"),
        **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
        **dict.fromkeys(("percent", "mdc_dim_percent"), "%"),
        **dict.fromkeys(("l/l", "ratio", "{ratio}"), "1"),
        **dict.fromkeys(("bpm", "beats/min", "{beats}/min", "{beats}/minute", "1/min"), "/min"),
        **dict.fromkeys(("breaths/min", "{breaths}/min", "beats/minute", "per min"), "/min"),
        **dict.fromkeys(("mdc_dim_beat_per_min", "mdc_dim_resp_per_min"), "/min"),
        **dict.fromkeys(("ph", "{ph}", "phunits"), "[pH]"),
        **dict.fromkeys(("inr", "{inr'}"), "{INR}"),
        **dict.fromkeys(("/10", "{score}", "score"), "{score}"),
        **dict.fromkeys(("iu/l", "[iu]/l", "units/l"), "U/L"),
        "mlmin": "mL/min",
        "ml/min/1.73m2": "mL/min/{1.73_m2}",
        "ml/min/1.73_m2": "mL/min/{1.73_m2}",
        "ml/min/{1.73m2}": "mL/min/{1.73_m2}",
    }
)

_PLAIN = str.maketrans(
    {"µ": "u", "μ": "u", "³": "3", "²": "2", "\N{MULTIPLICATION SIGN}": "x", " ": None}
)
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_TIMES = re.compile(r"^x(?=10[*^e])")

# A quantity that has only one unit is understood where the sender leaves the unit out.
UNITLESS = frozenset({"{INR}", "[pH]"})

MONOVALENT: frozenset[str] = frozenset({"2823-3", "6298-4", "2951-2", "2947-0", "2075-0", "2069-3"})
"""Sodium, potassium and chloride: ions of one charge, where 1 meq is 1 mmol. Calcium and magnesium
carry two. Source: the hospital's clinical table ("mEq = mmol for Na, K and Cl only")."""

_MG_PER_DL = {
    # analyte: (mmol/L, in mg/dL), from the row of the table
    "glucose": (_D("1"), _D("18.016")),  # mg/dL / 18.016 = mmol/L
    "creatinine": (_D("0.08842"), _D("1")),  # mg/dL * 88.42 = umol/L
    "urea": (_D("0.357"), _D("1")),  # urea nitrogen mg/dL * 0.357 = urea mmol/L
    "calcium": (_D("0.2495"), _D("1")),  # mg/dL * 0.2495 = mmol/L
    "bilirubin": (_D("0.0171"), _D("1")),  # mg/dL * 17.1 = umol/L
    "magnesium": (_D("0.4114"), _D("1")),  # mg/dL * 0.4114 = mmol/L
}
_CODES = {
    "glucose": ("2345-7", "2339-0", "14749-6", "15074-8"),
    "creatinine": ("2160-0", "38483-4", "14682-9"),
    "urea": ("3094-0", "6299-2", "22664-7"),
    "calcium": ("17861-6", "49765-1", "2000-8"),
    "bilirubin": ("1975-2", "42719-5", "14631-6"),
    "magnesium": ("19123-9", "2601-3"),
}
MOLAR: Mapping[str, tuple[Decimal, Decimal]] = MappingProxyType(
    {code: _MG_PER_DL[analyte] for analyte, codes in _CODES.items() for code in codes}
)
"""By LOINC code: so many mmol/L are so many mg/dL. Source: the hospital's clinical table."""


def canonical(unit: str | None) -> str | None:
    """The UCUM code of what a sender wrote, or None where it is not known (or not given).

    Our spellings first: who writes `K/uL` means thousands, and not kelvin.
    """
    if unit is None:
        return None
    plain = unit.strip()
    if plain in UNITS:
        return plain
    plain = _POWER.sub(lambda power: "10^" + power[1].translate(_SUPERSCRIPT), plain)
    plain = plain.translate(_PLAIN)
    known = _SPELLINGS.get(_TIMES.sub("", plain.lower()))
    if known is not None:
        return known
    return plain if ucum.measure(plain) is not None else None


def convert(value: Decimal, unit: str | None, analyte_code: str, target: str) -> Decimal | None:
    """`value` in `unit`, expressed in `target` (UCUM); None where that cannot be known.

    Exact where the result is a decimal of at most 28 digits, else rounded there. `analyte_code` is
    LOINC: only with it does a mass become an amount of substance, or an equivalent a mole.
    """
    if not value.is_finite() or abs(value.adjusted()) > 30:
        return None
    wanted = canonical(target)
    given = canonical(unit)
    if given is None and wanted in UNITLESS and not (unit or "").strip():
        return value
    if given is None or wanted is None:
        return None
    if given == wanted:
        return value
    kind, factor = _size(given)
    wanted_kind, wanted_factor = _size(wanted)
    if analyte_code in MONOVALENT:
        kind = "substance" if kind == "equivalents" else kind
        wanted_kind = "substance" if wanted_kind == "equivalents" else wanted_kind
    if kind == wanted_kind == "temperature":
        return _temperature(value, given, wanted)
    if kind == wanted_kind:
        return _ratio(value, factor, wanted_factor)
    molar = MOLAR.get(analyte_code)
    if molar is None or {kind, wanted_kind} != {"mass", "substance"}:
        return None
    mmol, mg = molar
    grams = mg / 100
    if kind == "mass":
        return _ratio(value, factor * mmol, grams * wanted_factor)
    return _ratio(value, factor * grams, mmol * wanted_factor)


@lru_cache(maxsize=1024)
def _size(unit: str) -> tuple[str, Decimal]:
    """The dimension of a canonical unit, and how many of its base units it is."""
    known = UNITS.get(unit)
    if known is not None:
        return known
    found = ucum.measure(unit)
    if found is None:
        raise ValueError(f"{unit} is not canonical")
    kind, size = _DIMENSIONS.get(found.dimension, (str(sorted(found.dimension)), Fraction(1)))
    ratio = found.factor / size
    with localcontext() as context:
        context.prec = 60
        return kind, Decimal(ratio.numerator) / Decimal(ratio.denominator)


def _ratio(value: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        exact = value * numerator / denominator
    return _settled(exact)


def _temperature(value: Decimal, given: str, wanted: str) -> Decimal:
    """UCUM: Cel is K - 273.15, [degF] is 9/5 K - 459.67."""
    with localcontext() as context:
        context.prec = 60
        celsius = {"Cel": value, "K": value - _D("273.15"), "[degF]": (value - 32) * 5 / 9}[given]
        exact = {
            "Cel": celsius,
            "K": celsius + _D("273.15"),
            "[degF]": celsius * 9 / 5 + 32,
        }[wanted]
    return _settled(exact)


def _settled(exact: Decimal) -> Decimal:
    """Rounded to 28 digits, without the zeros and exponents that the arithmetic left behind."""
    with localcontext() as context:
        context.prec = 28
        rounded = exact.normalize()
        return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded
