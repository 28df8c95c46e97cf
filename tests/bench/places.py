"""Where it is measured: a Dovecot behind a wire, the mails that lie there, and one account in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from itertools import count
from pathlib import Path

from dovecot import Dovecot
from imapclient import IMAPClient
from running import Account, Home
from worlds import question

from bench.wire import Wire
from mailbot.config import load
from mailbot.poller import Poller
from mailbot.poller.calls import Calls
from mailbot.wiring import Home as Wiring

QUIET = "[schedule]\nevery = 60\nhold_above = 0\ndaily_drafts = 1000000\n"
numbers = count(1000)  # of mails that are delivered while it runs
FILLER = b"Received: from mx.northwind.example (mx.northwind.example [192.0.2.7]) by mx.example.org with ESMTPS\r\n"


class Site:
    """A Dovecot whose clients come over a wire; ``client`` is another one of the same person, and comes directly."""

    host = Dovecot.host

    def __init__(self, dovecot: Dovecot, wire: Wire) -> None:
        self.dovecot, self.wire = dovecot, wire
        self.port, self.password = wire.port, dovecot.password

    def user(self, name: str = "ada") -> str:
        return self.dovecot.user(name)

    def client(self, user: str) -> IMAPClient:
        return self.dovecot.client(user)

    def account(self, name: str = "home", *, mails: int = 0, starred: int = 0) -> Account:
        """A mailbox with so many mails, of which the first carry a star since long."""
        account = Account(self, name, tls=False)  # type: ignore[arg-type]
        if mails:
            self.dovecot.fill(account.user, (ordinary(n) if n < starred else small(n) for n in range(mails)), starred)
        return account


@contextmanager
def site(round_trip: float = 0.0) -> Iterator[Site]:
    with Dovecot() as dovecot, Wire(dovecot.port, round_trip) as wire:
        yield Site(dovecot, wire)


@contextmanager
def poller(account: Account) -> Iterator[Poller]:
    """One account's poller, in this process. It learns nothing from Sent, which is looked into once an hour."""
    with Home(account, extra=f"{QUIET}[voice]\nfrom_sent = false\n") as home:
        wiring = Wiring(load(home.config, home.environ), home.environ)
        world = wiring.world(wiring.config.accounts[0])
        one = Poller(world, Calls(world.config.model.concurrency if world.config.model else 1))
        try:
            yield one
        finally:
            one.close()
            wiring.close()


def drafts(account: Account) -> int:
    """How many there are, by the Maildir, so that looking costs the server nothing."""
    dovecot = account.server.dovecot if isinstance(account.server, Site) else account.server
    folder = Path(dovecot.folder, "mail", account.user, "Maildir", ".Drafts")
    return sum(len(os.listdir(folder / part)) for part in ("new", "cur") if (folder / part).is_dir())


def small(number: int) -> bytes:
    return question(1, Message_ID=f"<{number}@northwind.example>", Subject=f"Mail {number}").replace(b"\n", b"\r\n")


def ordinary(number: int, references: str = "") -> bytes:
    """As most mails are: 12 kB, of which the text is the smallest part."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Mara Lindqvist <mara@northwind.example>", "Ada Example <ada@example.org>"
    mail["Subject"] = f"Servers, part {number}"
    mail["Message-ID"] = f"<ordinary-{number}@northwind.example>"
    mail["Date"] = f"Mon, 05 Jan 2026 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d} +0100"
    if references:
        mail["In-Reply-To"], mail["References"] = references.split()[-1], references
    text = f"Hi Ada,\n\nwho buys the hardware for rack {number}? And can we meet on Friday?\n\nMara\n"
    mail.set_content(text)
    row = "<tr><td style='font-family:Arial,sans-serif;font-size:14px;color:#222222'>{}</td></tr>"
    table = "".join(row.format(line or "&nbsp;") for line in [*text.splitlines(), *["Northwind Ltd, Harbour 1"] * 80])
    mail.add_alternative(f"<html><body><table>{table}</table></body></html>\n", subtype="html")
    return FILLER * 12 + mail.as_bytes().replace(b"\n", b"\r\n")


def large(megabytes: int = 25) -> bytes:
    """A mail of so many MB on the wire, nearly all of them in one attachment."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Mara <mara@northwind.example>", "ada@example.org"
    mail["Subject"], mail["Message-ID"] = "Plans", "<large@northwind.example>"
    mail["Date"] = "Mon, 05 Jan 2026 10:00:00 +0100"
    mail.set_content("Can you look at the plan?\n\nMara\n")
    mail.add_attachment(b"%PDF" * (megabytes * 184_000), maintype="application", subtype="pdf", filename="plan.pdf")
    return mail.as_bytes().replace(b"\n", b"\r\n")
