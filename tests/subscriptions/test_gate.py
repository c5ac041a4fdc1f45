"""Who may hold how many sockets, and how much a socket may say."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from subscriptions.bucket import Bucket
from subscriptions.counters import Counters
from subscriptions.gate import SECONDS_AT_ONCE, TURNS_PER_SECOND, Full, Gate, Seat
from subscriptions.limits import Limits

SMALL = Limits(
    sockets=6,
    sockets_of_address=4,
    sockets_of_user=2,
    stranger_sockets=3,
    stranger_sockets_of_address=2,
    socket_messages=3,
    stranger_socket_messages=1,
    wrong_tokens=3,
)
ADDRESSES = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", None]
NETWORKS = ["10.0.0.1", "10.0.0.2", "2001:db8::/64", "2001:db8::/64", "2001:db8:0:1::/64", None]
USERS = [UUID(int=number) for number in range(3)]


class Clock:
    """Time stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(eq=False)
class Held:
    seat: Seat
    network: str | None
    user: UUID | None = None


class Crowd(RuleBasedStateMachine):
    """Sockets come, sign in and go; a model counts them anew each time."""

    def __init__(self) -> None:
        super().__init__()
        self.counters = Counters()
        self.gate = Gate(SMALL, self.counters, Clock())
        self.held: list[Held] = []
        self.refused: Counter[str] = Counter()

    @rule(index=st.sampled_from(range(len(ADDRESSES))))
    def come(self, index: int) -> None:
        network = NETWORKS[index]
        strangers = [one for one in self.held if one.user is None]
        beside = [one for one in self.held if network is not None and one.network == network]
        expected = (
            ("sockets" if len(self.held) >= 6 else None)
            or ("stranger_sockets" if len(strangers) >= 3 else None)
            or ("sockets_of_address" if len(beside) >= 4 else None)
            or (
                "stranger_sockets_of_address"
                if sum(one.user is None for one in beside) >= 2
                else None
            )
        )
        if expected is None:
            self.held.append(Held(self.gate.enter(ADDRESSES[index]), network))
            return
        with pytest.raises(Full) as refusal:
            self.gate.enter(ADDRESSES[index])
        assert refusal.value.limit == expected
        assert refusal.value.own is ("address" in expected)
        self.refused[expected] += 1

    @precondition(lambda self: any(one.user is None for one in self.held))
    @rule(data=st.data(), user=st.sampled_from(USERS))
    def sign_in(self, data: st.DataObject, user: UUID) -> None:
        one = data.draw(st.sampled_from([one for one in self.held if one.user is None]))
        if sum(other.user == user for other in self.held) < 2:
            one.seat.sign_in(user)
            one.user = user
            return
        with pytest.raises(Full, match="sockets_of_user"):
            one.seat.sign_in(user)
        self.refused["sockets_of_user"] += 1

    @precondition(lambda self: self.held)
    @rule(data=st.data(), again=st.booleans())
    def go(self, data: st.DataObject, again: bool) -> None:
        one = data.draw(st.sampled_from(self.held))
        self.held.remove(one)
        one.seat.leave()
        if again:
            one.seat.leave()

    @invariant()
    def everything_is_counted(self) -> None:
        gate, held = self.gate, self.held
        strangers = [one for one in held if one.user is None]
        assert (gate.sockets, gate.strangers) == (len(held), len(strangers))
        assert gate.of_address == Counter(one.network for one in held if one.network)
        assert gate.strangers_of_address == Counter(one.network for one in strangers if one.network)
        assert gate.of_user == Counter(one.user for one in held if one.user)
        assert self.counters.refused == self.refused


TestCrowd = Crowd.TestCase
TestCrowd.settings = hypothesis(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_socket_says_more_once_it_is_signed_in_and_more_again_after_a_while() -> None:
    clock, counters = Clock(), Counters()
    seat = Gate(SMALL, counters, clock).enter("10.0.0.1")
    for _ in range(1 * SECONDS_AT_ONCE):
        seat.hear()
    with pytest.raises(Full, match=r"at most 1 \(stranger_socket_messages\)"):
        seat.hear()
    seat.sign_in(USERS[0])
    for _ in range(3 * SECONDS_AT_ONCE):
        seat.hear()
    with pytest.raises(Full, match=r"at most 3 \(socket_messages\)"):
        seat.hear()
    clock.now += 2.0
    for _ in range(2 * 3):
        seat.hear()
    with pytest.raises(Full):
        seat.hear()
    assert counters.refused == {"stranger_socket_messages": 1, "socket_messages": 2}


async def test_wrong_tokens_slow_an_address_down_and_no_other() -> None:
    clock, counters = Clock(), Counters()
    gate = Gate(SMALL, counters, clock)

    async def waits(address: str) -> bool:
        turn = asyncio.ensure_future(gate.turn(address))
        await asyncio.sleep(0)
        waiting = not turn.done()
        await turn
        return waiting

    for _ in range(3):
        assert not await waits("10.0.0.1")
        gate.wrong("10.0.0.1")
    assert await waits("10.0.0.1")
    assert await waits("::ffff:10.0.0.1")
    assert not await waits("10.0.0.2")
    assert counters.refused == {"wrong_tokens": 2}
    clock.now += 20.0  # a third of a minute: one of three is forgotten
    assert not await waits("10.0.0.1")
    gate.wrong("10.0.0.1")
    assert await waits("10.0.0.1")


async def test_those_who_wait_are_let_in_one_after_the_other() -> None:
    gate = Gate(replace(SMALL, wrong_tokens=1), Counters(), Clock())
    gate.wrong("10.0.0.1")
    loop, let_in = asyncio.get_running_loop(), []

    async def one(number: int) -> None:
        await gate.turn("10.0.0.1")
        let_in.append((number, loop.time()))

    waiting = [asyncio.ensure_future(one(number)) for number in range(5)]
    waiting[2].cancel()  # who gives up holds nobody up
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [number for number, _ in let_in] == [0, 1, 3, 4]
    times = [at for _, at in let_in]
    # Timers may come a little early, by the clock's resolution.
    assert all(
        later - earlier > 0.9 / TURNS_PER_SECOND for earlier, later in itertools.pairwise(times)
    )


def test_addresses_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscriptions.gate.MOST_ADDRESSES", 10)
    gate = Gate(SMALL, Counters(), Clock())
    for number in range(100):
        gate.wrong(f"10.0.1.{number}")
    assert len(gate._guesses) == 10


def test_reasons_fit_into_a_close_frame() -> None:
    gate = Gate(SMALL, Counters())
    for limit in ("sockets", "stranger_sockets_of_address", "sockets_of_user", "socket_messages"):
        reason = str(gate.full(limit, "too many sockets of this address not signed in"))
        assert limit in reason
        assert len(reason.encode()) <= 123


def test_a_bucket_never_gives_more_than_it_holds() -> None:
    bucket = Bucket(2.0, 5.0, 0.0)
    assert [bucket.take(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert [bucket.take(1.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(1_000.0) for _ in range(6)] == [True] * 5 + [False]
