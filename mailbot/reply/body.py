"""The text of a draft: reply, signature, quoted original, in lines that every server takes. Pure.

Paragraphs are not wrapped, since clients reflow what a person edits; only lines that would hurt a server are broken.
This module does not know how the original is quoted, nor who reads it.
"""

from __future__ import annotations

import re
import unicodedata

from mailbot.mail import characters

LONGEST_LINE = 900  # octets; RFC 5322, section 2.1.1 allows 998, and a client may still quote the line once or twice
COMBINING = 40  # characters that are looked back over for the beginning of a combining sequence
DELIMITER = "-- "  # RFC 3676, section 4.3

_QUOTE_MARKS = re.compile(r">[> ]{0,40}")


def assemble(reply: str, signature: str, quotation: str) -> str:
    """The whole text, ending in one LF. The signature stands once, also when the reply brought it along."""
    reply = characters.body(reply).strip("\n").rstrip()
    blocks = (reply, _signature_block(reply, signature), characters.body(quotation).rstrip())
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(piece for line in text.split("\n") for piece in _broken(line)) + "\n"


def _signature_block(reply: str, signature: str) -> str:
    lines = [line.rstrip() for line in characters.body(signature).strip().split("\n")]
    if lines[0] == DELIMITER.rstrip():
        lines = lines[1:]
    ending = [line.rstrip() for line in reply.split("\n")][-len(lines) :]
    if not any(lines) or ending == lines:
        return ""
    return "\n".join((DELIMITER, *lines))


def _broken(line: str) -> list[str]:
    """The line in pieces of at most LONGEST_LINE octets; pieces of a quoted line carry its marks."""
    octets = line.encode()
    if len(octets) <= LONGEST_LINE:
        return [line]
    marks = _QUOTE_MARKS.match(line)
    prefix = marks[0].encode() if marks else b""
    pieces: list[str] = []
    start = len(prefix)
    while start < len(octets):
        end, after = _break_at(octets, start, LONGEST_LINE - len(prefix))
        pieces.append((prefix + octets[start:end]).decode())
        start = after
    return pieces


def _break_at(octets: bytes, start: int, room: int) -> tuple[int, int]:
    """Where the piece ends and where the next one begins: at the last blank, which goes, else between characters."""
    end = start + room
    if end >= len(octets):
        return len(octets), len(octets)
    blank = octets.rfind(b" ", start + 1, end + 1)
    if blank > 0:
        return blank, blank + 1
    end = _character_start(octets, end)
    sequence = end
    for _ in range(COMBINING):
        if sequence <= start or not _joins(octets, sequence):
            break
        sequence = _character_start(octets, sequence - 1)
    end = sequence if sequence > start and not _joins(octets, sequence) else end
    return end, end


def _character_start(octets: bytes, at: int) -> int:
    while octets[at] & 0xC0 == 0x80:  # a continuation octet of UTF-8
        at -= 1
    return at


def _joins(octets: bytes, at: int) -> bool:
    """Whether the character at this octet belongs to the one before it."""
    char = octets[at : at + 4].decode("utf-8", "ignore")[:1]
    return unicodedata.combining(char) != 0 or unicodedata.category(char) in ("Mn", "Me") or char == "\u200d"
