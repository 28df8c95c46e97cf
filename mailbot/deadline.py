"""A time that holds in all: the timeout of a socket begins anew with each octet, so that who sends one a minute keeps a
reader for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self


class Deadline:
    """``with`` it: ends what is held when ``seconds`` are over; ``expired`` tells whether it came to that."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._cut: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for the timer to end, which is at once: since Python 3.13 a thread that nobody joined keeps its stack,
        8 MB of address space, until the garbage collector comes by."""
        self._timer.cancel()
        self._timer.join()

    def hold(self, line: socket.socket | Callable[[], None]) -> None:
        """What is waited for from now on: a socket, or what ends the wait from another thread."""
        with self._lock:
            self._cut = partial(shut, line) if isinstance(line, socket.socket) else line
            if self.expired:
                self._cut()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._cut is not None:
                self._cut()


def shut(line: socket.socket) -> None:
    """Wakes the thread that reads. The plain shutdown, not that of TLS: nothing more may be said or awaited."""
    with suppress(OSError):  # closed already
        socket.socket.shutdown(line, socket.SHUT_RDWR)
