"""By which words notes are looked for, and which of those found are worth showing.

Who chooses the words chooses what may leak. Everybody who gets the reply is entitled to the folder, so the sender of a
mail can at most reach notes that its readers may read; still the words for a folder that is only for some are the
owner's: what the owner wrote in the thread, the owner's wish, the addresses it goes to. Of the sender's words, and of
the names beside the addresses, only those count that the owner has used towards these very people, so that a mail can
name a topic of theirs and raise none of its own.
A folder for anyone keeps nothing back, and there all of the sender's words count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.mail.mail import Address
from mailbot.own.notes import Passage
from mailbot.own.words import telling, words

MOST = 60  # words of a query
SHOWN = 4  # passages
LEAST = 2  # different words of the query in a passage; one will do in its title
ABOUT = 2  # passages that are only about whom the reply goes to


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """``own``: what the owner wrote in this thread and wishes for this reply; ``before``: to the same readers before;
    ``theirs``: subject and text of the mail; ``readers``: of the reply."""

    own: Iterable[str]
    before: Iterable[str]
    theirs: str
    readers: Iterable[Address]


def for_some(asking: Asking) -> tuple[str, ...]:
    """The words for a folder that is shared with somebody."""
    own = _all(asking.own)
    used = {word for text in asking.before for word in words(text)} | set(own)
    theirs = (word for word in telling(asking.theirs, 4 * MOST) if word in used)
    people = (word for word in _people(asking.readers) if word in used | _addressed(asking.readers))
    return _first((*people, *own, *theirs))


def for_anyone(asking: Asking) -> tuple[str, ...]:
    """The words for a folder that is shared with anyone."""
    return _first((*_people(asking.readers), *telling(asking.theirs, 4 * MOST), *_all(asking.own)))


def worth_showing(found: Iterable[Passage], asked: Sequence[str], readers: Iterable[Address]) -> tuple[Passage, ...]:
    """The first of the passages that have more than a word in common with what was asked, in their order; then a few
    that only name a reader in their title."""
    wanted = set(asked)
    people = wanted & set(_people(readers))
    topical, about = dict[Passage, None](), dict[Passage, None]()
    for passage in found:
        title, text = set(words(passage.title)), set(words(passage.text))
        if (title & wanted) - people or (len(text & wanted) >= LEAST and (text & wanted) - people):
            topical[passage] = None
        elif title & people:
            about[passage] = None
    return (*topical, *tuple(about)[:ABOUT])[:SHOWN]


def _all(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in telling(text, 4 * MOST))


def _people(readers: Iterable[Address]) -> tuple[str, ...]:
    """Names, and the name of the house in the domain: "northwind" of mara@mail.northwind.example."""
    names = (f"{a.name} {' '.join(a.email.rpartition('@')[2].split('.')[:-1])}" for a in readers)
    return _all(names)


def _addressed(readers: Iterable[Address]) -> set[str]:
    """The words of the addresses themselves: the name beside one is whatever its sender likes."""
    return {word for address in readers for word in words(re.sub(r"[^\w]|_", " ", address.email))}


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST]
