"""What servers tell of threads and labels beyond IMAP itself: Gmail (X-GM-EXT-1) and RFC 8474 (OBJECTID)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from mailbot.imap.answer import plain

GMAIL = "X-GM-EXT-1"  # the capability of Gmail and nobody else
_ITEMS = ((GMAIL, "X-GM-THRID"), ("OBJECTID", "THREADID"))


def item(capabilities: Collection[str]) -> str:
    """By what a server tells threads apart; "" where it does not."""
    return next((item for capability, item in _ITEMS if capability in capabilities), "")


def name(client: Any, lot: Sequence[int], item: str) -> str:
    """The server's name for the thread of one mail in the open folder, "" where it has none."""
    row = client.fetch(lot, [item]).get(lot[0], {})
    value = row.get(item.encode())
    value = value[0] if isinstance(value, tuple) and value else value
    return plain(value) if isinstance(value, bytes) else str(value or "")


def labels(client: Any, lot: Sequence[int]) -> dict[int, frozenset[str]]:
    """Gmail's labels of mails in the open folder."""
    rows = client.get_gmail_labels(lot)
    return {uid: frozenset(str(name).removeprefix("\\") for name in row) for uid, row in rows.items()}
