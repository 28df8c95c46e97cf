"""What makes two copies of a mail the same mail: the mail key and the twin key.

Owns the recipe of both hashes, which state and archive of every mailbot depend on: it must never change. Refuses to
interpret a value: bytes are compared as they are, only unfolded. A sender cannot compute the mail key, because the
topmost Received field is written by the last server.
"""

from __future__ import annotations

import hashlib

from mailbot.mail import header

_MAIL = ("from", "date", "subject", "message-id", "received")
_TWIN = ("message-id", "from", "date")


def mail_key(block: bytes) -> str:
    """64 hex digits for a header block, or for a HEADER.FIELDS answer (RFC 3501 6.4.5) that holds these fields.

    Of each field only the first counts; LF or CRLF, and the order of different fields, make no difference.
    """
    return _digest(_first(block, _MAIL), _MAIL)


def twin_key(block: bytes) -> str:
    """64 hex digits, equal for two deliveries of one mail (over a list and directly); "" without a Message-ID."""
    values = _first(block, _TWIN)
    return _digest(values, _TWIN) if values.get("message-id") else ""


def _first(block: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for name, value in header.scan(block):
        if name in names:
            values.setdefault(name, value)
    return values


def _digest(values: dict[str, bytes], names: tuple[str, ...]) -> str:
    """Each value goes in with its length, so that no value can pass for the end of another; a missing one has none."""
    digest = hashlib.sha256()
    for name in names:
        value = values.get(name)
        size = "-" if value is None else str(len(value))
        digest.update(f"{name}:{size}:".encode() + (value or b""))
    return digest.hexdigest()
