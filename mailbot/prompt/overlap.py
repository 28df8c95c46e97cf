"""What a reply has word for word from the owner's earlier mails and notes: they are lent for tone and facts, and what
they say of other matters does not belong in a reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LEAST = 8  # words in a row
LETTERS = 16  # in a row, of scripts that put no blanks between words
SHOWN = 80  # characters of a shared run

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_JOINED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def shared(reply: str, lent: str, known: Iterable[str]) -> str:
    """The first run of words that the reply shares with a text that was lent and with nothing that is ``known``, ""
    when there is none."""
    found = list(_WORD.finditer(reply))
    words, theirs = [word.group().casefold() for word in found], _words(lent)
    places = {run: at for at, run in _runs(theirs)}
    if not places:
        return ""
    elsewhere = {run for text in known for _, run in _runs(_words(text))}
    for at, run in _runs(words):
        if run in places and run not in elsewhere:
            end, their_end = at + len(run), places[run] + len(run)
            while words[end : end + 1] and words[end : end + 1] == theirs[their_end : their_end + 1]:
                end, their_end = end + 1, their_end + 1
            return reply[found[at].start() : found[end - 1].end()]
    return ""


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _runs(words: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where a run of the least length begins, and its words."""
    for at, word in enumerate(words):
        least = LETTERS if _JOINED.match(word) else LEAST
        if at + least <= len(words):
            yield at, tuple(words[at : at + least])
