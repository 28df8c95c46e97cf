"""A note from mailbot to its owner: plain, marked as automatic (RFC 3834), without text from the mail's body."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from textwrap import fill, shorten

SUBJECT = 120  # characters; the whole sentence is in the body
LINE = 240  # characters, at most 960 octets: a line may have 998 (RFC 5322, 2.1.1)
# An ASCII subject stays on one line: folded, Python would begin it with an empty one where its words fall badly.
ONE_LINE = SMTP.clone(max_line_length=998)


def compose(
    *, to: str, account: str, reason: str, hint: str, since: datetime, over: bool, now: datetime, word: str
) -> bytes:
    """The bytes of one notice, from the owner's address to the owner's address. ``word`` makes its id unique."""
    subject = shorten(f"mailbot: {'over: ' if over else ''}{_line(reason)}", SUBJECT, placeholder=" ...")
    message = EmailMessage(policy=ONE_LINE if subject.isascii() else SMTP)
    address = Address("mailbot", addr_spec=to)
    message["From"] = address
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = now
    message["Message-ID"] = f"<{word}.mailbot@{to.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    state = "This is over now; mailbot goes on by itself." if over else f"{_line(hint)}."
    lines = [
        f"{_line(reason)[:1].upper()}{_line(reason)[1:]}.",
        state,
        f"Since {since:%Y-%m-%d %H:%M %Z}, account {account}.",
        "mailbot status shows what waits.",
    ]
    message.set_content("\n\n".join(fill(line, LINE) for line in lines), charset="utf-8", cte="8bit")
    return bytes(message)


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).rstrip(". ")
