"""The chain of the audit: what is hashed, and how a walk along the seals finds what was changed.

Every entry has a seal, and every seal a hash over the one before it: whoever changes, removes,
inserts or reorders entries or seals leaves a place where the chain does not close. The construction
is that of a secure log by hash chain (Schneier and Kelsey, "Secure Audit Logs to Support Computer
Forensics", 1999); SHA-256 is FIPS 180-4.

What is hashed of an entry is PostgreSQL's binary form of a row (`record_send`): the number of
columns, then for each its type's OID, its length (-1: null) and its bytes. So no two rows have the
same form, and whoever has the values can make it without PostgreSQL, as this module does.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from struct import pack
from uuid import UUID

FORM = 2
"""The number of the form in which entries are sealed. Another set of columns is another number,
beside those before: 1 had no audience, stay and positions."""

SELECTION_FORM = 1
"""The number of the form of a selection."""

ROOT = bytes(32)
"""What stands for the hash before the first seal."""

_HEAD = re.compile(r"(?P<position>[0-9]{1,19}):(?P<hash>[0-9a-f]{64})")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INT4, _INT8, _TEXT, _BYTEA, _UUID, _TIMESTAMPTZ = 23, 20, 25, 17, 2950, 1184
_TEXTS, _UUIDS = 1009, 2951


@dataclass(frozen=True, slots=True)
class Selection:
    """What all entries of one plan have in common. Its id is the hash of its content, so that an
    entry that names it says all of it."""

    operation: str
    operation_name: str | None
    document_hash: str | None
    outcome: str
    roots: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def id(self) -> bytes:
        """SHA-256 of the content, 32 bytes."""
        return sha256(
            _row(
                (_INT4, pack(">i", SELECTION_FORM)),
                (_TEXT, _text(self.operation)),
                (_TEXT, _text(self.operation_name)),
                (_TEXT, _text(self.document_hash)),
                (_TEXT, _text(self.outcome)),
                *(
                    (_TEXTS, _array(_TEXT, [value.encode() for value in values]))
                    for values in (self.roots, self.scopes, self.fields, self.refused)
                ),
            )
        ).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit, every column of it."""

    id: int
    hospital_id: UUID | None
    occurred_at: datetime
    user_id: UUID | None
    session_id: UUID | None
    address: str | None
    selection_id: bytes
    request_id: str | None
    patient_ids: tuple[UUID, ...]
    audience_id: UUID | None = None
    stay_id: UUID | None = None
    first_position: int | None = None
    last_position: int | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 over every column, 32 bytes."""
        return self.digest_in(FORM)

    def digest_in(self, form: int) -> bytes:
        """The digest in a form; empty where the form is nobody's, or has no place for what the
        entry holds: no seal has that one."""
        later = {self.audience_id, self.stay_id, self.first_position, self.last_position}
        if form not in (1, FORM) or (form == 1 and later != {None}):
            return b""
        columns = [
            (_INT4, pack(">i", form)),
            (_INT8, pack(">q", self.id)),
            (_UUID, _uuid(self.hospital_id)),
            (_TIMESTAMPTZ, _moment(self.occurred_at)),
            (_UUID, _uuid(self.user_id)),
            (_UUID, _uuid(self.session_id)),
            (_TEXT, _text(self.address)),
            (_BYTEA, self.selection_id),
            (_TEXT, _text(self.request_id)),
            (_UUIDS, _array(_UUID, [value.bytes for value in self.patient_ids])),
        ]
        if form > 1:
            columns += [
                (_UUID, _uuid(self.audience_id)),
                (_UUID, _uuid(self.stay_id)),
                (_INT8, _number(self.first_position)),
                (_INT8, _number(self.last_position)),
            ]
        return sha256(_row(*columns)).digest()


@dataclass(frozen=True, slots=True)
class Seal:
    """One link: at `position` stands the entry `entry_id`, whose columns have this `digest`."""

    position: int
    entry_id: int
    sealed_at: datetime
    digest: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain, or any place in it: who keeps it elsewhere can prove what was before."""

    position: int = 0
    hash: bytes = ROOT

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """From the form that `str` gives. Raises ValueError."""
        form = _HEAD.fullmatch(text.strip())
        if form is None:
            raise ValueError("a head is POSITION:HASH")
        return cls(int(form["position"]), bytes.fromhex(form["hash"]))


def link(previous: bytes, position: int, sealed_at: datetime, digest: bytes) -> bytes:
    """The hash of a seal: over the one before, its place, its time and its entry's digest."""
    return sha256(previous + pack(">q", position) + _moment(sealed_at) + digest).digest()


class Wrong(StrEnum):
    """What a walk can find."""

    SEALS_MISSING = "seals are missing before this position"
    SEAL_CHANGED = "the seal is not the one that follows the seal before it"
    ENTRY_MISSING = "the entry was removed"
    ENTRY_CHANGED = "the entry is not what was sealed"
    ENTRY_UNSEALED = "the entry was never sealed: it was put in later"
    SELECTION_CHANGED = "what the entries of this selection share is not what was sealed"
    SELECTION_MISSING = "what the entries of this selection share was removed"
    MENTION_WRONG = "the entry cannot be found by somebody it is about"
    HEAD_MISSING = "the chain ends before the expected head"
    HEAD_DIFFERS = "the chain has another hash at the expected head: it was made anew"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where: the position in the chain, the entry, or both."""

    wrong: Wrong
    position: int | None = None
    entry_id: int | None = None
    selection_id: bytes | None = None

    def __str__(self) -> str:
        places = [
            f"position {self.position}" if self.position is not None else "",
            f"entry {self.entry_id}" if self.entry_id is not None else "",
            f"selection {self.selection_id.hex()}" if self.selection_id is not None else "",
        ]
        return f"{', '.join(place for place in places if place)}: {self.wrong}"


def walk(
    head: Head, links: Iterable[tuple[Seal, bytes | None]], found: list[Finding]
) -> Iterator[Head]:
    """Go along seals in the order of their positions, each with the digest that its entry has now
    (None: there is no such entry); add what is wrong to `found`; give the head after each.

    After something wrong the walk goes on from the seal as it stands, so that what comes later is
    judged for itself. A changed hash is told at its own position and at the next.
    """
    for seal, digest in links:
        place = (seal.position, seal.entry_id)
        if seal.position != head.position + 1:
            found.append(Finding(Wrong.SEALS_MISSING, *place))
        elif link(head.hash, seal.position, seal.sealed_at, seal.digest) != seal.hash:
            found.append(Finding(Wrong.SEAL_CHANGED, *place))
        if digest is None:
            found.append(Finding(Wrong.ENTRY_MISSING, *place))
        elif digest != seal.digest:
            found.append(Finding(Wrong.ENTRY_CHANGED, *place))
        head = Head(seal.position, seal.hash)
        yield head


def _row(*columns: tuple[int, bytes | None]) -> bytes:
    parts = [pack(">i", len(columns))]
    for oid, value in columns:
        parts.append(pack(">Ii", oid, -1 if value is None else len(value)))
        parts.append(value or b"")
    return b"".join(parts)


def _array(oid: int, values: Sequence[bytes]) -> bytes:
    if not values:
        return pack(">iiI", 0, 0, oid)
    parts = [pack(">iiIii", 1, 0, oid, len(values), 1)]
    parts += [pack(">i", len(value)) + value for value in values]
    return b"".join(parts)


def _text(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


def _uuid(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _number(value: int | None) -> bytes | None:
    return None if value is None else pack(">q", value)


def _moment(value: datetime) -> bytes:
    return pack(">q", (value - _EPOCH) // timedelta(microseconds=1))
