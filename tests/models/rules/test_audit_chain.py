"""The law of the chain: whatever is changed, removed, put in or moved is found, at its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import audit_chain
from models.rules.audit_chain import Entry, Finding, Head, Seal, Selection, Wrong

LATER: dict[str, Any] = {
    "audience_id": UUID(int=4),
    "stay_id": UUID(int=5),
    "first_position": 8,
    "last_position": 9,
}
START = datetime(2026, 11, 21, tzinfo=UTC)
moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 (the zone is the next argument's)
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
texts = st.none() | st.text(max_size=9)
positions = st.none() | st.integers(-(2**63), 2**63 - 1)
hashes = st.binary(min_size=32, max_size=32)


def entries_with(number: int) -> st.SearchStrategy[Entry]:
    return st.builds(
        Entry,
        id=st.just(number),
        hospital_id=st.none() | st.uuids(),
        occurred_at=moments,
        user_id=st.none() | st.uuids(),
        session_id=st.none() | st.uuids(),
        address=texts,
        selection_id=hashes,
        request_id=texts,
        patient_ids=st.lists(st.uuids(), max_size=3).map(tuple),
        audience_id=st.none() | st.uuids(),
        stay_id=st.none() | st.uuids(),
        first_position=positions,
        last_position=positions,
    )


@st.composite
def sequences(draw: st.DrawFn) -> list[Entry]:
    """Entries in the order of their sealing, which is not always that of their ids."""
    numbers = draw(st.lists(st.integers(1, 2**40), min_size=1, max_size=5, unique=True))
    return [draw(entries_with(number)) for number in numbers]


Links = list[tuple[Seal, bytes | None]]


def sealed(entries: list[Entry], head: Head = Head()) -> Links:  # noqa: B008 (frozen)
    links: Links = []
    for entry in entries:
        at = START + timedelta(seconds=head.position)
        position, digest = head.position + 1, entry.digest
        head = Head(position, audit_chain.link(head.hash, position, at, digest))
        links.append((Seal(position, entry.id, at, digest, head.hash), digest))
    return links


def findings(links: Links) -> list[Finding]:
    found: list[Finding] = []
    for _ in audit_chain.walk(Head(), links, found):
        pass
    return found


@given(sequences())
def test_a_chain_that_nobody_touched_closes(entries: list[Entry]) -> None:
    links = sealed(entries)
    assert findings(links) == []
    *_, head = audit_chain.walk(Head(), links, [])
    assert head == Head(len(entries), links[-1][0].hash)


@given(sequences(), st.data())
def test_a_changed_entry_is_found_where_it_is(entries: list[Entry], data: st.DataObject) -> None:
    links = sealed(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    seal, before = links[place]
    other = data.draw(entries_with(entries[place].id))
    links[place] = (seal, other.digest)
    expected = (
        []
        if other == entries[place]
        else [Finding(Wrong.ENTRY_CHANGED, place + 1, entries[place].id)]
    )
    assert findings(links) == expected
    assert (other.digest == before) is (other == entries[place])


CHANGES: dict[str, Callable[[Seal], Seal]] = {
    "sealed_at": lambda seal: replace(seal, sealed_at=seal.sealed_at + timedelta(microseconds=1)),
    "digest": lambda seal: replace(seal, digest=bytes(31) + b"x"),
    "hash": lambda seal: replace(seal, hash=bytes(31) + b"x"),
}


@given(sequences(), st.sampled_from(sorted(CHANGES)), st.data())
def test_a_changed_seal_is_found_where_it_is(
    entries: list[Entry], column: str, data: st.DataObject
) -> None:
    links = sealed(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    seal, digest = links[place]
    links[place] = (CHANGES[column](seal), digest)
    first, *_ = findings(links)
    assert first == Finding(Wrong.SEAL_CHANGED, place + 1, seal.entry_id)
    assert {found.position for found in findings(links)} <= {place + 1, place + 2}


@given(sequences(), st.data())
def test_a_removed_entry_or_seal_is_found(entries: list[Entry], data: st.DataObject) -> None:
    links = sealed(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    seal, _ = links[place]
    without = [*links[:place], (seal, None), *links[place + 1 :]]
    assert findings(without) == [Finding(Wrong.ENTRY_MISSING, place + 1, seal.entry_id)]
    rest = [*links[:place], *links[place + 1 :]]
    after = links[place + 1 : place + 2]
    # At the very end nothing misses it: that is what a head kept elsewhere is for.
    assert findings(rest) == [
        Finding(Wrong.SEALS_MISSING, one.position, one.entry_id) for one, _ in after
    ]


@given(sequences(), st.data())
def test_what_is_moved_is_found_at_the_first_place(
    entries: list[Entry], data: st.DataObject
) -> None:
    """Two entries change places; their seals go with them, under each other's position."""
    links = sealed(entries)
    here = data.draw(st.integers(0, len(links) - 1))
    there = data.draw(st.integers(0, len(links) - 1))
    (a, first), (b, second) = links[here], links[there]
    links[here] = (replace(b, position=a.position), second)
    links[there] = (replace(a, position=b.position), first)
    found = findings(links)
    if here == there:
        assert found == []
    else:
        assert found[0].position == min(here, there) + 1
        assert found[0].wrong is Wrong.SEAL_CHANGED


