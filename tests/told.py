"""What the owner of a lab is told, and a server that gives reasons to tell it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from fakes import FakeSession
from worlds import CONFIG, Lab

from mailbot.errors import MailbotError
from mailbot.imap.trouble import Rejection
from mailbot.job import Place

BY_SMTP = CONFIG.replace("[state]", '[notify]\nby = "smtp"\nto = "ada@example.com"\n[state]') + (
    '[account.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
)
FULL = "[OVERQUOTA] Quota exceeded (mailbox for user is full)"
TOO_BIG = "[TOOBIG] Message too large"


class Picky(FakeSession):
    """A session whose server takes no mail into some folders, and nowhere one with a word of 200 letters."""

    full: Iterable[str] = ()

    def append(self, folder: str, raw: bytes, flags: Iterable[str]) -> Place | None:
        if b"z" * 200 in raw:
            raise Rejection(TOO_BIG)
        if folder in self.full:
            raise Rejection(FULL)
        return super().append(folder, raw, flags)


def full(lab: Lab, *folders: str) -> None:
    """From now on the server takes nothing into these folders."""

    def connect() -> Picky:
        session = Picky(lab.mailbox)
        session.full = folders
        return session

    lab.boot(lambda world: replace(world, connect=connect))


def days(lab: Lab, count: int) -> None:
    """Many rounds: every back-off runs out several times."""
    for _ in range(count * 4):
        lab.clock += 6 * 3600
        with suppress(MailbotError):
            lab.cycle()


def notices(lab: Lab) -> list[EmailMessage]:
    mails = [message_from_bytes(raw, policy=policy.default) for raw in lab.mailbox.raws("INBOX")]
    return [mail for mail in mails if mail["Auto-Submitted"]]


def subjects(lab: Lab) -> list[str]:
    return [str(mail["Subject"]).strip().removeprefix("mailbot: ") for mail in notices(lab)]
