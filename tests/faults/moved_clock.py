"""`wardline` with a clock that can be moved: `python -m tests.faults.moved_clock FILE serve`.

FILE holds by how many seconds the time of day is off, and may be written at any time. Every place
of ours that asks for the time is given the moved one, as is whoever asks `time.time`; what the
kernel counts by itself (the monotonic clock, timers) goes on, as it does on a real machine.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

OURS = ("app", "resolvers", "subscriptions", "schema", "models")


def main(file: Path, words: list[str]) -> None:
    """Run the command line, by the moved clock."""
    for name in OURS:
        load(importlib.import_module(name))
    changed = move(file)
    assert changed > len(OURS), "no module asks for the time any more"
    sys.argv = ["wardline", *words]
    importlib.import_module("app.cli").main()


def load(package: ModuleType) -> None:
    """Import all of a package, so that nothing comes to the real clock later."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def move(file: Path) -> int:
    """Give every module of ours the moved clock; how many there were."""
    real = dt.datetime

    def seconds() -> float:
        return float(file.read_text() or 0)

    class Kind(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, real)

    class Moved(real, metaclass=Kind):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> real:  # type: ignore[override]
            return real.now(tz) + dt.timedelta(seconds=seconds())

    modules = [
        module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in OURS and vars(module).get("datetime") is real
    ]
    for module in modules:
        vars(module)["datetime"] = Moved
    told = time.time
    time.time = lambda: told() + seconds()
    return len(modules)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
