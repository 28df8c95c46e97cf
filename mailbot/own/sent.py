"""A mail that lies in Sent, read for what the owner wrote in it: for whom, how it begins and ends, and its words.

Sent is a folder like any other: rules, other programs and even a provider's slip put things there. So a mail counts
only when nothing in it says that somebody else wrote it. What it quotes, forwards or is signed with is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.address.compare import fold
from mailbot.language import language
from mailbot.mail import address, parse, part, quote
from mailbot.mail.mail import Kind, Mail
from mailbot.own import frame, habits
from mailbot.own.frame import Phrase
from mailbot.own.habits import Habits
from mailbot.reply.identity import is_own

if TYPE_CHECKING:
    from mailbot.config import Account

MOST_TEXT = 4_000  # characters that are kept of a mail
MOST_ANSWERED = 20  # ids of References
MOST_READERS = 50  # addresses; what went to more is no letter


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMail:
    """What is kept of a mail of the owner's.

    ``at``        when it was sent, in seconds since the epoch
    ``answers``   ids of the mails before it in its thread, the latest of them
    ``to``        folded addresses of To; ``readers``: of To and Cc
    ``language``  ISO 639-1, "" when it cannot be told
    ``text``      from greeting to sign-off, "" when the owner wrote nothing in it
    """

    message_id: str
    answers: tuple[str, ...]
    at: float
    to: tuple[str, ...]
    readers: tuple[str, ...]
    subject: str
    language: str
    text: str
    greeting: Phrase
    signoff: Phrase
    habits: Habits


def read(
    raw: bytes, account: Account, names: Iterable[str], *, arrived: float, truncated: bool = False
) -> OwnMail | None:
    """What is kept of a mail in Sent; None when it is not surely a letter of the owner's. ``names`` are those that the
    owner signs with; ``arrived``: when the server took it in. Never raises for what stands in the mail."""
    mail = parse.parse(raw, truncated=truncated)
    if not _is_letter(mail, account) or _is_sent_by_another(raw, account):
        return None
    others = [a for a in mail.to + mail.cc if not is_own(account, a.email)]
    readers = tuple(dict.fromkeys(fold(a.email) for a in others))
    if not readers or len(readers) > MOST_READERS:
        return None
    typed = quote.typed(mail.text)[:MOST_TEXT]
    around = frame.read(typed, [a.name or _spoken(a.email) for a in others], tuple(names))
    spoken = language.detect(around.text) or around.greeting.language or around.signoff.language
    return OwnMail(
        message_id=mail.message_id,
        answers=tuple(dict.fromkeys((*mail.in_reply_to, *mail.references[-MOST_ANSWERED:]))),
        at=max(min(mail.date.timestamp(), arrived), 0.0) if mail.date else arrived,
        to=tuple(dict.fromkeys(fold(a.email) for a in mail.to if not is_own(account, a.email))),
        readers=readers,
        subject=mail.subject,
        language=spoken,
        text=around.text,
        greeting=around.greeting,
        signoff=around.signoff,
        habits=habits.read(_body(around), spoken),
    )


def _is_letter(mail: Mail, account: Account) -> bool:
    """From nobody but the owner, answered to nobody else, written by hand, and never delivered: a copy in Sent has no
    delivery trace, what a stranger sent in the owner's name has one."""
    senders = mail.from_ + mail.reply_to
    own = bool(mail.from_) and all(is_own(account, a.email) for a in senders)
    return own and mail.kind is Kind.ORDINARY and not (mail.automatic or mail.bulk or mail.delivered)


def _is_sent_by_another(raw: bytes, account: Account) -> bool:
    """Sender (RFC 5322, 3.6.2) names who wrote for the author; Resent-From (3.6.6) who passed a mail on."""
    head, _ = part.open_block(raw, 0, len(raw))
    named = [a for name in ("sender", "resent-from") for a in address.read(name, head.all(name)).found]
    return any(not is_own(account, a.email) for a in named)


def _spoken(email: str) -> str:
    """A name from an address: mara.lindqvist@... is Mara Lindqvist."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ")


def _body(around: frame.Frame) -> str:
    text = around.text.lstrip().removeprefix(around.greeting.written)
    return text.rstrip().removesuffix(around.signoff.written).strip()
