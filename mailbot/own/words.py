"""The words by which texts are found: of an own mail, of a note, of a query.

Scripts without blanks (Chinese, Japanese, Thai) are cut into pairs of characters, because the index takes every run of
letters for one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 40  # characters of a word; more is no word
SHORTEST = 3  # characters of a word that a query asks for; shorter ones stand everywhere

_RUN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")


def words(text: str) -> Iterator[str]:
    """In small letters, in order."""
    for found in _RUN.finditer(text.casefold()):
        run, at = found[0], 0
        for block in _UNSPACED.finditer(run):
            if at < block.start():
                yield run[at : block.start()][:LONGEST]
            yield from _pairs(block[0])
            at = block.end()
        if at < len(run):
            yield run[at:][:LONGEST]


def telling(text: str, most: int) -> tuple[str, ...]:
    """The first ``most`` different words that are long enough to say something."""
    found = dict[str, None]()
    for word in words(text):
        if len(found) >= most:
            break
        if (len(word) >= SHORTEST or _UNSPACED.match(word)) and not word.isdecimal():
            found[word] = None
    return tuple(found)


def _pairs(block: str) -> Iterator[str]:
    if len(block) == 1:
        yield block
    for at in range(len(block) - 1):
        yield block[at : at + 2]
