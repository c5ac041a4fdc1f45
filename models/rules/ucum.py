"""UCUM: what any unit of the code system is worth, exactly.

The grammar and the table of units come from `ucumvert`, which carries the official
`ucum-essence.xml` (UCUM 2.2); the arithmetic is ours, in fractions, because what the library
converts by (`pint`) is binary floating point with another millimetre of mercury. It is loaded when
a unit is asked for that units.UNITS does not hold (docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

LONGEST = 40
"""Characters. The parser takes more than proportionally longer for more, and no unit has them."""

_APART = frozenset({"mol", "eq", "osm", "[HPF]", "[LPF]"})
"""Defined by UCUM as numbers or as one another, and not to be converted into each other for that: a
mole is no count of cells, an equivalent of calcium is half a mole."""
_LARGE = frozenset({"Y", "Z", "E", "P", "T", "G", "M"})
"""Prefixes that no laboratory means: written by who writes all in capitals, M is milli."""
_STEEPEST = 30
"""Exponent: a power is worked out in full, and 10*999999999 would be more than there is memory."""
_COUNTED = frozenset({"cells", "cell", "wbc", "wbcs", "rbc", "rbcs", "plt", "platelets"})
"""Annotations that say of a number what was counted; every other keeps two units apart."""


@dataclass(frozen=True, slots=True)
class Measure:
    """So many (`factor`) of the base units in `dimension`, each with its exponent."""

    dimension: frozenset[tuple[str, int]]
    factor: Fraction

    def times(self, other: Measure, sign: int = 1) -> Measure:
        """The product; with `sign` -1 the quotient."""
        exponents = dict(self.dimension)
        for base, exponent in other.dimension:
            exponents[base] = exponents.get(base, 0) + sign * exponent
        found = frozenset((base, exponent) for base, exponent in exponents.items() if exponent)
        return Measure(found, self.factor * other.factor**sign)

    def to(self, exponent: int) -> Measure:
        """The power."""
        found = frozenset((base, each * exponent) for base, each in self.dimension)
        return Measure(found, self.factor**exponent)


@lru_cache(maxsize=1024)
def measure(unit: str) -> Measure | None:
    """What the unit (case-sensitive UCUM) is worth; None where it is none, or no multiple of base
    units (a temperature scale, pH, decibel)."""
    if not unit or len(unit) > LONGEST or not unit.isascii() or not unit.isprintable():
        return None
    book = _book()
    try:
        return book.of(book.parse(unit))
    except (book.invalid, _NoMultiple):
        return None


class _NoMultiple(Exception):
    """The unit is on a scale of its own."""


_ONE = Measure(frozenset(), Fraction(1))


class _Book:
    """UCUM's tables."""

    def __init__(
        self,
        parse: Callable[[str], Any],
        invalid: type[Exception],
        prefixes: dict[str, Fraction],
        bases: frozenset[str],
        definitions: dict[str, tuple[str, str] | None],
    ) -> None:
        self.parse = parse
        self.invalid = invalid
        self._prefixes = prefixes
        self._bases = bases
        self._definitions = definitions
        self._atoms: dict[str, Measure] = {}

    def of(self, node: Any) -> Measure:
        """The measure of a node of the parsed unit."""
        if not hasattr(node, "children"):
            return self._annotation(str(node))
        parts = node.children
        match node.data:
            case "main_term":
                inner = self.of(parts[-1])
                return _ONE.times(inner, -1) if len(parts) > 1 else inner
            case "term":
                sign = -1 if parts[1] == "/" else 1
                return self.of(parts[0]).times(self.of(parts[2]), sign)
            case "component":
                return self.of(parts[0]).times(self.of(parts[1]))
            case "annotatable":
                if abs(int(parts[1])) > _STEEPEST:
                    raise _NoMultiple
                return self.of(parts[0]).to(int(parts[1]))
        *prefix, atom = parts
        if atom.type == "FACTOR":
            return Measure(frozenset(), Fraction(int(atom)))
        found = self._atom(str(atom))
        if not prefix:
            return found
        if str(prefix[0]) in _LARGE:
            raise _NoMultiple
        return Measure(found.dimension, found.factor * self._prefixes[str(prefix[0])])

    def _annotation(self, token: str) -> Measure:
        word = token.strip("{}")
        if word.lower() in _COUNTED:
            return _ONE
        return Measure(frozenset({(token, 1)}), Fraction(1))

    def _atom(self, code: str) -> Measure:
        if code not in self._atoms:
            self._atoms[code] = self._defined(code)
        return self._atoms[code]

    def _defined(self, code: str) -> Measure:
        if code in self._bases or code in _APART:
            return Measure(frozenset({(code, 1)}), Fraction(1))
        definition = self._definitions[code]
        if definition is None:
            raise _NoMultiple
        value, unit = definition
        if unit == "":
            # Arbitrary: it is what its assay says, and no multiple of anything else.
            return Measure(frozenset({(code, 1)}), Fraction(1))
        inner = self.of(self.parse(unit))
        return Measure(inner.dimension, inner.factor * Fraction(value))


@cache
def _book() -> _Book:
    # Some 20 MB and a tenth of a second: not before it is needed.
    from ucumvert import get_ucum_parser, xml_util  # noqa: PLC0415
    from ucumvert.parser import LarkError  # noqa: PLC0415

    prefixes = {
        one.attrib["Code"]: Fraction(one.find("{*}value").attrib["value"])
        for one in xml_util.root.findall(".//{*}prefix[@Code]")
    }
    definitions: dict[str, tuple[str, str] | None] = {}
    for one in xml_util.get_units_with_full_definition():
        if one.is_special:
            definitions[one.code_cs] = None
        elif one.is_arbitrary and one.defining_unit == "1":
            definitions[one.code_cs] = ("1", "")
        else:
            definitions[one.code_cs] = (str(one.conversion_factor), one.defining_unit)
    bases = frozenset(xml_util.get_base_units())
    return _Book(get_ucum_parser().parse, LarkError, prefixes, bases, definitions)
