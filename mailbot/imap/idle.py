"""IDLE (RFC 2177) as a hint: it wakes the poll, which looks for itself. A lost line costs one poll interval, never a
mail.

A connection of its own, opened read-only. What servers do to it is listed in imapclient's issues (mjs/imapclient#449,
#565): an event before ``+ idling``, an empty answer from a dead socket for ever, BYE as an ordinary line. Whatever
looks odd ends the connection; the next one begins after a pause that grows."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap.login import in_time
from mailbot.imap.session import Session

log = logging.getLogger("mailbot")

RENEW = 300.0  # seconds: GMX and Gmail drop IDLE that is older than ten minutes; Outlook wants a NOOP as often
PAUSE_FIRST = 5.0  # seconds
PAUSE_MOST = 900.0  # seconds
DEAD_WITHIN = 1.0  # seconds: an empty answer this much before the deadline comes from a closed socket


class Watcher:
    """Watches one folder in a thread of its own until ``stop``. ``connect`` gives a session and the folder's name."""

    def __init__(self, connect: Callable[[], tuple[Session, str]], wake: Callable[[], None]) -> None:
        self._connect = connect
        self._wake = wake
        self._stop = threading.Event()
        self._again = threading.Event()  # a pause after a refusal is over
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._run, name="idle", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def resume(self) -> None:
        """A login has worked elsewhere: one that was refused here is tried anew at once. After a line that broke the
        pause is kept: on servers that end one connection for another, two logins would chase each other."""
        self._again.set()

    def stop(self) -> None:
        self._stop.set()
        self._again.set()
        session = self._session
        if session is not None:
            session.break_off()

    def _run(self) -> None:
        pause = PAUSE_FIRST
        while True:
            self._again.clear()
            if self._stop.is_set():
                return
            began, least, over = time.monotonic(), 0.0, self._stop
            try:
                if not self._watch():
                    log.info("idle=off reason='the server has no IDLE'")
                    return
            except MailbotError as error:
                if self._stop.is_set():
                    return
                log.info("idle=lost reason=%r", str(error))
                if isinstance(error, OwnerMustAct):
                    pause, over = PAUSE_MOST, self._again
                elif isinstance(error, Later):
                    least = error.after or 0.0
            if time.monotonic() - began > RENEW:
                pause = PAUSE_FIRST
            # Accounts of one server lost it together; they shall not come back together.
            ended = over.wait(max(pause * random.uniform(0.5, 1), least))
            pause = PAUSE_FIRST if ended else min(pause * 2, PAUSE_MOST)

    def _watch(self) -> bool:
        """One connection, until it breaks (MailbotError or True), or for good: False where the server has no IDLE."""
        session, folder = self._connect()
        self._session = session
        try:
            if "IDLE" not in session.capabilities:
                return False
            # A server that answers for ever would end the hints without a word.
            with in_time("the server", session.break_off):
                session.examine(folder)
                session.idle()
            self._wake()  # for what changed before
            while self._wait(session) and not self._stop.is_set():
                # Courier tells only at the end what changed. What changes between the two waits for the poll: where the
                # answer brings it along, it stays in the library's buffer.
                with in_time("the server", session.break_off):
                    news = any(_is_news(line) for line in session.idle_done())
                    session.idle()
                if news:
                    self._wake()
            return True
        finally:
            self._session = None
            session.break_off()  # no goodbye: inside IDLE a server takes no LOGOUT

    def _wait(self, session: Session) -> bool:
        """Until something happened or IDLE is to be renewed; False when the connection is dead."""
        deadline = time.monotonic() + RENEW
        while (left := deadline - time.monotonic()) > 0 and not self._stop.is_set():
            lines = session.idle_check(left)
            if not lines:
                return time.monotonic() > deadline - DEAD_WITHIN
            if any(_is_bye(line) for line in lines):
                return False
            if any(_is_news(line) for line in lines):
                self._wake()
        return True


def _is_bye(line: object) -> bool:
    return isinstance(line, tuple) and bool(line) and line[0] == b"BYE"


def _is_news(line: object) -> bool:
    """EXISTS and FETCH: a flag arrives as FETCH. Not ``* OK Still here``."""
    return isinstance(line, tuple) and len(line) > 1 and line[1] in (b"EXISTS", b"FETCH", b"RECENT", b"EXPUNGE")
