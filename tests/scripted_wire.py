"""The syntax of IMAP as the scripted server reads and writes it (RFC 9051, 9). Pure: no socket, no mailbox.

A token is a ``str`` (atom), ``bytes`` (quoted string or literal) or ``tuple`` (list). An atom keeps its brackets, so
that ``BODY.PEEK[HEADER.FIELDS (FROM)]<0.99>`` is one token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from imapclient import imap_utf7

Token: TypeAlias = "str | bytes | tuple[Token, ...]"

LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}\r\n\Z")
ATOM = re.compile(rb'[^\s()"{\[]+')


class Malformed(Exception):
    """The client's command cannot be read; ``str()`` says why."""


def literal_size(line: bytes) -> tuple[int, bool] | None:
    """(octets to follow, wait for ``+``?) when a line announces a literal, else None."""
    found = LITERAL.search(line)
    return (int(found[1]), not found[2]) if found else None


def tokens(pieces: Sequence[bytes]) -> tuple[Token, ...]:
    """A command's tokens. ``pieces``: line, literal, line, literal, ..., line. Raises Malformed."""
    reader = _Reader()
    for number, piece in enumerate(pieces):
        if number % 2:
            reader.add(piece)
        else:
            reader.read_line(LITERAL.sub(b"", piece).rstrip(b"\r\n"))
    return reader.done()


class _Reader:
    def __init__(self) -> None:
        self._levels: list[list[Token]] = [[]]

    def add(self, token: Token) -> None:
        self._levels[-1].append(token)

    def done(self) -> tuple[Token, ...]:
        if len(self._levels) != 1:
            raise Malformed("a parenthesis is not closed")
        return tuple(self._levels[0])

    def read_line(self, line: bytes) -> None:
        at = 0
        while at < len(line):
            at = self._read_token(line, at)

    def _read_token(self, line: bytes, at: int) -> int:
        """Takes the token at ``at``; returns where the next may begin."""
        match line[at : at + 1]:
            case b" ":
                return at + 1
            case b"(":
                self._levels.append([])
                return at + 1
            case b")":
                if len(self._levels) == 1:
                    raise Malformed("a parenthesis was never opened")
                self.add(tuple(self._levels.pop()))
                return at + 1
            case b'"':
                return self._read_quoted(line, at + 1)
            case _:
                return self._read_atom(line, at)

    def _read_quoted(self, line: bytes, at: int) -> int:
        found = re.compile(rb'((?:[^"\\]|\\["\\])*)"').match(line, at)
        if not found:
            raise Malformed("a quoted string is not closed")
        self.add(re.sub(rb"\\(.)", rb"\1", found[1]))
        return found.end()

    def _read_atom(self, line: bytes, at: int) -> int:
        start = at
        while found := ATOM.match(line, at):
            at = found.end()
            if line[at : at + 1] == b"[":
                at = line.find(b"]", at) + 1
                if not at:
                    raise Malformed("a section is not closed")
        if at == start:
            raise Malformed(f"unexpected {line[at : at + 1]!r}")
        self.add(line[start:at].decode("ascii", "surrogateescape"))
        return at


def text(token: Token) -> str:
    """An astring as text. Raises Malformed for a list."""
    if isinstance(token, tuple):
        raise Malformed("a list where a string belongs")
    return token if isinstance(token, str) else token.decode("utf-8", "surrogateescape")


def folder_name(token: Token) -> str:
    """A folder as people read it; INBOX is the one name without case (RFC 9051, 5.1)."""
    name: str = imap_utf7.decode(text(token).encode("ascii", "surrogateescape"))
    return "INBOX" if name.upper() == "INBOX" else name


def quoted_folder(name: str) -> bytes:
    wire: bytes = imap_utf7.encode(name)
    return b'"' + wire.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def flags(token: Token) -> frozenset[str]:
    """A flag list, or a single flag. Raises Malformed for strings among them."""
    items = token if isinstance(token, tuple) else (token,)
    if not all(isinstance(item, str) for item in items):
        raise Malformed("a string where a flag belongs")
    return frozenset(map(text, items))


def flag_list(names: Iterable[str]) -> bytes:
    return b"(" + " ".join(sorted(names)).encode() + b")"


def uid_set(token: Token, present: Sequence[int]) -> list[int]:
    """The UIDs among ``present`` (ascending) that a set such as ``1,4:7,9:*`` names; ``9:*`` names the last one even
    when 9 is beyond it. Raises Malformed."""
    spans = [_span(part, present[-1] if present else 0) for part in text(token).split(",")]
    return [uid for uid in present if any(low <= uid <= high for low, high in spans)]


def _span(part: str, last: int) -> tuple[int, int]:
    ends = part.split(":")
    if len(ends) > 2 or not all(re.fullmatch(r"[1-9]\d{0,9}|\*", end) for end in ends):
        raise Malformed(f"not a UID set: {part}")
    numbers = sorted(last if end == "*" else int(end) for end in ends)
    return numbers[0], numbers[-1]


def set_of(uids: Iterable[int]) -> bytes:
    return ",".join(map(str, uids)).encode()
