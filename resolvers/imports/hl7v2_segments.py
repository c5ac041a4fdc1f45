"""HL7 v2 text into messages and segments (ER7; the `hl7` package does the splitting of fields)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import hl7

from resolvers.imports.drafts import Unfit

_BREAK = re.compile(r"[\r\n]+")
_FRAMING = str.maketrans({"\x0b": "\r", "\x1c": "\r"})
"""MLLP frames, in which a log of messages often still stands."""
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(\W|$)")
NULL = '""'
"""What HL7 writes for "delete what you have", where empty is "nothing said"."""


def messages(text: str) -> Iterator[list[str]]:
    """The segments of each message, MSH first; what stands before any MSH comes without one."""
    found: list[str] = []
    for line in _BREAK.split(text.lstrip("\ufeff").translate(_FRAMING)):
        if not line.strip() or line.startswith(_ENVELOPE):
            continue
        if line.startswith("MSH") and found:
            yield found
            found = []
        found.append(line)
    if found:
        yield found


class Segment:
    """One segment; fields, repetitions and components count from 1 as in the standard."""

    __slots__ = ("_raw", "_root", "line", "name")

    def __init__(self, line: str, raw: hl7.Segment, root: hl7.Message) -> None:
        self.line = line
        self.name = line[:3]
        self._raw = raw
        self._root = root

    def repetitions(self, number: int) -> int:
        """How often a field comes."""
        return len(self._raw[number]) if number < len(self._raw) else 0

    def said(self, number: int, component: int = 1, repetition: int = 1) -> str | None:
        """A component without its escapes, `""` as it is; None where it is empty or not there."""
        if repetition > self.repetitions(number):
            return None
        found = self._raw[number][repetition - 1]
        if isinstance(found, str):
            found = found if component == 1 else ""
        else:
            found = str(found[component - 1]) if component <= len(found) else ""
        written = re.sub(r"\\\.(br|sp)\d*\\", "\n", found)
        return str(self._root.unescape(written)).strip() or None

    def get(self, number: int, component: int = 1, repetition: int = 1) -> str | None:
        """Like `said`; the explicit null is None as well."""
        found = self.said(number, component, repetition)
        return None if found == NULL else found

    def whole(self, number: int) -> str | None:
        """A field that has no components, whatever characters are in it; repetitions are lines."""
        if number >= len(self._raw):
            return None
        parts = [str(self._root.unescape(str(one))) for one in self._raw[number]]
        written = "\n".join(parts).strip()
        return None if written in ("", NULL) else written


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its segments in order; `broken` are lines that are no segment."""

    segments: list[Segment]
    broken: list[str]

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((one for one in self.segments if one.name == name), None)


def parse(lines: list[str]) -> Message:
    """A message of its lines. Raises Unfit where there is no header that says how to read it."""
    if not lines[0].startswith("MSH"):
        raise Unfit("segments without a message header")
    header = lines[0]
    if len(header) < 8 or len({*header[3:8]}) != 5 or header[8:9] != header[3]:
        raise Unfit("a message header without its separators")
    good = [line for line in lines if _SEGMENT.match(line)]
    try:
        root = hl7.parse("\r".join(good))
    except (hl7.HL7Exception, IndexError, ValueError):
        raise Unfit("this is no HL7 v2 message") from None
    segments = [Segment(line, raw, root) for line, raw in zip(good, root, strict=True)]
    return Message(segments, [line for line in lines if not _SEGMENT.match(line)])
