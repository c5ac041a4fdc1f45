"""What a command writes to its log, read from the stderr of a process."""

from __future__ import annotations

import subprocess
import sys

LOGS = """
import logging
from app.cli.running import write_logs
write_logs("info")

def find():
    raise LookupError("of Ada Lovelace")

try:
    find()
except LookupError:
    logging.getLogger("asyncpg.pool").warning("retrying", exc_info=True)
    logging.getLogger("uvicorn.error").exception("in the application")
    logging.getLogger("elsewhere").error("%s of %s", "one", "two", exc_info=True)
    logging.getLogger("elsewhere").info("well", exc_info=True)
logging.getLogger("elsewhere").info("fine", exc_info=True)
"""


def test_the_exceptions_of_libraries_are_told_without_their_texts() -> None:
    """PostgreSQL repeats values in them. Of a warning, of which there may be many, the class is
    told, in its line; of an error also where it was."""
    ended = subprocess.run(
        [sys.executable, "-c", LOGS], capture_output=True, text=True, check=True, timeout=60
    )
    said = ended.stderr
    assert "Ada" not in said
    assert "Traceback" not in said
    lines = said.splitlines()
    assert lines[0].endswith("WARNING asyncpg.pool [-] retrying: LookupError")
    assert lines[1].endswith("ERROR uvicorn.error [-] in the application: LookupError")
    assert lines[3].startswith("  ")
    assert lines[3].endswith(" in find")
    assert lines[4].endswith("ERROR elsewhere [-] one of two: LookupError")
    assert lines[-1].endswith("INFO elsewhere [-] fine")
