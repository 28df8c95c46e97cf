"""One thing that a text names, and the text as it is searched for such things."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    LINK = "link"
    ADDRESS = "e-mail address"
    ACCOUNT = "account number"
    PHONE = "phone number"
    DAY = "day"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Mention:
    """``words`` stand at ``start`` to ``end`` of the text. Two mentions of one kind say the same when one has a key
    among the ``means`` of the other that it ``asks`` for: a day without a year fits one of any year."""

    kind: Kind
    words: str
    start: int
    end: int
    asks: frozenset[str]
    means: frozenset[str]


def same(kind: Kind, text: str, start: int, end: int, keys: frozenset[str]) -> Mention:
    """A mention that is asked for by what it means."""
    return Mention(kind, text[start:end], start, end, keys, keys)


class _Plain(dict[int, str]):
    """Characters that only look different as their plain form, where that is one character: the length stays."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        digit = unicodedata.digit(char, None)
        plain = char if digit is None else str(digit)
        if unicodedata.category(char) in ("Zs", "Pd"):
            plain = " " if unicodedata.category(char) == "Zs" else "-"
        folded = unicodedata.normalize("NFKC", plain)
        self[code] = folded if len(folded) == 1 else plain
        return self[code]


_PLAIN = _Plain()


def plain(text: str) -> str:
    """The text in which mentions are looked for: full-width and mathematical letters, digits of other scripts, blanks
    and dashes of all kinds as their ASCII forms. As long as the text itself, so that places are the same."""
    return text if text.isascii() else text.translate(_PLAIN)
