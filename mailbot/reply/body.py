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
LEAST_SIGNATURE = 2  # lines of a signature, before they are one and no sign-off

_QUOTE_MARKS = re.compile(r">[> ]{0,40}")


def assemble(reply: str, signature: str, quotation: str) -> str:
    """The whole text, ending in one LF. The signature stands once, also when the reply brought it along."""
    ours = _signature_lines(signature)
    reply = _without_signature(characters.body(reply).strip("\n").rstrip(), ours)
    if _bare(reply.rpartition("\n")[2]) == _bare("".join(ours)):  # one line: it is the name below the sign-off too
        ours = []
    blocks = (reply, "\n".join((DELIMITER, *ours)) if ours else "", characters.body(quotation).rstrip())
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(piece for line in text.split("\n") for piece in _broken(line)) + "\n"


def _signature_lines(signature: str) -> list[str]:
    lines = [line.rstrip() for line in characters.body(signature).strip().split("\n")]
    if lines[0] == DELIMITER.rstrip():
        lines = lines[1:]
    return lines if any(lines) else []


def _without_signature(reply: str, signature: list[str]) -> str:
    """The reply without the signature, or two lines or more of it, at its end."""
    lines = reply.split("\n")
    ours = [_bare(line) for line in signature if line]
    filled = [at for at, line in enumerate(lines) if line.strip()]
    for count in range(min(len(ours), len(filled)), LEAST_SIGNATURE - 1, -1):
        ending = [_bare(lines[at]) for at in filled[-count:]]
        if any(ours[start : start + count] == ending for start in range(len(ours) - count + 1)):
            kept = "\n".join(lines[: filled[-count]]).rstrip()
            return kept.removesuffix(f"\n{DELIMITER.rstrip()}").rstrip()
    return reply


def _bare(line: str) -> str:
    return " ".join(line.split()).casefold().rstrip(",")


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
