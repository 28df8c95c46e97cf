"""What a person would run otherwise: a loop around imap_tools, as its own examples have it. At each poll it connects,
logs in, fetches what is flagged and takes what it has not seen."""

from __future__ import annotations

import imaplib
from collections.abc import Callable

from imap_tools import AND, MailBoxUnencrypted, MailMessage

from bench.places import Site

imaplib._MAXLINE = 16_000_000  # type: ignore[attr-defined]  # else it ends at the first large mailbox

BULK = 500  # mails in one FETCH; by itself it takes a turn for each


class Naive:
    def __init__(self, site: Site, user: str, answer: Callable[[MailMessage], str] = lambda mail: "Hello") -> None:
        self._site, self._user, self._answer = site, user, answer
        self._seen: set[str] = set()

    def poll(self, *, drafts: bool = True) -> int:
        """One look; returns how many mails were new."""
        fresh = 0
        with MailBoxUnencrypted(self._site.host, self._site.port).login(self._user, self._site.password) as mailbox:
            for mail in mailbox.fetch(AND(flagged=True), mark_seen=False, bulk=BULK):
                if mail.uid is None or mail.uid in self._seen:
                    continue
                self._seen.add(mail.uid)
                fresh += 1
                if drafts:
                    subject, to = f"Re: {mail.subject}", mail.from_
                    draft = f"To: {to}\r\nSubject: {subject}\r\n\r\n{self._answer(mail)}\r\n> {mail.text}\r\n"
                    mailbox.append(draft.encode(), "Drafts", flag_set=["\\Draft"])
        return fresh
