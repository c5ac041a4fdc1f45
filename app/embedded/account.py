"""The account that the servers run as: ours, or an unprivileged one when we are root.

PostgreSQL refuses to run as root. The unprivileged account must still reach the binaries and its
data, and the checkout may lie below a folder like /root that only root may pass through. The
modes of folders above the project are not ours to change, so the server is given a capability
instead: to search folders (CAP_DAC_READ_SEARCH), or, where a container has taken that one away,
CAP_DAC_OVERRIDE. The application connects as a plain role, which can not read server files.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from app.embedded.process import ServerFailed

_PR_CAPBSET_READ = 23
_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs a server, and the words to put before its command."""

    uid: int
    gid: int
    prefix: tuple[str, ...]

    def own(self, path: Path) -> None:
        """Give a file or folder of ours (inside the data folder) to the account."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def account_for(needs: tuple[Path, ...], death_signal: str) -> Account:
    """The account that can reach all of `needs`; its children get `death_signal` when we die.

    Raises ServerFailed when we are root and there is no way down.
    """
    setpriv = shutil.which("setpriv")
    dying = (setpriv, "--pdeathsig", death_signal) if setpriv else ()
    if os.geteuid() != 0:
        # Without setpriv (macOS) a server outlives a kill -9 of ours; the next start ends it.
        return Account(os.geteuid(), os.getegid(), (*dying, "--") if dying else ())
    if setpriv is None:
        raise ServerFailed("as root the embedded servers need setpriv (Debian: util-linux)")
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerFailed("as root the embedded servers need an account called nobody") from None
    kept = "-all"
    passing: tuple[str, ...] = ()
    ambient: tuple[str, ...] = ()
    if not all(_reachable(path, nobody.pw_uid) for path in needs):
        capability = next((name for name in _CAPABILITIES if _available(name)), None)
        if capability is None:
            raise ServerFailed(
                f"the account nobody can not reach {needs[0]}; move the checkout and WARDLINE_HOME "
                "out of a folder that only root may enter"
            )
        kept = f"-all,+{capability}"
        ambient = ("--ambient-caps", kept)
        # Or access(2), by which initdb looks for postgres, would ignore the capability.
        passing = ("--securebits", "+no_setuid_fixup")
    prefix = (
        *(setpriv, "--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid)),
        *("--clear-groups", "--no-new-privs", *passing, "--inh-caps", kept, *ambient),
        *("--bounding-set", kept, "--pdeathsig", death_signal, "--"),
    )
    return Account(nobody.pw_uid, nobody.pw_gid, prefix)


def _reachable(path: Path, uid: int) -> bool:
    """Whether `uid`, in no group, may pass through every folder above `path` (and its links)."""
    for place in {path, path.resolve()}:
        for folder in place.parents:
            status = folder.stat()
            mode = stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH
            if not status.st_mode & mode:
                return False
    return True


def _available(capability: str) -> bool:
    """Whether this process may hand the capability on (it is in the bounding set)."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_CAPBSET_READ, _CAPABILITIES[capability], 0, 0, 0) == 1)
