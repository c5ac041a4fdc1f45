"""Documents that are small to send and large to answer; each must cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

Bomb = tuple[str, str]
"""(what it is, the document)."""


def fan_out(depth: int, spread: int = 2) -> str:
    """`spread` to the power of `depth` fields, by fragments."""
    fragments = ""
    for level in range(depth):
        inner = f"...F{level + 1}" if level < depth - 1 else "id"
        each = " ".join(f"a{n}: beds {{ ward {{ {inner} }} }}" for n in range(spread))
        fragments += f" fragment F{level} on Ward {{ {each} }}"
    return "{ wards { ...F0 } }" + fragments


def repeated(text: str, number: int) -> str:
    """`text` with the number in place of each %."""
    return " ".join(text.replace("%", str(n)) for n in range(number))


def bombs() -> Iterator[Bomb]:
    """All of them; each is refused."""
    yield "fragments of two, nine deep", fan_out(9)
    yield "fragments of ten, four deep", fan_out(4, 10)
    yield "fragments of ten, twenty deep", fan_out(20, 10)
    yield (
        "a fragment in itself, thousandfold",
        (
            "{ wards { ...A } } fragment A on Ward { "
            + repeated("a%: beds { ward { ...A } }", 220)
            + "}"
        ),
    )
    yield (
        "a chain of fragments",
        (
            "{ wards { ...F0 } } "
            + " ".join(f"fragment F{n} on Ward {{ ...F{n + 1} }}" for n in range(99))
            + " fragment F99 on Ward { id }"
        ),
    )
    yield (
        "five thousand fragments",
        (
            "{ wards { "
            + repeated("...F%", 5_000)
            + " } } "
            + repeated("fragment F% on Ward { id }", 5_000)
        ),
    )
    yield (
        "three hundred fragments",
        ("{ wards { ...F0 } } " + repeated("fragment F% on Ward { id }", 300)),
    )
    yield (
        "each fragment in each other",
        (
            "{ wards { ...F0 } } "
            + " ".join(f"fragment F{n} on Ward {{ {repeated('...F%', 30)} }}" for n in range(30))
        ),
    )
    yield (
        "each fragment in all after it",
        (
            "{ wards { ...F0 } } "
            + " ".join(
                f"fragment F{n} on Ward {{ id "
                + " ".join(f"...F{m}" for m in range(n + 1, 40))
                + " }"
                for n in range(40)
            )
        ),
    )
    yield "aliases", "{ wards { " + repeated("a%: id", 700) + " } }"
    yield "roots", "{ " + repeated("a%: viewer { username }", 200) + " }"
    yield (
        "roots in fragments",
        "{ " + "...R " * 9 + "} fragment R on Query { " + ("wards { id } " * 60 + "}"),
    )
    yield "lists in lists", "{ wards { " + "beds { ward { " * 4 + "id" + " } }" * 4 + " } }"
    yield "depth", "{ wards { " + "beds { ward { " * 12 + "id" + " } }" * 12 + " } }"
    yield "nested braces", "{ wards " + "{ wards " * 800 + "}" * 800 + "}"
    yield "inline fragments", "{ " + "... { " * 59 + "viewer { id }" + " }" * 59 + " }"
    yield "a list literal", "{ criticalResults(status: [" + "OPEN " * 2_100 + "]) { totalCount } }"
    yield "a nested list", "{ patients(search: " + "[" * 1_000 + "]" * 1_000 + ") { totalCount } }"
    yield (
        "an object literal",
        ("mutation { registerPatient(input: { " + repeated("a%: 1", 700) + " }) { __typename } }"),
    )
    yield "a directive, thousandfold", "{ wards { id " + "@skip(if: false) " * 350 + "} }"
    yield "directives on fields", "{ wards { " + "id @include(if: true) " * 300 + "} }"
    yield "variables", "query (" + repeated("$v%: Int", 400) + ") { viewer { id } }"
    yield "operations", repeated("query Q% { viewer { id } }", 200)
    yield (
        "operations with fragments",
        (
            repeated("query Q% { wards { ...F } }", 100)
            + " fragment F on Ward { "
            + "id code " * 600
            + "}"
        ),
    )
    yield "the same field with a selection", "{ wards { " + "beds { ward { code } } " * 300 + "} }"
    yield (
        "the same field in fragments",
        (
            "{ wards { "
            + repeated("...F%", 90)
            + " } } "
            + repeated("fragment F% on Ward { beds { id } }", 90)
        ),
    )
    yield "tokens", "{ viewer { " + "id " * 16_000 + "} }"
    yield "characters", "{ viewer { id } } #" + "x" * 100_000
    yield "comments", "#\n" * 24_000 + "{ nothing }"
    yield "open strings", '"\n' * 24_000
    yield "block strings", '"""' + '\\"""x' * 9_000
    yield (
        "the schema, squared",
        (
            "{ __schema { types { fields { type { fields { "
            + repeated("a%: name", 250)
            + " } } } } } }"
        ),
    )
    yield (
        "pages in pages",
        ("{ patients(first: 500) { nodes { vitals(first: 500) { nodes { id } } } } }"),
    )
    yield (
        "large numbers",
        (
            "{ patients(first: " + "9" * 5_000 + ") { nodes { labResults(first: 500) "
            "{ nodes { id } } } } }"
        ),
    )
