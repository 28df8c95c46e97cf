"""A note from mailbot to its owner: plain, marked as automatic (RFC 3834), without text from the mail's body."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP


def compose(
    *, to: str, account: str, reason: str, hint: str, since: datetime, over: bool, now: datetime, word: str
) -> bytes:
    """The bytes of one notice, from the owner's address to the owner's address. ``word`` makes its id unique."""
    message = EmailMessage(policy=SMTP)
    address = Address("mailbot", addr_spec=to)
    message["From"] = address
    message["To"] = to
    message["Subject"] = f"mailbot: {'over: ' if over else ''}{_line(reason)[:120]}"
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
    message.set_content("\n\n".join(lines), charset="utf-8", cte="8bit")
    return bytes(message)


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).rstrip(". ")
