"""The demo's mailbox: an IMAP server in a thread of this process, in memory, gone at the end.

Owns the thread and its loop. Refuses to know pymap (server.py does), the sample mails and mailbot's own work.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mailbot.errors import BadUsage

if TYPE_CHECKING:
    from mailbot.demo.server import Server

ANSWER_WITHIN = 60.0  # seconds; it takes milliseconds

T = TypeVar("T")


class Mailbox:
    """Where to log in, and a way to deliver mail past the wire. Made by ``running``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: Server, *, user: str, password: str) -> None:
        self.host = "127.0.0.1"
        self.port = server.port
        self.user = user
        self.password = password
        self._loop = loop
        self._server = server

    def append(self, folder: str, raw: bytes, flags: Iterable[str], arrived: datetime) -> int:
        """Delivers a mail; returns its UID. Raises KeyError for an unknown folder."""
        return _await(self._loop, self._server.append(folder, raw, flags, arrived))


@contextmanager
def running(user: str, password: str) -> Iterator[Mailbox]:
    """An IMAP server on a free loopback port, ready on entry, with INBOX, Drafts, Sent, Archive and Trash.

    It speaks plain text: it is for this machine. Connections that are still open at the end are ended.

    Raises BadUsage when pymap is not installed."""
    try:
        from mailbot.demo.server import start  # here, because pymap is optional and slow to import
    except ModuleNotFoundError as error:
        raise BadUsage(
            f'The demo needs a package that is not installed ({error.name}). In the checkout: pip install ".[demo]"'
        ) from error
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="demo-mailbox", daemon=True)
    thread.start()
    try:
        server = _await(loop, start(user, password))
        try:
            yield Mailbox(loop, server, user=user, password=password)
        finally:
            loop.call_soon_threadsafe(server.stop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """The runner's exit cancels the connections' tasks and waits for their goodbye."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()


def _await(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(ANSWER_WITHIN)
