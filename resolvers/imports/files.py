"""Files of an import: which there are, in which order they are read, and what is in them."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LINES = frozenset({".ndjson", ".jsonl"})
_FHIR = frozenset({".json", *LINES})
_FIRST = ("patient", "medication.", "diagnosticreport")
"""In a bulk export the types are files: who is referred to comes before who refers."""


class Unreadable(Exception):
    """A path that an import cannot read; the message names the path, never what is in it."""


class Damaged(Exception):
    """A file whose compressed data cannot be unpacked; `kept` is all of it, in base64."""

    def __init__(self, raw: bytes) -> None:
        super().__init__("the compressed data is damaged")
        self.kept = "base64:" + base64.b64encode(raw).decode("ascii")


@dataclass(frozen=True, slots=True)
class Source:
    """A file; `kind` is its suffix without `.gz`."""

    path: Path
    kind: str
    size: int


def fhir_files(paths: Iterable[Path]) -> list[Source]:
    """The .json, .ndjson and their .gz of the paths, folders with all below them, in order.

    Raises Unreadable for a path that is not there, and where there is nothing to read.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            inside = (one for one in sorted(path.rglob("*")) if one.is_file())
            found += [_source(one) for one in inside if _kind(one) in _FHIR]
        elif path.exists():
            found.append(_source(path))
        else:
            raise Unreadable(f"{path}: there is no such file or folder")
    if not found:
        raise Unreadable("nothing to import: no .json, .json.gz or .ndjson in these paths")
    return sorted(found, key=_rank)


def hl7v2_files(paths: Iterable[Path]) -> list[Source]:
    """The files as given. Raises Unreadable for one that is not there."""
    found = []
    for path in paths:
        if not path.is_file():
            raise Unreadable(f"{path}: there is no such file")
        found.append(_source(path))
    return found


def read(source: Source) -> str:
    """The text: UTF-8, else ISO 8859-1, in which every byte is a character. NUL, which PostgreSQL
    does not hold, becomes U+FFFD. Raises Damaged."""
    raw = source.path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            raise Damaged(raw) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("iso-8859-1")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _source(path: Path) -> Source:
    return Source(path, _kind(path), path.stat().st_size)


def _rank(source: Source) -> tuple[int, str]:
    name = source.path.name.lower()
    if source.kind in LINES:
        for place, start in enumerate(_FIRST):
            if name.startswith(start):
                return place, str(source.path)
    return len(_FIRST), str(source.path)
