"""Guesses by name where the server does not mark its folders. A guess is only offered: the owner says whether it is
right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailbot.imap.answer import Folder
from mailbot.imap.folders import LIKELY, UNUSABLE

# What people and servers call them, in the languages of Thunderbird's most used translations.
NAMES: dict[str, tuple[str, ...]] = {
    "drafts": LIKELY,
    "sent": ("sent", "gesendet", "envoy", "enviad", "inviat", "verzonden", "wysłane", "skickat", "sendt", "已发送"),
    "trash": (
        "trash",
        "deleted",
        "papierkorb",
        "gelöscht",
        "corbeille",
        "papelera",
        "cestino",
        "prullenbak",
        "lixeira",
    ),
}


def usable(folders: Iterable[Folder]) -> tuple[str, ...]:
    """The names of the folders that can hold mail, in the order of the server."""
    return tuple(f.name for f in folders if not f.attributes & UNUSABLE)


def likely(role: str, names: Sequence[str]) -> str:
    """The folder that is probably the one for "drafts", "sent" or "trash"; "" when none looks like it. Of several the
    shortest name: ``Sent`` before ``Sent/2019``."""
    found = [name for name in names if any(word in name.lower() for word in NAMES[role])]
    return min(found, key=len, default="")
