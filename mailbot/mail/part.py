"""The MIME tree of a mail: what its parts are and where their octets lie.

Owns the walk and its caps. Refuses to choose what is shown. The walk is our own, over offsets into one buffer: the
standard library's parser is quadratic in the parameters of a Content-Type and holds a mail several times over
(25 MB took 146 MB), and a message/rfc822 part must stay closed, it is an attachment.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.mail import decoded, header
from mailbot.mail.header import Header

# From 16,491 measured mails, of which none came near: see also the caps of ``header``.
MAX_PARTS = 500
MAX_NESTING = 50
MAX_BOUNDARY_LINES = 2_000
MAX_NAME = 200  # characters of an attachment's name
# First in the header of each part of a reduced mail, so that a sender's own field of that name never counts.
OCTETS = "X-Mailbot-Octets"
_DIGITS = 12  # of a size
_MAX_BOUNDARY = 1_000  # octets; RFC 2046 allows 70
_LOOKED = 16 * 1024  # octets that are searched for a boundary that no header names

_OPENING = re.compile(
    rb"^--([^\r\n]{1,200}?)[ \t]{0,20}\r?\n(?=Content-[A-Za-z-]{1,40}[ \t]?:)", re.IGNORECASE | re.MULTILINE
)
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64) - {ord("=")})
# Such a mail is not answered, even when its parts are broken or missing.
_TELLING = ("multipart/encrypted", "multipart/report")
_IDENTITY = ("", "7bit", "8bit", "binary")
_LINE_OF_BASE64 = 57, 78  # octets of content in octets of the mail: 76 digits and CRLF (RFC 2045 6.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One node. ``source[start:end]`` is its undecoded content, of ``octets`` in the mail as it was sent; ``children``
    only for a multipart."""

    type: str
    parameters: dict[str, str]
    disposition: str
    name: str
    encoding: str
    source: bytes
    start: int
    end: int
    octets: int
    children: tuple[Part, ...] = ()

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/")


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS
    lines: int = MAX_BOUNDARY_LINES
    reduced: bool = False


def open_block(source: bytes, start: int, end: int) -> tuple[Header, int]:
    """The header of ``source[start:end]`` and where its body begins; without a single field all of it is body."""
    block_end, body = header.split(source, start, end)
    block = source[start:block_end]
    if len(block) <= header.MAX_BLOCK:
        fields_end = header.trailing_text(block)
        return header.read(block[:fields_end]), body if fields_end == len(block) else start + fields_end
    head = header.read(block)
    return head, body if head.fields else start


def read(source: bytes, head: Header, start: int, *, defects: list[str], reduced: bool = False) -> Part:
    """The tree of a mail whose header is ``head`` and whose body begins at ``start``. Only of a ``reduced`` mail is the
    stated size of a part believed: there it is ours."""
    return _node(source, head, start, len(source), "text/plain", 0, _Budget(reduced=reduced), defects)


def walk(part: Part) -> Iterator[Part]:
    """The part and everything in it, in the order of the mail."""
    yield part
    for child in part.children:
        yield from walk(child)


def _node(
    source: bytes, head: Header, start: int, end: int, default: str, depth: int, budget: _Budget, defects: list[str]
) -> Part:
    part = _leaf(source, head, start, end, default)
    if budget.reduced:
        part = replace(part, octets=max(end - start, _stated(head)))
    if not part.is_multipart:
        return part
    if depth >= MAX_NESTING:
        _note(defects, f"Parts are nested more than {MAX_NESTING} deep; the innermost were not read.")
        return replace(part, type="application/octet-stream")
    named = part.parameters.get("boundary", "").encode("utf-8", "replace")
    children = _children(part, named, depth, budget, defects) or _children(part, _seen(part), depth, budget, defects)
    if not children:
        _note(defects, "The mail says that it has several parts, but none was found.")
        return part if part.type in _TELLING else replace(part, type="text/plain")
    return replace(part, children=children)


def _children(part: Part, boundary: bytes, depth: int, budget: _Budget, defects: list[str]) -> tuple[Part, ...]:
    children = []
    inner = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    for first, last in _sections(part, boundary, budget, defects):
        if budget.parts <= 0:
            _note(defects, f"The mail has more than {MAX_PARTS} parts; the others were not read.")
            break
        budget.parts -= 1
        child, body = open_block(part.source, first, last)
        for defect in child.defects:
            _note(defects, defect)
        children.append(_node(part.source, child, body, last, inner, depth + 1, budget, defects))
    return tuple(children)


def _seen(part: Part) -> bytes:
    """The boundary that is there, where the header names another or none: what stands between two dashes and a field
    of MIME."""
    found = _OPENING.search(part.source, part.start, min(part.end, part.start + _LOOKED))
    return found[1] if found else b""


