"""What a reply has word for word from the owner's earlier mails and notes: they are lent for tone and facts, and what
they say of other matters does not belong in a reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

LEAST = 8  # words in a row
LETTERS = 16  # in a row, of scripts that put no blanks between words
SHOWN = 80  # characters of a shared run

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_JOINED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def shared(reply: str, lent: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """For each text that was lent the first run of words that the reply shares with it and with nothing that is
    ``known``, "" when there is none."""
    found = list(_WORD.finditer(reply))
    words = [word.group().casefold() for word in found]
    elsewhere = {run for text in known for _, run in _runs(_words(text))}
    new = [(at, run) for at, run in _runs(words) if run not in elsewhere]
    spans = (_first(new, words, _words(text)) for text in lent)
    return tuple(reply[found[span[0]].start() : found[span[-1]].end()] if span else "" for span in spans)


def _first(new: Sequence[tuple[int, tuple[str, ...]]], words: list[str], theirs: list[str]) -> range:
    """The places of the words that make the first of the runs which is theirs, as far as it goes on."""
    places = {run: at for at, run in _runs(theirs)}
    for at, run in new:
        if run in places:
            end, their_end = at + len(run), places[run] + len(run)
            while words[end : end + 1] and words[end : end + 1] == theirs[their_end : their_end + 1]:
                end, their_end = end + 1, their_end + 1
            return range(at, end)
    return range(0)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _runs(words: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where a run of the least length begins, and its words."""
    for at, word in enumerate(words):
        least = LETTERS if _JOINED.match(word) else LEAST
        if at + least <= len(words):
            yield at, tuple(words[at : at + least])
