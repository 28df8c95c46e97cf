"""The words by which texts are found: of an own mail, of a note, of a query.

They are cut to what the forms of a word have in common, roughly and in any language, so that "racks" finds "rack" and
"Lampen" finds "Lampe". Scripts without blanks (Chinese, Japanese, Thai) are cut into pairs of characters, because the
index takes every run of letters for one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.language import language

LONGEST = 40  # characters of a word; more is no word
SHORTEST = 3  # characters of a word that a query asks for; shorter ones stand everywhere
STEM = 4  # characters that are left of a word at least

_RUN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_ENDINGS = ("en", "es", "er", "em", "s", "e", "n", "a", "o", "i")


def words(text: str) -> Iterator[str]:
    """In small letters, in order, without their endings."""
    return map(_stem, _whole(text))


def telling(text: str, most: int) -> tuple[str, ...]:
    """The first ``most`` different words that say something of a topic: neither very short nor very common."""
    found = dict[str, None]()
    for word in _whole(text):
        if len(found) >= most:
            break
        says = len(word) >= SHORTEST and not word.isdecimal() and not language.is_common(word)
        if says or _UNSPACED.match(word):
            found[_stem(word)] = None
    return tuple(found)


def _whole(text: str) -> Iterator[str]:
    for found in _RUN.finditer(text.casefold()):
        run, at = found[0], 0
        for block in _UNSPACED.finditer(run):
            if at < block.start():
                yield run[at : block.start()][:LONGEST]
            yield from _pairs(block[0])
            at = block.end()
        if at < len(run):
            yield run[at:][:LONGEST]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM:
            return word[: -len(ending)]
    return word


def _pairs(block: str) -> Iterator[str]:
    if len(block) == 1:
        yield block
    for at in range(len(block) - 1):
        yield block[at : at + 2]
