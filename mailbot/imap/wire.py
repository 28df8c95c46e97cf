"""The wire that a round works on: one session, logged in, and which folder is what on this server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mailbot.doubt import Stored
from mailbot.imap.answer import Look
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.settled import Settled
from mailbot.imap.trouble import Rejection
from mailbot.job import Mark
from mailbot.mail.parse import parse

IDS = ("Message-ID", "In-Reply-To", "References")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wire:
    """An open session and what is known of its folders."""

    session: Session
    roles: Roles
    since: float  # when it was connected
    settled: Settled = field(default_factory=Settled)

    def opened(self, folder: str) -> Look | None:
        """Opens a folder read-only; None where it is not there any more. Raises Rejection where the server lists it and
        refuses to open it: that says nothing about the mails in it."""
        return self._unless_gone(folder, self.session.examine)

    def current(self, folder: str) -> Look | None:
        """A folder, open and up to date. One that is open already is not opened anew: the next FETCH brings what has
        changed in it. None and Rejection as in ``opened``."""
        look = self.session.selected
        if look is None or look.folder != folder:
            return self.opened(folder)
        self.session.renew()
        return look

    def ask_marks(self, *folders: str) -> Callable[[], tuple[Mark, ...]]:
        """How far folders are filled. The question goes out together with the next command; call what is returned
        after that command, for the answer. Folders that are not there any more are left out of it; it raises Rejection
        as ``opened`` does."""
        named = [folder for folder in folders if folder]
        told = self.session.ask_marks(named)

        def marks() -> tuple[Mark, ...]:
            try:
                return told()
            except Rejection:
                return tuple(mark for folder in named if (mark := self.marked(folder)))

        return marks

    def marked(self, folder: str) -> Mark | None:
        """How far a folder is filled; None where it is not there any more. Raises Rejection as ``opened`` does."""
        return self._unless_gone(folder, self.session.mark)

    def _unless_gone(self, folder: str, look: Callable[[str], T]) -> T | None:
        try:
            return look(folder)
        except Rejection:
            if folder in {f.name for f in self.session.folders()}:
                raise
            return None

    def ids(self, uids: Iterable[int]) -> tuple[Stored, ...]:
        """The ids of mails in the open folder, as ``doubt`` wants them."""
        rows = self.session.headers(uids, IDS)
        return tuple(_stored(uid, row.data, row.arrived) for uid, row in rows.items())


def _stored(uid: int, header: bytes, arrived: float) -> Stored:
    mail = parse(header)
    return Stored(uid, mail.message_id, (*mail.in_reply_to, *mail.references), arrived)
