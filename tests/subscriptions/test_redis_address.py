"""Addresses of Redis: what they say, and that what is wrong with one is said without its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.redis_address import SCHEMES, RedisAddress


@pytest.mark.parametrize(
    ("url", "hosts", "master", "options", "to_sentinels"),
    [
        ("redis://h", [("h", 6379)], None, {}, {}),
        ("redis://:p@h:1/3", [("h", 1)], None, {"password": "p", "db": 3}, {}),
        ("redis://u:p%40%23@[::1]:7", [("::1", 7)], None, {"username": "u", "password": "p@#"}, {}),
        (
            "rediss://h/0?ssl_ca_certs=/ca.pem&ssl_check_hostname=false",
            [("h", 6379)],
            None,
            {"ssl": True, "ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False, "db": 0},
            {"ssl": True, "ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False},
        ),
        (
            "redis+sentinel://u:p@a:1,b/ward/2?sentinel_username=s&sentinel_password=t",
            [("a", 1), ("b", 26379)],
            "ward",
            {"username": "u", "password": "p", "db": 2},
            {"username": "s", "password": "t"},
        ),
        (
            "rediss+cluster://:p@a:1,[fe80::1],b",
            [("a", 1), ("fe80::1", 6379), ("b", 6379)],
            None,
            {"ssl": True, "password": "p"},
            {"ssl": True},
        ),
        ("redis+cluster://a/0", [("a", 6379)], None, {}, {}),
    ],
)
def test_an_address_is_read(
    url: str,
    hosts: list[tuple[str, int]],
    master: str | None,
    options: dict[str, object],
    to_sentinels: dict[str, object],
) -> None:
    address = RedisAddress.parse(url)
    assert list(address.hosts) == hosts
    assert address.master == master
    assert address.options == options
    assert address.to_sentinels == to_sentinels


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hunter2", "must be a URL that starts with redis://"),
        ("http://hunter2", "must be a URL that starts with redis://"),
        ("redis://", "names no host"),
        ("redis://:hunter2@", "names no host"),
        ("redis://[hunter2", "names no host"),
        ("redis+cluster://a,,b", "names no host"),
        ("redis://:hun#ter2@h", "holds a #"),
        ("redis://h:hunter2", "names a port"),
        ("redis://h:0", "names a port"),
        ("redis://h:65536", "names a port"),
        ("redis://a,b", "names several hosts"),
        ("redis://h/hunter2", "ends with something"),
        ("redis://h/²", "ends with something"),
        ("redis://h?db=hunter2", "ends with something"),
        ("redis+sentinel://h", "names no master"),
        ("redis+sentinel://h/ward/hunter2", "ends with something"),
        ("redis+cluster://h/1", "names a database"),
        ("redis://h?socket_timeout=60", "has an option"),
        ("redis://h?sentinel_password=hunter2", "has an option"),
        ("redis://h?ssl_ca_certs=hunter2", "has options of TLS"),
        ("rediss://h?ssl_check_hostname=hunter2", "says of ssl_check_hostname"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_repeated(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        RedisAddress.parse(url)
    assert "hunter2" not in str(caught.value)


@given(
    scheme=st.sampled_from(sorted(SCHEMES)),
    rest=st.text(st.sampled_from("ab:@/,?#[]%=&.0123456789 ²é\n"), max_size=40) | st.text(),
)
def test_whatever_is_given_it_is_an_address_or_a_value_error(scheme: str, rest: str) -> None:
    try:
        address = RedisAddress.parse(f"{scheme}://{rest}")
    except ValueError:
        return
    assert all(host and 0 < port < 65536 for host, port in address.hosts)
    assert (address.master is not None) == (address.kind == "sentinel")


def test_a_password_is_in_no_repr() -> None:
    for scheme in SCHEMES:
        address = RedisAddress.parse(f"{scheme}://u:hunter2@h.example/0")
        assert "hunter2" not in f"{address!r} {address}"
        assert "example" not in f"{address!r} {address}"
