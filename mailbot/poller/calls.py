"""Threads for what is done beside the rounds: thread searches, prompts, calls of the model."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from mailbot.world import log

LINGER = 10.0  # seconds that a thread waits for its next call; then it ends, and gives back its part of the memory


class Calls:
    """At most ``width`` calls at once, in daemon threads: one that hangs never keeps the process from ending."""

    def __init__(self, width: int) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._width = width
        self._threads = 0
        self._counting = threading.Lock()

    def submit(self, call: Callable[[], None]) -> None:
        """From any thread."""
        with self._counting:
            self._queue.put(call)
            if self._threads < self._width:
                threading.Thread(target=self._run, name=f"call-{self._threads + 1}", daemon=True).start()
                self._threads += 1  # only now: a host that has no thread left must not be counted on

    def _run(self) -> None:
        while (call := self._next()) is not None:
            try:
                call()
            except Exception:  # a bug: with the thread, every later call would be lost
                log.exception("call=failed")

    def _next(self) -> Callable[[], None] | None:
        with suppress(queue.Empty):
            return self._queue.get(timeout=LINGER)
        with self._counting:
            with suppress(queue.Empty):  # it came in the last moment, and found a thread for it
                return self._queue.get_nowait()
            self._threads -= 1
            return None
