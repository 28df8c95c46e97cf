"""A header block, cut into its fields.

Owns every cap on headers but those inside of one field. Refuses to know which field means what; ``decoded`` and ``ids``
read what stands in one. All scanners are linear: headers are the cheapest place to hide a hang.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Measured on 16,491 real and torture mails: 2 blocks were larger, none had more fields.
MAX_BLOCK = 64 * 1024  # octets of a header block, without what is cut off single fields
MAX_FIELDS = 1_000
MAX_SCANNED = 1024 * 1024  # octets that are looked at at all
MAX_FIELD = 16 * 1024  # octets of one field; a real To of 23 KB is the 99.9th percentile
# 200 ids of 250 characters are a legal thread; the id scanner is linear, so only the block limits these.
_UNCUT = ("references", "in-reply-to")

_TOO_LONG = "The header is too long; its end was not read."

_END = re.compile(rb"\n\r{0,2}\n")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+")


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of one block in their order. Names are lower case, values unfolded and without outer blanks."""

    fields: tuple[tuple[str, bytes], ...]
    defects: tuple[str, ...] = ()

    def all(self, name: str) -> tuple[bytes, ...]:
        return tuple(value for field, value in self.fields if field == name)

    def first(self, name: str) -> bytes:
        """The value of the first such field, b"" when there is none."""
        return next((value for field, value in self.fields if field == name), b"")

    def has(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)


def split(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block of ``raw[start:end]`` ends and where what follows it begins."""
    first = raw[start : min(start + 3, end)]
    if first.startswith((b"\n", b"\r\n", b"\r\r\n")):
        return start, start + first.index(b"\n") + 1
    found = _END.search(raw, start, end)
    return (found.start() + 1, found.end()) if found else (end, end)


def trailing_text(block: bytes) -> int:
    """Where text begins that follows the last field of a block without an empty line; the length when there is none.

    A line among the fields that is no field is skipped, as IMAP servers do; after the last one it is the body."""
    text, at = -1, 0
    for line in block.split(b"\n"):
        head, colon, _ = line.partition(b":")
        if colon and _NAME.fullmatch(head.rstrip(b" \t")):
            text = -1
        elif text < 0 and line.strip() and not line.startswith((b" ", b"\t", b"From ")):
            text = at
        at += len(line) + 1
    return text if text >= 0 else len(block)


def scan(header: bytes) -> Iterator[tuple[str, bytes]]:
    """Every field, unfolded, without any cap; a line that is no field comes with the name "". Ends at a blank line."""
    name, lines = "", [b""]
    for ended in header.split(b"\n"):
        line = ended.rstrip(b"\r")
        if not line:
            break
        if line.startswith((b" ", b"\t")):
            lines.append(line)
            continue
        if name:
            yield name, b"".join(lines).strip()
        head, colon, rest = line.partition(b":")
        head = head.rstrip(b" \t")
        name = head.decode("ascii").lower() if colon and _NAME.fullmatch(head) else ""
        lines = [rest]
        if not name:
            yield "", line
    if name:
        yield name, b"".join(lines).strip()


def read(block: bytes) -> Header:
    """The fields of a block, within the caps. What was cut or could not be read is a defect. A field that is too long
    hides none of those below it: after 8,000 recipients there is still a Message-ID."""
    defects: list[str] = []
    if len(block) > MAX_SCANNED:
        block = block[: block.rfind(b"\n", 0, MAX_SCANNED) + 1]
        defects.append(_TOO_LONG)
    fields: list[tuple[str, bytes]] = []
    room = MAX_BLOCK
    for count, (name, value) in enumerate(scan(block)):
        if count == MAX_FIELDS:
            defects.append(f"The header has more than {MAX_FIELDS} fields; the rest was not read.")
            break
        if not name:
            if not value.startswith(b"From "):  # an mbox separator is no defect of the mail
                defects.append("A line of the header could not be read.")
            continue
        too_long = len(value) > MAX_FIELD and name not in _UNCUT
        kept = _cut(value) if too_long else value
        if too_long:
            defects.append(f"The field {name} is too long and was cut.")
        room -= len(name) + len(kept)
        if room >= 0:
            fields.append((name, kept))
        else:
            defects.append(_TOO_LONG)
    return Header(tuple(fields), tuple(dict.fromkeys(defects)))


def _cut(value: bytes) -> bytes:
    """Cut where no address or word is torn: half an address is another address."""
    end = max(value.rfind(mark, 0, MAX_FIELD) for mark in (b" ", b"\t", b",", b";"))
    return value[: max(end, 0)]
