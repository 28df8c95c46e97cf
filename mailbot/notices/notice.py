"""A notice from mailbot to its owner: plain, marked as automatic (RFC 3834), without text from the mail's body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from textwrap import fill, shorten

SUBJECT = 120  # characters; the whole sentence is in the body
LINE = 240  # characters, at most 960 octets: a line may have 998 (RFC 5322, 2.1.1)
# An ASCII subject stays on one line: folded, Python would begin it with an empty one where its words fall badly.
ONE_LINE = SMTP.clone(max_line_length=998)


def of_trouble(
    *,
    to: str,
    account: str,
    reason: str,
    hint: str,
    named: Iterable[str] = (),
    since: datetime,
    over: bool,
    now: datetime,
    word: str,
) -> bytes:
    """The bytes of one notice, from the owner's address to the owner's address. ``named``: what it is about, a line
    for each. ``word`` makes its id unique."""
    state = "mailbot goes on by itself." if over else f"{line(hint)}."
    text = line(reason)
    paragraphs = [
        f"This is over: {text}." if over else f"{text[:1].upper()}{text[1:]}.",
        *(f"* {line(each)}" for each in named),
        state,
        f"Since {since:%Y-%m-%d %H:%M %Z}, account {account}.",
        "mailbot status shows what waits.",
    ]
    return compose(to=to, subject=f"{'over: ' if over else ''}{text}", paragraphs=paragraphs, now=now, word=word)


def compose(*, to: str, subject: str, paragraphs: Sequence[str], now: datetime, word: str) -> bytes:
    """Any notice to the owner. The paragraphs hold nothing but what can be printed."""
    subject = shorten(f"mailbot: {subject}", SUBJECT, placeholder=" ...")
    message = EmailMessage(policy=ONE_LINE if subject.isascii() else SMTP)
    message["From"] = Address("mailbot", addr_spec=to)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = now
    message["Message-ID"] = f"<{word}.mailbot@{to.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(fill(each, LINE) for each in paragraphs), charset="utf-8", cte="8bit")
    return bytes(message)


def line(text: str) -> str:
    """Text of a server or a mail as one line without a full stop."""
    return "".join(c if c.isprintable() else " " for c in text).rstrip(". ")
