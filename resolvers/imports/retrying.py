"""Rejected records read again: those that came together, together.

A systolic pressure was rejected because of the diastolic beside it; alone it would go in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import groupby

import asyncpg

from resolvers.imports import fhir, hl7v2
from resolvers.imports.drafts import Batch

_CONTEXT = ("MSH", "EVN", "PID", "PV1", "OBR")


def groups(rows: Iterable[asyncpg.Record]) -> Iterator[list[asyncpg.Record]]:
    """Rejections by what they came in: a message of HL7 v2, for FHIR all of one sender."""
    ordered = sorted(rows, key=lambda row: (_group(row), row["id"]))
    for _, found in groupby(ordered, key=_group):
        yield list(found)


def _group(row: asyncpg.Record) -> tuple[str, str]:
    key: str = row["record_key"]
    if "|" not in key:
        return row["format"], key
    if row["format"] == fhir.FORMAT:
        return row["format"], key.partition("|")[0]
    return row["format"], key.rpartition("|")[0]


def read_again(rows: Sequence[asyncpg.Record], now: datetime, zone: tzinfo) -> Batch:
    """The drafts of these records of one group, without what stands around them in the sources."""
    sources = [row["source_text"] for row in rows]
    if rows[0]["format"] == fhir.FORMAT:
        _, name = _group(rows[0])
        sender = fhir.FORMAT if name.startswith("sha256:") else name
        reader = fhir.Reader(sender=sender, now=now, zone=zone)
        batch = reader.batch([entry for text in sources for entry in fhir.entries(text)])
    else:
        found = hl7v2.Reader(now=now, zone=zone).batches(_message(sources))
        batch = next(found, Batch(hl7v2.FORMAT, hl7v2.FORMAT))
    wanted = {row["record_key"] for row in rows}
    kept = [draft for draft in batch.drafts if wanted & {one.key for one in draft.records}]
    return replace(batch, drafts=kept)


def _message(sources: Sequence[str]) -> str:
    """One message of the sources that were taken out of it."""
    joined: list[str] = []
    order = None
    for source in sources:
        for line in source.split("\r"):
            if line.startswith(_CONTEXT):
                known = line == order if line.startswith("OBR") else line in joined
                order = line if line.startswith("OBR") else order
                if known:
                    continue
            joined.append(line)
    return "\r".join(joined)
