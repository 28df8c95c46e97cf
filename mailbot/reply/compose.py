"""The draft: a reply to one mail as bytes that any mail client opens and edits. Pure; the time is an argument.

One text/plain part, 8bit, UTF-8, CRLF: what seven clients and four servers left undamaged. No header beyond what a
client itself would send. Every value is cleaned first, so a draft says exactly what its bytes say; ``gate`` proves it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from email.utils import format_datetime
from typing import Literal

from mailbot.mail import characters
from mailbot.mail.body import ATTACHED
from mailbot.mail.mail import Address, Mail
from mailbot.reply import body, header, quote
from mailbot.reply.draft import Draft, draft_id
from mailbot.reply.identity import Voice
from mailbot.reply.readback import differences, gate
from mailbot.reply.recipients import Recipients
from mailbot.reply.subject import reply_subject

__all__ = ["Draft", "compose", "differences", "draft_id", "gate"]

MOST_REFERENCES = 200  # ids; a longer chain keeps its first and its last ones (design, section 6)


def compose(
    *,
    voice: Voice,
    mail: Mail,
    recipients: Recipients,
    reply: str,
    account_address: str,
    generation: int,
    language: str,
    quote: Literal["below", "none"],
    now: datetime,
    zone: tzinfo,
) -> Draft:
    """The reply to ``mail`` in the name of ``voice``. ``now`` is aware; Date and attribution are given in ``zone``,
    the attribution in ``language``. The same arguments give the same bytes."""
    from_ = header.clean_address(Address(voice.name, voice.address))
    references = _references(mail)
    quotation = _quotation(mail, language, zone) if quote == "below" else ""
    draft = Draft(
        message_id=draft_id(account_address, mail.key, generation, from_.email.rpartition("@")[2]),
        from_=from_,
        to=tuple(map(header.clean_address, recipients.to)),
        cc=tuple(map(header.clean_address, recipients.cc)),
        subject=characters.line(reply_subject(characters.line(mail.subject))),
        in_reply_to=references[-1] if references else "",
        references=references,
        text=body.assemble(reply, voice.signature, quotation),
        raw=b"",
    )
    return replace(draft, raw=_message(draft, format_datetime(now.astimezone(zone))))


def _message(draft: Draft, date: str) -> bytes:
    fields = (
        ("From", header.mailboxes((draft.from_,))),
        ("To", header.mailboxes(draft.to)),
        ("Cc", header.mailboxes(draft.cc)),
        ("Subject", header.unstructured(draft.subject)),
        ("Date", (date,)),
        ("Message-ID", (draft.message_id,)),
        ("In-Reply-To", (draft.in_reply_to,) if draft.in_reply_to else ()),
        ("References", draft.references),
        ("MIME-Version", ("1.0",)),
        ("Content-Type", ("text/plain; charset=utf-8",)),
        ("Content-Transfer-Encoding", ("7bit" if draft.text.isascii() else "8bit",)),
    )
    lines = [header.field(name, pieces) for name, pieces in fields if pieces]
    return "\r\n".join([*lines, "", draft.text.replace("\n", "\r\n")]).encode()


def _quotation(mail: Mail, language: str, zone: tzinfo) -> str:
    """An attached mail, which stands in for a text that is missing, is never quoted."""
    original = "" if mail.text.lstrip().startswith(ATTACHED) else quote.quoted(mail.text)
    return f"{quote.attribution(mail, language, zone)}\n{original}" if original else ""


def _references(mail: Mail) -> tuple[str, ...]:
    """The thread before ``mail``, then its own id (RFC 5322, section 3.6.4); nothing without such an id."""
    own = header.clean_id(mail.message_id)
    if not own:
        return ()
    before = mail.references or (mail.in_reply_to if len(mail.in_reply_to) == 1 else ())
    chain = (*(i for i in map(header.clean_id, before) if i and i != own), own)
    return chain if len(chain) <= MOST_REFERENCES else chain[:1] + chain[1 - MOST_REFERENCES :]
