"""Threads for what is done beside the rounds: thread searches, prompts, calls of the model."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from mailbot.bot.world import log


class Calls:
    """At most ``width`` calls at once, in daemon threads: one that hangs never keeps the process from ending."""

    def __init__(self, width: int) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._width = width
        self._threads: list[threading.Thread] = []
        self._counting = threading.Lock()

    def submit(self, call: Callable[[], None]) -> None:
        """From any thread."""
        self._queue.put(call)
        with self._counting:
            if len(self._threads) < self._width:
                thread = threading.Thread(target=self._run, name=f"call-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        while True:
            call = self._queue.get()
            try:
                call()
            except Exception:  # a bug: with the thread, every later call would be lost
                log.exception("call=failed")
