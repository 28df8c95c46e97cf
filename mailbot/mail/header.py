"""A header block, read: its fields, their words (RFC 2047), parameters (RFC 2231) and message ids (RFC 5322 3.6.4).

Owns every cap on headers. Refuses to know which field means what; addresses have their own module.
All scanners are linear: headers are the cheapest place to hide a hang.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailbot.mail import characters, charset

# Measured on 16,491 real and torture mails: 2 blocks were larger, none had more fields.
MAX_BLOCK = 64 * 1024  # octets of a header block, without what is cut off single fields
MAX_FIELDS = 1_000
MAX_SCANNED = 1024 * 1024  # octets that are looked at at all
MAX_FIELD = 16 * 1024  # octets of one field; a real To of 23 KB is the 99.9th percentile
# 200 ids of 250 characters are a legal thread; the id scanner is linear, so only the block limits these.
_UNCUT = ("references", "in-reply-to")
MAX_PARAMETERS = 200  # of one Content-Type; mail has two or three
MAX_ID = 998  # octets of a line, RFC 5322 2.1.1

_TOO_LONG = "The header is too long; its end was not read."

_END = re.compile(rb"\n\r{0,2}\n")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+")
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_PARAMETER = re.compile(r';\s*+([^;="\s]{1,100})\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")


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


def raw_text(value: bytes) -> str:
    """The octets of a field as text, encoded words left alone (RFC 6532, else what is likely without a label)."""
    return charset.decode(value)[0]


def text(value: bytes) -> str:
    """The field as a person reads it, on one line."""
    return characters.line(words(raw_text(value)))


def words(source: str) -> str:
    """``source`` with its encoded words decoded (RFC 2047), tolerant: a word may hold blanks, stand inside another
    word, or end inside a character that the next word goes on with."""
    pieces: list[str] = []
    pending, label, end = b"", "", 0
    for found in _WORD.finditer(source):
        between = source[end : found.start()]
        end = found.end()
        content = _encoded(found[2], found[3])
        if label and (between.strip() or found[1].lower() != label):
            pieces.append(charset.decode(pending, label)[0])
            pending, label = b"", ""
            between = between if between.strip() else ""
        elif label or (pieces and not between.strip()):
            between = ""
        pieces.append(between)
        if charset.known(found[1]):
            pending, label = pending + content, found[1].lower()
        else:
            pieces.append(charset.decode(content)[0])
    if label:
        pieces.append(charset.decode(pending, label)[0])
    return "".join(pieces) + source[end:]


def _encoded(encoding: str, content: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(content.encode("utf-8", "replace"), header=True)
    digits = _NOT_BASE64.sub("", content)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4))


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """The head of a structured field in lower case, and its parameters (RFC 2045 5.1, RFC 2231), decoded."""
    source = raw_text(value)
    head = characters.line(source.partition(";")[0]).lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(source)):
        section = _SECTION.fullmatch(found[1].lower())
        if count >= MAX_PARAMETERS or section is None:
            break
        content = _unescape(found[2]) if found[2] is not None else found[3].strip().removeprefix('"')
        if section[2] is None and section[3] is None:
            plain.setdefault(section[1], characters.line(words(content)))
        else:
            numbered = sections.setdefault(section[1], {})
            numbered.setdefault(int(section[2] or 0), (content, section[3] is not None))
    return head, plain | {name: _joined(parts) for name, parts in sections.items()}


def _unescape(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    label, octets = "", b""
    for number in range(len(parts)):
        if number not in parts:
            break
        content, encoded = parts[number]
        if encoded and number == 0 and content.count("'") >= 2:
            label, _, content = content.split("'", 2)
        octets += unquote_to_bytes(content) if encoded else content.encode("utf-8", "replace")
    return characters.line(charset.decode(octets, label)[0])


def ids(value: bytes) -> tuple[str, ...]:
    """The message ids of a field, each in brackets and without blanks. Only where no id has brackets a bare ``a@b``
    counts: old In-Reply-To fields hold a sentence with an address, and then the id. Comments hold no ids."""
    source = _uncommented(characters.line(raw_text(value)))
    found: list[str] = []
    start = source.find("<")
    while start >= 0:
        after = source.find("<", start + 1)
        close = source.find(">", start, after if after >= 0 else len(source))
        content = "".join(source[start + 1 : close].split()) if close >= 0 else ""
        if content:
            found.append(f"<{content}>")
        start = after
    if not found:
        found = [f"<{word.strip('<>,;')}>" for word in source.split() if "@" in word.strip("<>,;@")]
    return tuple(dict.fromkeys(found_id for found_id in found if len(found_id.encode()) <= MAX_ID))


def own_id(value: bytes) -> str:
    """The one id of a Message-ID field; "" when there is none. Without brackets all of the field is the id."""
    source = _uncommented(characters.line(raw_text(value)))
    bare = "".join(source.split()).strip("<>")
    if "<" in source.strip().strip("<>") or len(bare.encode()) > MAX_ID - 2:
        return "".join(ids(value)[:1])
    return f"<{bare}>" if bare else ""


def _uncommented(source: str) -> str:
    """Comments outside brackets become a blank; one that never closes is no comment."""
    if "(" not in source:
        return source
    kept: list[str] = []
    depth, opened, inside = 0, 0, False
    for char in source:
        if not depth and char in "<>":
            inside = char == "<"
        if char == "(" and not inside:
            opened = opened if depth else len(kept)
            depth += 1
        kept.append(char)
        if char == ")" and depth:
            depth -= 1
            if not depth:
                kept[opened:] = [" "]
    return "".join(kept)
