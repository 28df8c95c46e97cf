"""What stands in one header field, as text: encoded words (RFC 2047) and parameters (RFC 2231), decoded. Linear."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from mailbot.mail import characters, charset

MAX_PARAMETERS = 200  # of one Content-Type; mail has two or three

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_PARAMETER = re.compile(r';\s*+([^;="\s]{1,100})\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")


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
