"""Imports from beginning to end: files in, a ledger out.

A batch is a transaction. What fails in the database takes no other record with it: the batch is
halved until the record that fails stands alone, and that one is rejected.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.roles import Role
from models.rules.scopes import Scope, rights
from resolvers.actors import Actor
from resolvers.errors import Refusal
from resolvers.imports import fhir, files, hl7v2, intake, rejections, retrying
from resolvers.imports.drafts import Batch, Record
from resolvers.imports.files import Damaged, Source
from resolvers.imports.ledger import Ledger, Outcome
from resolvers.policy import Policy
from resolvers.transaction import Overtaken, Transaction, transaction

CHUNK = 1_000
"""Drafts in one transaction, where the source does not say what belongs together."""
TRIES = 3
"""Of a batch that met somebody else's locks."""

NEEDED = (
    Scope.PATIENT_REGISTER,
    Scope.PATIENT_ADMIT,
    Scope.ALLERGY_RECORD,
    Scope.VITALS_RECORD,
    Scope.LAB_RECORD,
    Scope.MEDICATION_ORDER,
)

_CROSSED = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # Somebody else wrote the same new row a moment earlier; now it will be found.
    asyncpg.UniqueViolationError,
    Overtaken,
)
_REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.exceptions._base.DataError,  # noqa: SLF001 (a value that asyncpg cannot encode)
    Refusal,
)

Advance = Callable[[int], None]


def importer(hospital_id: UUID, user_id: UUID | None = None, username: str = "import") -> Actor:
    """Who imports: the system with an integrator's rights, in the name of a user or of none."""
    roles = frozenset({Role.INTEGRATOR})
    return Actor(
        hospital_id=hospital_id,
        user_id=user_id,
        session_id=None,
        username=username,
        roles=roles,
        rights=rights(roles),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import. `zone` is that of times that are written without an offset; `advance` hears of
    the bytes that have been read."""

    pool: asyncpg.Pool[Any]
    actor: Actor
    clock: Callable[[], datetime]
    zone: tzinfo
    policy: Policy
    advance: Advance = lambda _: None

    async def fhir(self, sources: Sequence[Source], *, sender: str = fhir.FORMAT) -> Ledger:
        """Import FHIR R4 files. Bundles are a transaction each, lines go by the thousand."""
        ledger = await self._begin()
        reader = fhir.Reader(sender=sender, now=self.clock(), zone=self.zone)
        for source in sources:
            for batch in _fhir_batches(reader, source):
                ledger.add(await self.take(batch))
            self.advance(source.size)
        return ledger

    async def hl7v2(self, sources: Sequence[Source]) -> Ledger:
        """Import files of HL7 v2 messages."""
        ledger = await self._begin()
        reader = hl7v2.Reader(now=self.clock(), zone=self.zone)
        texts = [_text(source) for source in sources]
        for text in texts:
            reader.survey(text)
        for source, text in zip(sources, texts, strict=True):
            left = source.size
            for batch in reader.batches(text):
                ledger.add(await self.take(batch))
                self.advance(min(left, batch.size))
                left -= min(left, batch.size)
            self.advance(left)
        return ledger

    async def retry(self) -> Ledger:
        """Try every open rejection of the hospital again; those that go in are resolved."""
        ledger = await self._begin()
        for rows in retrying.groups(await self.rejected()):
            batch = retrying.read_again(rows, self.clock(), self.zone)
            ledger.add(await self.take(batch))
            read = {record.key for record in batch.records}
            for row in rows:
                if row["record_key"] not in read:
                    # Its source holds nothing of that name any more: it stays, and is counted.
                    lost = Record(row["record_key"], row["record_type"], lambda: "")
                    ledger.reads([lost])
                    ledger.settle([lost], Outcome.REJECTED, row["reason"])
            self.advance(len(rows))
        return ledger

    async def rejected(self) -> list[asyncpg.Record]:
        """The open rejections of the hospital, oldest first."""
        async with self._transaction() as tx:
            return await rejections.listed(tx)

    async def rejection(self, rejection_id: UUID) -> asyncpg.Record | None:
        """A rejection of the hospital, resolved or not."""
        async with self._transaction() as tx:
            return await rejections.one(tx, rejection_id)

    async def take(self, batch: Batch) -> Ledger:
        """Write a batch; what was settled in it, after the commit."""
        for tried in range(1, TRIES + 1):
            try:
                async with self._transaction() as tx:
                    ledger = await intake.write(tx, self.actor, batch)
                ledger.reads(batch.records)
            except _CROSSED:
                if tried == TRIES:
                    break
            except _REFUSED:
                break
            else:
                return ledger
        return await self._take_apart(batch)

    async def _take_apart(self, batch: Batch) -> Ledger:
        """The halves of a batch that the database refuses; a single draft is rejected.

        Patients come first in a batch, so they are in when the other half needs them.
        """
        ledger = Ledger()
        if not batch.drafts:
            return ledger
        if len(batch.drafts) > 1:
            middle = len(batch.drafts) // 2
            for drafts in (batch.drafts[:middle], batch.drafts[middle:]):
                ledger.add(await self.take(replace(batch, drafts=drafts)))
            return ledger
        reason = "the database refuses it"
        async with self._transaction() as tx:
            await rejections.keep(tx, batch.format, [(one, reason) for one in batch.records])
        ledger.reads(batch.records)
        ledger.settle(batch.records, Outcome.REJECTED, reason)
        return ledger

    async def _begin(self) -> Ledger:
        for scope in NEEDED:
            self.actor.reaches(scope)
        return Ledger()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Transaction]:
        hospital_id, now = self.actor.hospital_id, self.clock()
        async with transaction(self.pool, hospital_id, now, self.policy) as tx:
            yield tx


def _text(source: Source) -> str:
    try:
        return files.read(source)
    except Damaged as damaged:
        return damaged.kept


def _fhir_batches(reader: fhir.Reader, source: Source) -> Iterator[Batch]:
    try:
        text = files.read(source)
    except Damaged as damaged:
        yield reader.batch([fhir.Entry({}, broken=str(damaged), text=damaged.kept)])
        return
    if source.kind not in files.LINES:
        yield reader.batch(fhir.entries(text))
        return
    lines = iter([line for line in text.split("\n") if line.strip()])
    while chunk := list(islice(lines, CHUNK)):
        found = [entry for line in chunk for entry in fhir.entries(line)]
        yield reader.batch(found, last=False)
    rest = reader.batch([])
    for start in range(0, len(rest.drafts), CHUNK):
        yield replace(rest, drafts=rest.drafts[start : start + CHUNK])
