"""What a server tells, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from mailbot.job import Place

SECTION = re.compile(rb"BODY\[([0-9.]+(?:\.MIME)?)\]", re.IGNORECASE)
APPENDUID = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)  # RFC 4315
COUNTED = (b"UIDVALIDITY", b"UIDNEXT", b"HIGHESTMODSEQ", b"MESSAGES")


@dataclass(frozen=True, slots=True)
class Folder:
    name: str
    attributes: frozenset[str]  # lower case: Cyrus sends \\drafts


@dataclass(frozen=True, slots=True)
class Look:
    """What EXAMINE or SELECT said. ``uidnext`` is None where the server does not tell (Courier)."""

    folder: str
    uidvalidity: int
    uidnext: int | None
    keywords: bool  # new keywords may be made


@dataclass(frozen=True, slots=True)
class Count:
    """What STATUS said of a folder whose changes the server counts (CONDSTORE, RFC 7162): as long as all of it is the
    same, nothing changed."""

    uidvalidity: int
    uidnext: int
    changes: int  # every change raises it
    mails: int  # the first need not tell of one that left (RFC 7162, 3.2.7: only QRESYNC does)


@dataclass(frozen=True, slots=True)
class Fetched:
    uid: int
    flags: frozenset[str]
    arrived: float  # INTERNALDATE, seconds since the epoch
    data: bytes
    size: int


@lru_cache(maxsize=32)
def capabilities(told: tuple[bytes, ...]) -> frozenset[str]:
    """In upper case. All sessions of a server share them: they are 9 kB."""
    return frozenset(each.decode("ascii", "replace").upper() for each in told)


def opened(folder: str, answer: Mapping[bytes, Any]) -> Look:
    """The answer to EXAMINE or SELECT, as imapclient has it."""
    uidnext, permanent = answer.get(b"UIDNEXT"), answer.get(b"PERMANENTFLAGS", ())
    return Look(
        folder,
        int(answer[b"UIDVALIDITY"]),
        int(uidnext) if uidnext else None,
        keywords=rb"\*" in permanent,
    )


def counted(row: Mapping[bytes, Any]) -> Count | None:
    """One answer to STATUS. None where the server leaves out a part of it, and of a folder whose changes are not
    counted: then it tells 0."""
    if any(item not in row for item in COUNTED):
        return None
    count = Count(*(int(row[item]) for item in COUNTED))
    return count if count.changes else None


def fetched(uid: int, row: Mapping[bytes, Any]) -> Fetched | None:
    """One row of a FETCH answer. Body keys differ between servers (Courier quotes the names of fields)."""
    data = next((v for k, v in row.items() if k.startswith(b"BODY[")), b"") or b""
    arrived = row.get(b"INTERNALDATE")
    seconds = arrived.timestamp() if isinstance(arrived, datetime) else 0.0
    flags = frozenset(plain(f) for f in row.get(b"FLAGS", ()))
    return Fetched(uid, flags, seconds, data, int(row.get(b"RFC822.SIZE", len(data))))


def sections(row: Mapping[bytes, Any]) -> dict[str, bytes]:
    """The parts in one row of a FETCH answer, by section: "1.2", "1.2.MIME"."""
    found = {SECTION.match(key): value for key, value in row.items() if isinstance(value, bytes)}
    return {key[1].decode("ascii").upper(): value for key, value in found.items() if key}


def place(folder: str, answer: bytes) -> Place | None:
    """Where an APPEND stored its mail, when the server tells it (UIDPLUS)."""
    told = APPENDUID.search(answer)
    return Place(folder, int(told[1]), int(told[2])) if told else None


def plain(value: bytes | str) -> str:
    """An atom, as text."""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value
