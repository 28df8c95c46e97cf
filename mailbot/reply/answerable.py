"""Whether a mail can be answered, and what its owner should know before. Pure.

A flag is the wish of a person, so newsletters, lists and robots get a draft with a remark (RFC 3834 is about answers
that nobody reads before they go). Refused is only what would leak, loop or talk to oneself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.mail.mail import Kind, Mail
from mailbot.reply.identity import is_own

if TYPE_CHECKING:
    from mailbot.config import Account

ENCRYPTED = (
    "This mail is encrypted or sealed, and a reply in clear text could give it away: answer it in your mail client."
)
REPORT = "This is a delivery report or a receipt: nobody waits for an answer."
OWN = "This is your own mail: there is nobody else to answer."

LIST = "This came through a mailing list: the list reads what you send to {}."
BULK = "This is bulk mail, such as a newsletter: perhaps nobody reads the answers."
AUTOMATIC = "A program sent this mail: perhaps nobody reads the answers."
NO_REPLY = "The sender's address ({}) says that it takes no replies."
INVITATION = "This is a meeting request: accept or decline it in your calendar; the draft is only a text."
TNEF = "The text of this mail is locked in a winmail.dat file that mailbot cannot read: the draft can only say so."
TRUNCATED = "The mail is too large to be fetched whole: only its beginning was read."

_NO_REPLY_WORDS = ("noreply", "donotreply", "mailerdaemon")
_SEPARATORS = str.maketrans("", "", "-_.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refusal`` is "" when the mail may be answered, else the reason. Both are sentences for the owner."""

    refusal: str
    remarks: tuple[str, ...]


def check(mail: Mail, account: Account) -> Verdict:
    refusal = _refusal(mail, account)
    return Verdict(refusal, () if refusal else _remarks(mail))


def _refusal(mail: Mail, account: Account) -> str:
    if mail.kind is Kind.ENCRYPTED:
        return ENCRYPTED
    if mail.kind is Kind.REPORT:
        return REPORT
    if mail.from_ and all(is_own(account, a.email) for a in mail.from_ + mail.reply_to):
        return OWN
    return ""


def _remarks(mail: Mail) -> tuple[str, ...]:
    no_reply = next((a.email for a in mail.reply_to or mail.from_ if _takes_no_reply(a.email)), "")
    found = (
        (mail.list_post != "", LIST.format(mail.list_post)),
        (mail.bulk and not mail.list_post, BULK),
        (mail.automatic, AUTOMATIC),
        (no_reply != "", NO_REPLY.format(no_reply)),
        (mail.kind is Kind.INVITATION, INVITATION),
        (mail.kind is Kind.TNEF, TNEF),
        (mail.truncated, TRUNCATED),
    )
    return (*(remark for applies, remark in found if applies), *mail.defects)


def _takes_no_reply(email: str) -> bool:
    local = email.rpartition("@")[0].lower().translate(_SEPARATORS)
    return any(word in local for word in _NO_REPLY_WORDS)
