"""Laboratory results as a sender records them: up to a thousand in a call, each on its own.

`ingest` is the way in for whole batches (imports, the demo): see `labs_ingest`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.rules.scopes import Scope
from resolvers.actors import Actor
from resolvers.clinicians import Clinicians
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.labs_ingest import ingest
from resolvers.labs_inputs import LabResultInput, Patients, checked
from resolvers.labs_intake import Ingested
from resolvers.labs_judgement import NewLabResult
from resolvers.transaction import Transaction

__all__ = ["Ingested", "NewLabResult", "ingest", "record_lab_results"]


async def record_lab_results(
    tx: Transaction, actor: Actor, *, results: Sequence[LabResultInput]
) -> dict[str, Any]:
    """Take in what one call carries. Each result has an outcome of its own, in the order sent; one
    that is refused is REJECTED with a code and a message that names its field, and stops no other.

    The sender is the actor: their numbers are their own. BadInput where there are too many.
    """
    reaches = actor.reaches(Scope.LAB_RECORD)
    most = tx.policy.max_results_per_call
    if len(results) > most:
        raise BadInput(
            f"one call carries at most {most} results", field="results", limit=f"<= {most}"
        )
    patients = await Patients.load(tx, actor, reaches, results)
    clinicians = await Clinicians.load(
        tx.connection, tx.hospital_id, (given.ordered_by for given in results)
    )
    taken, outcomes = sifted(results, patients, clinicians, tx.now)
    for ingested in await ingest(tx, actor, taken, sender=sender_of(actor)):
        outcomes[ingested.index] = ingested
    return {"outcomes": told(outcomes)}


def sender_of(actor: Actor) -> str:
    """The sender that a user is. No import has such a name."""
    return f"user:{actor.user_id}"


def sifted(
    results: Sequence[LabResultInput], patients: Patients, clinicians: Clinicians, now: datetime
) -> tuple[list[NewLabResult], dict[int, Ingested]]:
    """Those that can be taken in, and the outcomes of the others by index."""
    taken: list[NewLabResult] = []
    refused: dict[int, Ingested] = {}
    for index, given in enumerate(results):
        try:
            taken.append(checked(given, index, patients, clinicians, now))
        except (BadInput, Conflict, NotFound) as refusal:
            refused[index] = Ingested.rejected(index, refusal)
    return taken, refused


def told(outcomes: Mapping[int, Ingested]) -> list[dict[str, UUID | str | int | None]]:
    """The outcomes as the payload tells them, in the order sent."""
    return [
        {
            "index": outcome.index,
            "outcome": outcome.outcome.value,
            "lab_result": outcome.lab_result_id,
            "code": outcome.code,
            "message": outcome.message,
        }
        for _, outcome in sorted(outcomes.items())
    ]
