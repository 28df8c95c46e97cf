"""One mailbot for one mailbox: a lock for each (IMAP user, host), wherever the state lies; and turns at a sign-in.

The lock belongs to the open file (flock), so the kernel frees it when the process dies, however it dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mailbot.errors import Later, OwnerMustAct

LOOKS = 3  # tries, because ``is_held`` of another process holds the lock for a moment
LOOK_TAKES = 0.05  # seconds
TURN_WITHIN = 60.0  # seconds; who has the turn asks one server, which gives up after 30


def folder(environ: Mapping[str, str]) -> Path:
    """The runtime folder of the platform, else one of this user's own in the temporary folder."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "mailbot" if runtime else Path(tempfile.gettempdir()) / f"mailbot-{os.getuid()}"


def acquire(key: str, where: Path) -> IO[str] | None:
    """Holds the lock until the returned file is closed; None when another mailbot has it. Raises OwnerMustAct."""
    file = _opened(key, where)
    for _ in range(LOOKS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            time.sleep(LOOK_TAKES)
    file.close()
    return None


@contextmanager
def turn(key: str, where: Path) -> Iterator[None]:
    """Waits until no other thread or process has the turn. Raises Later after a minute, and OwnerMustAct."""
    deadline = time.monotonic() + TURN_WITHIN
    while (held := acquire(key, where)) is None:
        if time.monotonic() > deadline:
            raise Later("another mailbot does not come to an end of its sign-in")
    with held:
        yield


def is_held(key: str, where: Path) -> bool:
    """Whether a mailbot works for this account now. Raises OwnerMustAct."""
    with _opened(key, where) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _opened(key: str, where: Path) -> IO[str]:
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        if where.stat().st_uid != os.getuid():
            raise PermissionError(f"{where} belongs to another user")
        descriptor = os.open(where / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OwnerMustAct("lock", f"the lock in {where} cannot be made ({error})", "Check the folder") from error
    return os.fdopen(descriptor, "r+")
