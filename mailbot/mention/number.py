"""Phone numbers and numbers, compared whatever their separators: 1.234,50 and 1,234.50 and 1234.5 are one number.

Where a separator can be read in two ways (1.234), the number means both. One digit alone is too common to say anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.mention.mention import Kind, Mention, same

SUBSCRIBER = 8  # digits at the end of a phone number that are compared: what stands before depends on who calls
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00|\(?0|\(?\d{3}\)?[ .-]\d{3}[ .-])\(?\d(?:[ ()./-]{0,3}\d){3,16}+(?![\w])")
_NUMBER = re.compile(r"\d{1,3}(?:[ '’]\d{3}){1,6}+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)*+")
_MANY = re.compile(
    r" ?(?:(k|тыс|tsd|tys|mil|千)|(mio|mn|millón|milli?on\w{0,10}|mln|млн)|([万萬]))(?!\w)",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(r"^[ \t]*\(?\d{1,2}[.)](?=\s)", re.MULTILINE)
_SEPARATORS = re.compile(r"[ '’]")


def phones(text: str) -> Iterator[Mention]:
    for found in _PHONE.finditer(text):
        digits = "".join(filter(str.isdigit, found.group()))
        if 7 <= len(digits) <= 15:  # ITU-T E.164 allows 15
            yield same(Kind.PHONE, text, found.start(), found.end(), frozenset({digits[-SUBSCRIBER:]}))


def numbers(text: str) -> Iterator[Mention]:
    """Those of two digits or more, without the numbers of a list."""
    counted = {found.end() for found in _ENUMERATION.finditer(text)}
    for found in _NUMBER.finditer(text):
        words = found.group()
        if sum(map(str.isdigit, words)) > 1 and found.end() + 1 not in counted:
            keys = _values(words)
            if many := _MANY.match(text, found.end()):
                keys |= {_times(key, (1_000, 1_000_000, 10_000)[(many.lastindex or 1) - 1]) for key in keys}
            yield same(Kind.NUMBER, text, found.start(), found.end(), keys)


def _values(words: str) -> frozenset[str]:
    """The values that the words may stand for, each in one form."""
    words = _SEPARATORS.sub("", words)
    marks = [char for char in words if char in ".,"]
    if not marks:
        return frozenset({_trimmed(words)})
    groups = re.split("[.,]", words)
    thousands = all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:  # 1.234,50
        return frozenset({_trimmed("".join(groups[:-1]) + "." + groups[-1])})
    if len(marks) > 1:  # 1.234.567, or 1.2.3
        return frozenset({_trimmed("".join(groups))} if thousands else {words})
    decimal = _trimmed(f"{groups[0]}.{groups[1]}")
    return frozenset({decimal, _trimmed("".join(groups))} if thousands else {decimal})


def _trimmed(value: str) -> str:
    whole, point, part = value.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (point + part if part else "")


def _times(value: str, factor: int) -> str:
    whole, _, part = value.partition(".")
    zeros = str(factor).count("0")
    return _trimmed(whole + part[:zeros].ljust(zeros, "0") + "." + part[zeros:])
