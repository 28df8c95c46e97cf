"""Header fields, written: RFC 5322 lines with RFC 2047 words, as tuples of pieces that are folded at blanks only. Pure.

The standard library is not used to write: its policies encode long message ids and addresses as words and so break
threads and recipients (python/cpython#100991). A value that was not cleaned here cannot get into a line: every piece is
made from ``characters.line``, so no line break survives.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from mailbot.address.compare import canonical
from mailbot.mail import characters
from mailbot.mail.mail import Address

LINE = 76  # octets of a line with encoded words, RFC 2047, section 2
LONGEST_LINE = 998  # octets, RFC 5322, section 2.1.1
WORD = 39  # octets in one encoded word: 52 as base64, 64 with its frame, 73 behind "Subject: "
RAW_PIECE = 500  # octets: a longer run without a blank would come too near the 998 of RFC 5322, section 2.1.1
RAW_NAME = 60  # characters of a name that is not encoded: it fits one line
LONGEST_NAME = 250  # characters of a display name, own choice; what is longer is cut

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_BLANKED = re.compile(r"(?:^| )( *[^ ]+)")


def field(name: str, pieces: Iterable[str]) -> str:
    """The field with its pieces joined by one blank each and folded before a piece, without the last line end. The
    first piece stands beside the name, where a line can hold both: some readers miss it elsewhere."""
    lines = [f"{name}:"]
    length = len(lines[0])
    for count, piece in enumerate(pieces):
        octets = 1 + len(piece.encode())
        if length + octets > (LINE if count else LONGEST_LINE):
            lines.append("")
            length = 0
        lines[-1] += f" {piece}"
        length += octets
    return "\r\n".join(lines)


def unstructured(value: str) -> tuple[str, ...]:
    """The pieces of a subject. A piece may begin with blanks: runs of them are kept."""
    pieces = tuple(_BLANKED.findall(value))
    if not value.isascii() or "=?" in value or any(len(piece) > RAW_PIECE for piece in pieces):
        return tuple(_encoded(value))
    return pieces


def mailboxes(addresses: tuple[Address, ...]) -> tuple[str, ...]:
    """The pieces of an address list."""
    pieces: list[str] = []
    last = len(addresses) - 1
    for count, address in enumerate(addresses):
        spec = f"<{address.email}>" if address.name else address.email
        pieces += [*_phrase(address.name), spec if count == last else f"{spec},"]
    return tuple(pieces)


def clean_address(address: Address) -> Address:
    """The address as it will be written: the name on one line and not too long, the email without controls."""
    name = characters.line(address.name)[:LONGEST_NAME].rstrip()
    return Address(name, canonical(characters.line(address.email)))


def clean_id(written: str) -> str:
    """A message id with brackets around it and neither blanks nor brackets inside; "" when nothing is left, or more
    than a line can hold. Its other characters stay: an id that is changed joins no thread."""
    inside = "".join(characters.line(written).replace("<", "").replace(">", "").split())
    return f"<{inside}>" if inside and len(f" <{inside}>".encode()) <= LONGEST_LINE else ""


def _phrase(name: str) -> tuple[str, ...]:
    if not name:
        return ()
    if len(name) > RAW_NAME or not name.isascii() or "=?" in name:
        return tuple(_encoded(name))
    if _ATOMS.fullmatch(name):
        return tuple(name.split(" "))
    return ('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"',)


def _encoded(value: str) -> Iterator[str]:
    """Encoded words that each hold whole characters (RFC 2047, section 5)."""
    octets = b""
    for char in value:
        more = char.encode()
        if len(octets) + len(more) > WORD:
            yield _word(octets)
            octets = b""
        octets += more
    yield _word(octets)


def _word(octets: bytes) -> str:
    return f"=?utf-8?B?{base64.b64encode(octets).decode('ascii')}?="
