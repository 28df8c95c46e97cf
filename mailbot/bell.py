"""A word from the command line to the mailbot that runs: look now.

A FIFO for each account, beside its lock (fifo(7)): who listens sleeps until somebody rings, and who rings learns
whether anybody listens. It carries nothing: what is to be done stands in the journal. Where no FIFO can be made, it is
done at the next poll."""

from __future__ import annotations

import hashlib
import logging
import os
import selectors
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger("mailbot")

RINGS = 4096  # octets read at once: who rang meanwhile is heard by the same look


def ring(key: str, where: Path) -> bool:
    """Whether a mailbot that runs for this account heard it."""
    try:
        descriptor = _opened(_path(key, where), os.O_WRONLY)
    except OSError:  # there is none, or nobody has it open for reading (ENXIO)
        return False
    try:
        os.write(descriptor, b"\n")
    except BlockingIOError:  # it is full of rings that are not heard yet
        pass
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def listening(where: Path, calls: Mapping[str, Callable[[], None]]) -> Iterator[None]:
    """Makes the call of an account, in a thread of its own, whenever its bell is rung; in the folder of its lock."""
    end, wake = os.pipe()
    with selectors.DefaultSelector() as selector:
        selector.register(end, selectors.EVENT_READ)
        for key, call in calls.items():
            try:
                selector.register(_made(_path(key, where)), selectors.EVENT_READ, call)
            except OSError as error:
                log.info("bell=none reason=%r", str(error))
        thread = threading.Thread(target=_listen, args=(selector, end), name="bell", daemon=True)
        thread.start()
        try:
            yield
        finally:
            os.close(wake)
            thread.join()
            for each in list(selector.get_map().values()):
                os.close(each.fd)


def _listen(selector: selectors.BaseSelector, end: int) -> None:
    """Until the other side of ``end`` is closed."""
    while True:
        for key, _ in selector.select():
            if key.fd == end:
                return
            os.read(key.fd, RINGS)
            key.data()


def _path(key: str, where: Path) -> Path:
    return where / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.bell"


def _made(path: Path) -> int:
    """Open for writing, too: else it would be at its end as soon as the first who rings has gone. Raises OSError."""
    with suppress(FileExistsError):  # an earlier mailbot left it
        os.mkfifo(path, 0o600)
    return _opened(path, os.O_RDWR)


def _opened(path: Path, how: int) -> int:
    descriptor = os.open(path, how | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(descriptor)
    if not stat.S_ISFIFO(found.st_mode) or found.st_uid != os.getuid():
        os.close(descriptor)
        raise OSError(f"{path} is no FIFO of this user")
    return descriptor
