"""The connection beside those for work and IDLE: for searches and for learning, one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from mailbot.errors import Later, MailbotError
from mailbot.imap.session import Session

T = TypeVar("T")


class Spare:
    """One account's. Each piece of work has a thread of its own, so that one that hangs is left behind; while it hangs
    no other begins, so that there is never a second connection. The session is kept from one to the next, until
    ``close``."""

    def __init__(self, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._session: Session | None = None
        self._is_fresh = False  # nothing was asked of the session yet
        self._is_left = False  # nobody wants the session that a login may still bring
        self._thread: threading.Thread | None = None
        self.gives_way = False  # what runs now (learning) ends when it is asked to, and leaves its session open

    @property
    def is_open(self) -> bool:
        """Whether there is a session: what begins now needs no login."""
        return self._session is not None

    def begin(self, name: str, work: Callable[[], None], *, gives_way: bool = False) -> None:
        """Not while it is busy."""
        self.gives_way = gives_way
        self._thread = threading.Thread(target=work, name=name, daemon=True)
        self._thread.start()

    def get_ready(self) -> None:
        """Logs in beside what else is done, for a search that will come."""
        if not self.is_open and not self.is_busy():
            self._is_left = False
            self.begin("login", self._log_in, gives_way=True)

    def _log_in(self) -> None:
        with suppress(MailbotError):  # whoever searches meets it again, and says so
            self._connected(lambda: False)
            self._is_fresh = True
            if self._is_left:
                self.close()

    def is_busy(self, patience: float = 0.0) -> bool:
        """Whether the last piece of work still runs after so many seconds."""
        if self._thread is None:
            return False
        self._thread.join(max(patience, 0.0))
        return self._thread.is_alive()

    def use(self, work: Callable[[Session], T], is_over: Callable[[], bool]) -> T:
        """In the thread of the work. A kept session that died since is replaced once; ``is_over``: nobody waits for the
        work any more."""
        kept = None if self._is_fresh else self._session
        try:
            self._is_fresh = False
            return work(self._session or self._connected(is_over))
        except Later:
            if kept is None or is_over():
                raise
        return work(self._connected(is_over))

    def _connected(self, is_over: Callable[[], bool]) -> Session:
        session = self._connect()
        self._session = session  # from here on whoever waits can end it
        if is_over():
            if not self.gives_way:
                self.close()
            raise Later("nobody waits for this any more")
        return session

    def break_off(self) -> None:
        """Ends what the work waits for, from any thread."""
        session, self._session = self._session, None
        if session is not None:
            session.break_off()

    def close(self) -> None:
        """Not while a search or anything else is under way on it; a login that is, closes it at its end."""
        self._is_left = True
        session, self._session = self._session, None
        if session is not None:
            session.close()
