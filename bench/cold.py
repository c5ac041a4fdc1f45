"""What a document never seen costs (parse, validate, plan, compile), and what it costs once seen.

`python -m bench.cold` prints both for the ward board as JSON, in ms of processor time: nothing of
it waits, and what else the machine does is not measured. In process, and up to where the statement
would be sent: the engine is given connections that cannot be had.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any, Never
from uuid import UUID

import orjson

from bench.workloads import BOARD, CHART
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine

DOCUMENTS = 15
"""Each is measured once cold and once again."""
SOME = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Cold:
    """Medians and the worst, in ms."""

    cold_ms: float
    worst_ms: float
    again_ms: float


class Reached(BaseException):
    """The statement is ready. Not an Exception: the engine answers those."""


class Unreachable:
    """A pool without connections."""

    def __getattr__(self, name: str) -> Any:
        def reached(*_: Any, **__: Any) -> Never:
            raise Reached

        return reached


async def _renewed(actor: Actor) -> Actor:
    return actor


async def measure() -> Cold:
    """Ward boards that differ by the operation's name, each as the first of its kind."""
    pool: Any = Unreachable()
    engine = Engine(pool, pool, DEFAULT_POLICY, lambda _: None, renew=_renewed)
    nurse = Actor(
        hospital_id=SOME,
        user_id=SOME,
        session_id=SOME,
        username="nurse",
        roles=frozenset({Role.NURSE}),
        rights=rights(frozenset({Role.NURSE})),
        ward_ids=(SOME,),
    )
    # The first documents of a process also pay for what is imported and made on first use.
    await _until_reached(engine, nurse, CHART.document, {"id": f"pat_{SOME}"})
    await _until_reached(engine, nurse, BOARD.document, {"code": "W01"})
    gc.collect()
    gc.freeze()  # both as the server does
    gc.set_threshold(50_000, 50, 100)
    cold, again = [], []
    for number in range(DOCUMENTS):
        text = BOARD.document.replace("Board", f"Board{number}")
        cold.append(await _until_reached(engine, nurse, text, {"code": "W01"}))
        again.append(await _until_reached(engine, nurse, text, {"code": "W02"}))
    return Cold(statistics.median(cold), max(cold), statistics.median(again))


async def _until_reached(
    engine: Engine, actor: Actor, text: str, variables: dict[str, Any]
) -> float:
    begin = process_time()
    try:
        answer = await engine.execute(GraphQLRequest(text, None, variables), actor)
    except Reached:
        return (process_time() - begin) * 1_000
    raise RuntimeError(f"the engine answered without a database: {answer[:300].decode()}")


def main() -> None:
    """Print it."""
    sys.stdout.buffer.write(orjson.dumps(asdict(asyncio.run(measure()))) + b"\n")


if __name__ == "__main__":
    main()
