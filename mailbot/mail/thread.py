"""The thread around a mail: which ids lead to its other mails, which of those are double, and in which order they
stand. Pure.

A Message-ID is what a stranger wrote, and so is a date: two mails are one only where sender and date agree as well, and
what is left out is chosen by when the server took a mail in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.mail.key import mail_key, twin_key
from mailbot.mail.mail import Mail

IDS = 8  # looked for beside the mail's own: the root of the thread and the latest before the mail
ID_OCTETS = 250  # of an id that is looked for; longer ones are made to hurt (RFC 5322, 2.1.1: a line has 998)


@dataclass(frozen=True, slots=True)
class ThreadMail:
    """One of the other mails of a thread. ``own``: it lies in Sent; a From address alone proves nothing. ``arrived``:
    when the server took it in, in seconds since the epoch. ``folder`` and ``keywords`` (lower case): where it was
    found, and what it carries there; ``labels``: other folders that it lies in, where the server said so."""

    mail: Mail
    own: bool
    arrived: float
    folder: str = ""
    keywords: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Thread:
    """What was found around a mail, in order. ``left``: older mails that are known and not here. ``whole``: the search
    came to its end, so that no others are expected."""

    mails: tuple[ThreadMail, ...] = ()
    left: int = 0
    whole: bool = True


def identity(block: bytes) -> str:
    """Equal for all copies and deliveries of one mail, from its header block: the twin key, else the mail key."""
    return twin_key(block) or mail_key(block)


def ids(mail: Mail) -> tuple[str, ...]:
    """The ids that lead to the other mails, those nearest to the mail first: its own, its parents, the thread's
    root."""
    before = [*mail.in_reply_to, *reversed(mail.references)]
    near = dict.fromkeys((mail.message_id, *before[:IDS], *mail.references[:1]))
    return tuple(i for i in near if i and i.isascii() and i.isprintable() and len(i) <= ID_OCTETS)


def newest(mails: Iterable[ThreadMail], most: int) -> tuple[ThreadMail, ...]:
    """The ``most`` mails that arrived last, in order."""
    return ordered(sorted(mails, key=_arrived)[-most:])


def ordered(mails: Sequence[ThreadMail]) -> tuple[ThreadMail, ...]:
    """By date, but no reply before the mail that it answers: clocks of senders are wrong."""
    waiting = {m.mail.message_id: m for m in mails if m.mail.message_id}
    placed: dict[int, ThreadMail] = {}
    for mail in sorted(mails, key=_written):
        line, seen = [mail], {id(mail)}
        while (parent := _parent(line[-1], waiting)) and id(parent) not in placed and id(parent) not in seen:
            line.append(parent)
            seen.add(id(parent))
        placed.update({id(m): m for m in reversed(line) if id(m) not in placed})
    return tuple(placed.values())


def _parent(mail: ThreadMail, by_id: dict[str, ThreadMail]) -> ThreadMail | None:
    candidates = (*mail.mail.in_reply_to, *reversed(mail.mail.references))
    return next((by_id[i] for i in candidates if i in by_id), None)


def _arrived(mail: ThreadMail) -> tuple[float, float]:
    return mail.arrived, _written(mail)


def _written(mail: ThreadMail) -> float:
    """As the mail says, but never after it arrived: nobody gets ahead by a date in the future."""
    date = mail.mail.date
    return min(date.timestamp(), mail.arrived) if date else mail.arrived