def _note(defects: list[str], defect: str) -> None:
    if defect not in defects:
        defects.append(defect)


def _leaf(source: bytes, head: Header, start: int, end: int, default: str) -> Part:
    kind, parameters = decoded.parameters(head.first("content-type"))
    disposition, details = decoded.parameters(head.first("content-disposition"))
    name = details.get("filename") or parameters.get("name", "")
    major, _, minor = kind.partition("/")
    minor = next(iter(minor.split()), "")  # a semicolon may be missing behind it
    return Part(
        type=f"{major.strip()}/{minor}" if major.strip() and minor else default,
        parameters=parameters,
        disposition=disposition,
        name=name.replace("/", "_").replace("\\", "_")[:MAX_NAME],
        encoding=decoded.text(head.first("content-transfer-encoding")).partition(";")[0].strip().lower(),
        source=source,
        start=start,
        end=end,
        octets=end - start,
    )


def _stated(head: Header) -> int:
    """The size that ``mail.reduced`` wrote down for a part that was not fetched whole."""
    digits = decoded.text(head.first(OCTETS.lower()))
    return int(digits) if digits.isdecimal() and len(digits) < _DIGITS else 0


def _sections(part: Part, boundary: bytes, budget: _Budget, defects: list[str]) -> Iterator[tuple[int, int]]:
    """Where the children lie (RFC 2046 5.1.1). A last one that is not closed goes to the end."""
    delimiter = b"--" + boundary
    if not boundary or len(boundary) > _MAX_BOUNDARY:
        return
    opened = -1
    for start, after, closing in _delimiters(part, delimiter, budget, defects):
        if opened >= 0:
            yield opened, max(opened, start)
        opened = after
        if closing:
            return
    if opened >= 0:
        yield opened, part.end


def _delimiters(part: Part, delimiter: bytes, budget: _Budget, defects: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Each boundary line: where the content before it ends, where the next begins, whether it is the last one."""
    source, end = part.source, part.end
    at = part.start if source.startswith(delimiter, part.start, end) else _next(part, delimiter, part.start)
    while at >= 0:
        if budget.lines <= 0:
            _note(defects, f"The mail has more than {MAX_BOUNDARY_LINES} boundary lines; the rest was not split.")
            return
        budget.lines -= 1
        line_end = source.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end
        rest = source[at + len(delimiter) : min(line_end, at + len(delimiter) + 100)].rstrip()
        if rest in (b"", b"--"):
            before = max(at - 1, part.start)
            before -= before > part.start and source[before - 1 : before] == b"\r"
            yield before, min(line_end + 1, end), rest == b"--"
        at = _next(part, delimiter, line_end)


def _next(part: Part, delimiter: bytes, at: int) -> int:
    """Where the next line begins that starts with the delimiter; -1 when there is none."""
    found = part.source.find(b"\n" + delimiter, at, part.end)
    return found + 1 if found >= 0 else -1


def content(part: Part, most: int) -> tuple[bytes, bool]:
    """The decoded octets of a leaf, at most ``most`` of them, and whether some were left out. Never raises."""
    cut = part.end - part.start > 4 * most  # quoted-printable at its worst is three for one
    raw = part.source[part.start : part.start + 4 * most if cut else part.end]
    if part.encoding == "base64":
        raw = _base64(raw)
    elif part.encoding == "quoted-printable":
        raw = binascii.a2b_qp(raw)
    return raw[:most], cut or len(raw) > most or is_cut(part)


def _base64(raw: bytes) -> bytes:
    """Tolerant: foreign characters are skipped, text after the padding is no data, missing padding is put on."""
    digits = raw.translate(None, _NOT_BASE64).partition(b"=")[0]
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def size(part: Part) -> int:
    """Decoded octets of a leaf, counted without decoding base64; of one that was not fetched whole, estimated."""
    length = part.end - part.start
    if part.encoding == "base64":
        if is_cut(part):
            return part.octets * _LINE_OF_BASE64[0] // _LINE_OF_BASE64[1]
        blank = sum(part.source.count(mark, part.start, part.end) for mark in (b"\r", b"\n", b"=", b" "))
        return (length - blank) * 3 // 4
    if part.encoding == "quoted-printable" and not is_cut(part):
        return len(binascii.a2b_qp(part.source[part.start : part.end]))
    return part.octets


def is_cut(part: Part) -> bool:
    """Whether only its beginning was fetched."""
    return part.octets > part.end - part.start


def is_understood(part: Part) -> bool:
    """Whether the transfer encoding is one that ``content`` decodes."""
    return part.encoding in (*_IDENTITY, "base64", "quoted-printable")
