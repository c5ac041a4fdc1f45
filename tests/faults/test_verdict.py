"""The witness's verdict finds what it is there to find, and nothing where all is well."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.witness.verdict import Heard, done_though_refused, faults, heard, tally

WRITTEN = st.lists(
    st.tuples(st.sampled_from(["one", "other"]), st.sampled_from(["hers", "his", "nobody's"])),
    min_size=3,
    max_size=40,
)


def lines_of(written: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "writer": writer,
            "number": number,
            "kind": "critical",
            "id": f"crt_{number}",
            "subject": subject,
            "attempts": [[number - 0.2, number + 0.2, "ok"]],
        }
        for number, (writer, subject) in enumerate(written)
    ]


def feed_of(ids: list[str], resync: bool = False) -> Heard:
    events = [
        [f"cursor {one}", "RAISED", one, f"1970-01-01T00:00:{int(one[4:]):02d}+00:00"]
        for one in ids
    ]
    line = {"station": "board", "feed": "0", "at": 1.0, "resync": resync, "events": events}
    (found,) = heard([line], [Heard("board", "0", "criticalResults", {"hers", "his"})])
    return found


def due(lines: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in lines if line["subject"] != "nobody's"]


@given(WRITTEN)
def test_all_in_order_once_is_well(written: list[tuple[str, str]]) -> None:
    lines = lines_of(written)
    told = feed_of(due(lines))
    assert faults(lines, [told, told]) == []
    assert done_though_refused(lines, [told]) == []


@given(WRITTEN, st.randoms(use_true_random=False))
def test_one_that_is_missing_doubled_strange_or_moved_is_found(
    written: list[tuple[str, str]], chance: random.Random
) -> None:
    lines = lines_of(written)
    ids = due(lines)
    if not ids:
        return
    victim = chance.randrange(len(ids))
    missing = ids[:victim] + ids[victim + 1 :]
    assert any("never told of 1" in one for one in faults(lines, [feed_of(missing)]))
    assert tally(lines, [feed_of(missing)]) == {"due": len(ids), "lost": 1, "twice": 0}
    doubled = [*ids, ids[victim]]
    assert any("told twice of 1" in one for one in faults(lines, [feed_of(doubled)]))
    assert tally(lines, [feed_of(doubled)]) == {"due": len(ids), "lost": 0, "twice": 1}
    strange = [*ids, "crt_55"]
    assert any("nobody may have told" in one for one in faults(lines, [feed_of(strange)]))
    turned = ids[::-1]
    if len(ids) > 1:
        assert any(
            "different orders" in one for one in faults(lines, [feed_of(ids), feed_of(turned)])
        )
    mine = {line["id"] for line in lines if line["writer"] == "one"}
    if len(mine & {*ids}) > 1:
        assert any("written before it" in one for one in faults(lines, [feed_of(turned)]))


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("ok", False),
        ("lost EOFError", False),
        ("UNAVAILABLE", False),
        ("INTERNAL_SERVER_ERROR", True),
    ],
)
def test_what_was_refused_and_done_is_found(what: str, wrong: bool) -> None:
    (line,) = lines_of([("one", "hers")])
    line["attempts"] = [[-0.2, 0.2, what], [0.5, 0.9, "ok"]]
    assert bool(done_though_refused([line], [feed_of([line["id"]])])) is wrong
    line["attempts"] = [[-0.9, -0.5, what], [-0.2, 0.2, "ok"]]
    assert done_though_refused([line], [feed_of([line["id"]])]) == []


def test_a_feed_that_was_sent_to_read_afresh_is_found() -> None:
    lines = lines_of([("one", "hers")])
    assert faults(lines, [feed_of(due(lines), resync=True)])
    assert faults([*lines, *lines], [feed_of(due(lines))])
