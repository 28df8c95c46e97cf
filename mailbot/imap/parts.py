"""One mail by its parts: what the server lists of them, and what to fetch of some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailbot.imap import gate


def structure(client: Any, lot: Sequence[int]) -> object:
    """BODYSTRUCTURE as imapclient reads it; None where it is refused or nobody can read it."""
    try:
        answer = client.fetch(lot, ["BODYSTRUCTURE"])
    except (IMAPClientError, ValueError, TypeError, IndexError, RecursionError) as error:
        if isinstance(error, IMAPClientAbortError):
            raise
        return None  # it was read to its end before it was looked at
    return answer.get(lot[0], {}).get(b"BODYSTRUCTURE")


def items(pieces: Iterable[tuple[str, int]], header: int) -> list[str]:
    """What to fetch of each section: so many octets of its own header, and of its content where any are wanted."""
    wanted = []
    for name, octets in pieces:
        section = gate.section(name)
        wanted.append(f"BODY.PEEK[{section}.MIME]<0.{int(header)}>")
        if octets:
            wanted.append(f"BODY.PEEK[{section}]<0.{int(octets)}>")
    return wanted
