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
    changes: int | None = None  # a count that every change of the folder raises; None where the server keeps none
    mails: int = 0  # the count need not tell of one that left (RFC 7162, 3.2.7: only QRESYNC does)


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


def opened(folder: str, answer: Mapping[bytes, Any], *, counted: bool) -> Look:
    """The answer to EXAMINE or SELECT, as imapclient has it. ``counted``: the server keeps its word about changes
    (Yahoo tells a HIGHESTMODSEQ without CONDSTORE)."""
    uidnext, permanent = answer.get(b"UIDNEXT"), answer.get(b"PERMANENTFLAGS", ())
    return Look(
        folder,
        int(answer[b"UIDVALIDITY"]),
        int(uidnext) if uidnext else None,
        keywords=rb"\*" in permanent,
        changes=answer.get(b"HIGHESTMODSEQ") or None if counted else None,  # 0 counts nothing
        mails=int(answer.get(b"EXISTS", 0)),
    )


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