@given(sequences(), st.data())
def test_what_is_put_in_is_found(entries: list[Entry], data: st.DataObject) -> None:
    links = sealed(entries)
    place = data.draw(st.integers(0, len(links)))
    more = data.draw(entries_with(2**41))
    at = Head(place, links[place - 1][0].hash) if place else Head()
    [forged] = sealed([more], at)
    moved = [(replace(seal, position=seal.position + 1), digest) for seal, digest in links[place:]]
    found = findings([*links[:place], forged, *moved])
    assert [one.position for one in found][:1] == ([] if place == len(links) else [place + 2])


@given(sequences())
def test_a_chain_made_anew_has_another_head(entries: list[Entry]) -> None:
    """It closes; whoever kept the head before knows."""
    changed = [replace(entries[0], address="192.0.2.99"), *entries[1:]]
    anew = sealed(changed)
    assert findings(anew) == []
    assert (anew[-1][0].hash == sealed(entries)[-1][0].hash) is (changed == entries)


@given(st.integers(0, 2**60), hashes)
def test_a_head_is_read_as_it_is_written(position: int, value: bytes) -> None:
    assert Head.parse(str(Head(position, value))) == Head(position, value)


@pytest.mark.parametrize("text", ["", "1", "1:ab", "x:" + "00" * 32, "-1:" + "00" * 32])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="POSITION:HASH"):
        Head.parse(text)


names = st.lists(st.text(max_size=5), max_size=3).map(tuple)


@given(
    st.tuples(texts, texts, names, names, names, names),
    st.tuples(texts, texts, names, names, names, names),
)
def test_the_id_of_a_selection_is_that_of_no_other(one: Any, other: Any) -> None:
    """Nothing moves from one column into the next unseen."""

    def selection(parts: Any) -> Selection:
        name, document, *lists = parts
        return Selection("QUERY", name, document, "DONE", *lists)

    assert (selection(one).id == selection(other).id) is (one == other)


def test_the_form_stays_what_it_is() -> None:
    """What was sealed once must be proved by every later release."""
    entry = Entry(
        id=7,
        hospital_id=UUID(int=1),
        occurred_at=START,
        user_id=None,
        session_id=UUID(int=2),
        address="192.0.2.7",
        selection_id=bytes(32),
        request_id=None,
        patient_ids=(UUID(int=3), UUID(int=3)),
    )
    assert entry.digest_in(1).hex() == (
        "b382ab86f031ac81102752953dabe346271f435bd4162cb3f668addd0b267fd0"
    )
    pushed = replace(entry, **LATER)
    assert pushed.digest.hex() == (
        "808ecafe39618123bd32eec50f4d16a2600091133cf1d34bce294e73ab56b702"
    )
    assert Selection("QUERY", None, "", "DONE", fields=("Patient.mrn",)).id.hex() == (
        "7ab4092ff4a61f733a66fdf58dc0831ba7661fe6fdfdbfdbdaef24d62ba2bbe1"
    )


@pytest.mark.parametrize("column", LATER)
@given(entries_with(7))
def test_what_the_first_form_has_no_place_for_was_not_sealed_in_it(
    column: str, entry: Entry
) -> None:
    before = replace(entry, **dict.fromkeys(LATER))
    assert len(before.digest_in(1)) == len(before.digest) == 32
    assert before.digest_in(1) != before.digest
    assert replace(before, **{column: LATER[column]}).digest_in(1) == b""
    assert before.digest_in(3) == b""
