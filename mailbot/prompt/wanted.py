"""The reply that is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailbot.mail.mail import Address, Mail
from mailbot.mail.thread import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """To which mail, to whom, and what the owner wants of it. ``fresh`` and ``history`` are the text of the mail apart,
    ``thread`` are its other mails, ``wish`` is the owner's, for this draft only."""

    mail: Mail
    fresh: str
    history: str = ""
    thread: Thread = field(default_factory=Thread)
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    wish: str = ""

    @property
    def readers(self) -> tuple[Address, ...]:
        return self.to + self.cc
