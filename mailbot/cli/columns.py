"""Text in the columns of a terminal: a character of East Asia takes two, a combining mark none."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import combining, east_asian_width

MORE = "..."
WIDEST = 2  # columns of one character: narrower lines would have room for none, and a text no end


def columns_of(text: str) -> int:
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def fitted(text: str, columns: int) -> str:
    """The text, or its beginning and dots where it is wider."""
    if columns_of(text) <= columns:
        return text
    return _beginning(text, columns - len(MORE)) + MORE


def _beginning(text: str, columns: int) -> str:
    taken = 0
    for number, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return text[:number]
    return text


def wrapped(text: str, columns: int) -> Iterator[str]:
    """Lines that break at blanks, and inside a word only where it is too long for a line of its own;
    in a path behind a slash."""
    columns = max(columns, WIDEST)
    line = ""
    for piece in (piece for word in text.split() for piece in _pieces(word, columns)):
        if line and columns_of(line) + 1 + columns_of(piece) > columns:
            yield line
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    yield line


def _pieces(word: str, columns: int) -> Iterator[str]:
    rest = word
    while columns_of(rest) > columns:
        head = _beginning(rest, columns)
        folders = head[: head.rfind("/") + 1]
        if columns_of(folders) > columns // 2:  # a path breaks between its folders
            head = folders
        yield head
        rest = rest[len(head) :]
    yield rest
