"""Every command that changes a mailbox, in one place: APPEND, CREATE with SUBSCRIBE, a flag by STORE, and MOVE, or COPY
with an EXPUNGE of that one UID. What is handed over here has passed the gate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientError

from mailbot.imap.answer import place
from mailbot.imap.breath import Asked, literal
from mailbot.job import Place


def append(client: Any, capabilities: Collection[str], folder: str, raw: bytes, flags: Sequence[str]) -> Place | None:
    """Stores a mail; its place where the server tells it (UIDPLUS)."""
    at_once = literal(capabilities, raw)
    if at_once is None:
        answer = client.append(folder, raw, flags)
    else:
        words = client._normalise_folder(folder), f"({' '.join(flags)})"
        answer = Asked(client, "APPEND", *words, literal=at_once).answer()
    return place(folder, answer if isinstance(answer, bytes) else str(answer).encode())


def create(client: Any, folder: str) -> None:
    client.create_folder(folder)
    with suppress(IMAPClientError):
        client.subscribe_folder(folder)


def add_flag(client: Any, lot: Sequence[int], flag: str) -> bool:
    """Whether the server told the flags that they have now. It tells nothing of mails that are gone; of those that had
    the flag, Dovecot does not either."""
    return bool(client.add_flags(lot, [flag]))


def move(client: Any, capabilities: Collection[str], lot: Sequence[int], folder: str) -> bool:
    """Where there is no MOVE, a copy, and then EXPUNGE of these UIDs and no others (UIDPLUS). False without either."""
    if "MOVE" in capabilities:
        client.move(lot, folder)
    elif "UIDPLUS" in capabilities:
        client.copy(lot, folder)
        client.add_flags(lot, [imapclient.DELETED], silent=True)
        client.uid_expunge(lot)
    else:
        return False
    return True
