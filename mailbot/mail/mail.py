"""The values that a mail becomes once it is read: what every other module means by a mail, an address, an
attachment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. ``name`` is decoded and free of control characters, ``email`` is as written, its domain in A-label
    form (RFC 5890) and lower case; the local part keeps its case."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text of the mail. ``size`` is in decoded bytes; ``text`` is what a text file says, "" for
    all others; ``cut``: only its beginning was read."""

    name: str
    type: str
    size: int
    text: str = ""
    cut: bool = False


class Kind(StrEnum):
    """What decides whether a mail can be answered in clear text."""

    ORDINARY = "ordinary"
    ENCRYPTED = "encrypted"  # multipart/encrypted, enveloped S/MIME, inline PGP, opaque signed
    REPORT = "report"  # a delivery or disposition report (RFC 3464, RFC 8098)
    INVITATION = "invitation"  # text/calendar with METHOD:REQUEST
    TNEF = "tnef"  # nothing but a winmail.dat


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as a person would see it, plus the headers that decide about the reply.

    ``key``        the mail key of 64 hex digits (see ``mail.key``)
    ``message_id`` and the other ids: with brackets, no blanks inside; "" or () when there is none
    ``date``       aware, in the zone that the mail states; None when it cannot be read
    ``text``       what a person sees, quoted history and signature included; lines end in LF
    ``delivered``  addresses that the delivery trace names, most trusted first
    ``defects``    what was wrong with the bytes, in words for the owner
    ``truncated``  only the beginning of the mail was fetched
    """

    key: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    from_: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    mail_followup_to: tuple[Address, ...]
    delivered: tuple[str, ...]
    subject: str
    date: datetime | None
    text: str
    attachments: tuple[Attachment, ...]
    kind: Kind
    list_post: str  # the address of the list that distributed it, or ""
    bulk: bool  # Precedence: bulk/list/junk, List-Id or List-Unsubscribe
    automatic: bool  # Auto-Submitted other than no, or an empty Return-Path
    defects: tuple[str, ...]
    truncated: bool

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own, and those of the mails before it."""
        return tuple(filter(None, (self.message_id, *self.in_reply_to, *self.references)))
