"""A whole mailbot in this process, as in ``worlds``, with its mailbox on a server: real Dovecot, or the scripted one.

The clock and the model are the test's own. ``other`` is another client of the same person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from dovecot import Dovecot
from imapclient import IMAPClient
from scripted import Scripted
from worlds import CONFIG, Lab, question

from mailbot.errors import MailbotError
from mailbot.imap import login
from mailbot.imap.session import Session
from mailbot.job import State
from mailbot.world import World

Server = Dovecot | Scripted


class Served(Lab):
    """``wrap_session`` sees every session that mailbot opens, and may spoil it."""

    def __init__(self, server: Server, config: str = CONFIG) -> None:
        self.server = server
        self.user = server.user()
        self.wrap_session: Callable[[Session], Any] = lambda session: session
        super().__init__(config)

    def boot(self, wrap: Callable[[World], World] = lambda world: world) -> None:
        super().boot(lambda world: wrap(replace(world, connect=self.connect)))

    def connect(self) -> Any:
        where = SimpleNamespace(
            host=self.server.host, port=self.server.port, security="none", user=self.user, auth="password"
        )
        return self.wrap_session(login.connect(where, self.server.password, None))

    @contextmanager
    def other(self, folder: str = "INBOX") -> Iterator[IMAPClient]:
        with self.server.client(self.user) as client:
            client.select_folder(folder)
            yield client

    def deliver(self, raw: bytes | None = None, *flags: str, folder: str = "INBOX") -> int:
        """A mail arrives; returns its UID."""
        raw = (raw or question()).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with self.other(folder) as client:
            client.append(folder, raw, flags)
            return max(client.search("ALL"))

    def expunge(self, uid: int, folder: str = "INBOX") -> None:
        with self.other(folder) as client:
            client.delete_messages([uid])
            client.uid_expunge([uid])

    def before(self, method: str, act: Callable[[], Any]) -> None:
        """The other client acts once, right before mailbot's next call of this method of its session."""

        def wrap(session: Session) -> Any:
            plain = getattr(session, method)

            def called(*args: Any, **options: Any) -> Any:
                self.wrap_session = lambda session: session
                setattr(session, method, plain)
                act()
                return plain(*args, **options)

            setattr(session, method, called)
            return session

        self.wrap_session = wrap

    def star(self, *uids: int, folder: str = "INBOX", up: bool = True) -> None:
        with self.other(folder) as client:
            (client.add_flags if up else client.remove_flags)(uids, ["\\Flagged"])

    def starred(self, raw: bytes | None = None, folder: str = "INBOX") -> int:
        """A mail arrives and is flagged, as people do it: by STORE."""
        uid = self.deliver(raw, folder=folder)
        self.star(uid, folder=folder)
        return uid

    def flags(self, uid: int, folder: str = "INBOX") -> set[str]:
        with self.other(folder) as client:
            return {flag.decode() for flag in client.get_flags([uid])[uid]} - {"\\Recent"}

    def mails(self, folder: str = "Drafts") -> dict[int, EmailMessage]:
        """Every mail of a folder, by UID."""
        with self.server.client(self.user) as client:
            client.select_folder(folder, readonly=True)
            uids = client.search("ALL")
            rows = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
        return {uid: message_from_bytes(rows[uid][b"BODY[]"], policy=policy.default) for uid in sorted(rows)}

    def cycle_anyway(self) -> None:
        """A round that may end with the account's trouble."""
        with suppress(MailbotError):
            self.cycle()
        self.poller.close()

    def states(self) -> list[State]:
        return [job.state for job in self.jobs()]

    def check(self, drafts: int = 1) -> None:
        """Every job is done, and so many drafts stand."""
        assert self.states() == [State.DONE] * len(self.jobs())
        assert len(self.mails()) == drafts
