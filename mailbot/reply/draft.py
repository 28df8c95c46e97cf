"""What a draft is, and the id it is known by. Pure."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from mailbot.address.compare import canonical
from mailbot.mail.mail import Address

ID_LENGTH = 26  # base32 characters: 130 bits, no two drafts of the world meet


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reply as it is meant, and as bytes. The values are those that reading ``raw`` must give back.

    ``text``   the body, lines ending in LF
    ``raw``    the whole message, lines ending in CRLF
    """

    message_id: str
    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    text: str
    raw: bytes


def draft_id(account_address: str, mail_key: str, generation: int, domain: str) -> str:
    """The same for the same mail and generation on every host, so that a draft is found again wherever it was stored;
    new for each generation. ``domain`` is that of the draft's From."""
    name = f"{canonical(account_address).lower()}\0{mail_key}\0{generation}"
    digits = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode("ascii")
    return f"<{digits[:ID_LENGTH]}{canonical(f'@{domain}')}>"
