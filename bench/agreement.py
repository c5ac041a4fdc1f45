"""Before anything is timed: every system answers the same JSON to the same question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.hospital import Hospital
from bench.systems import System
from bench.workloads import FIND, Variables, Workload, second_pages, variables

Bodies = dict[str, dict[str, list[bytes]]]


class Differs(Exception):
    """Two systems do not answer the same; says where."""


async def agreed(
    running: Sequence[System], built: Hospital, workloads: Sequence[Workload]
) -> Bodies:
    """What to send, by system and workload, each of which all answered alike (of W4 the first: it
    writes). Raises Differs."""
    sent: Bodies = {system.name: {} for system in running}
    for workload in workloads:
        expected: list[str] | None = None
        given = variables(workload, built)
        for system in running:
            bodies, answers = await _asked(system, workload, built, given)
            sent[system.name][workload.name] = bodies
            texts = [json.dumps(answer) for answer in answers]
            if expected is None:
                expected = texts
            for number, (one, other) in enumerate(zip(texts, expected, strict=True)):
                if one != other:
                    raise Differs(
                        f"{workload.name}, answer {number}: {system.name} and"
                        f" {running[0].name} differ{_first_difference(one, other)}"
                    )
    return sent


async def _asked(
    system: System, workload: Workload, built: Hospital, given: list[Variables]
) -> tuple[list[bytes], list[Any]]:
    """The bodies to measure with, and the answers to compare."""
    bodies = [system.dialect.body(workload, one) for one in given]
    asked = bodies[:1] if workload.writes else bodies
    raw = await system.answers(workload.name, asked)
    answers = [system.dialect.same(workload, one) for one in raw]
    if workload is FIND:
        given = second_pages(built, [system.dialect.cursor(answer) for answer in raw])
        bodies = [system.dialect.body(workload, one) for one in given]
        raw = await system.answers(workload.name, bodies)
        answers += [system.dialect.same(workload, one) for one in raw]
    if workload.writes:
        answers = [_without_ids(answer) for answer in answers]
    return bodies, answers


def _without_ids(answer: Any) -> Any:
    """What was just written has an id of its own."""
    match answer:
        case dict():
            return {key: _without_ids(value) for key, value in answer.items() if key != "id"}
        case list():
            return [_without_ids(each) for each in answer]
    return answer


def _first_difference(one: str, other: str) -> str:
    place = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    begin = max(place - 60, 0)
    return f" at {place}:\n  {one[begin : place + 60]}\n  {other[begin : place + 60]}"
