"""How a mail begins and ends: its greeting, its sign-off, and where a signature without a mark begins.

A greeting and a sign-off have two forms: as they were written, and as a habit in which every name is only its kind, so
that it says nothing of the person it was written to. Refuses to know habits beyond these two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailbot.own import phrases

FIRST, LAST, NAME = "{first name}", "{last name}", "{name}"
GREETING = 60  # characters of a greeting, at most
CLOSING = 60  # characters of a line that closes
CLOSING_WORDS = 7  # of such a line: "Viele Grüße aus dem verregneten Hamburg, Ada"
SIGNED = 40  # characters of the line with the writer's name
PET = 3  # first letters that a pet name shares with the name
END = 14  # last lines with words among which a sign-off is looked for; signatures of firms are long

_HEAD = re.compile(r"[^,!:;–—。、，：！\n]{1,60}?(?=\s*(?:[,!:;–—。、，：！]|\s-\s|\.?$))")
_PUNCTUATION = re.compile(r"\s*([,!:;–—。、，：！]|\s-(?=\s))")
# A line that is nothing but a name and what Japanese and Chinese put behind it: 田中様, 鈴木部長様, 王女士.
_ADDRESSED = re.compile(r"[\w・ \u3000]{1,20}?(様|さま|さん|殿|御中|先生|女士)")
_EDGES = " \t,.!;:–—-*_。、，：！"


@dataclass(frozen=True, slots=True)
class Phrase:
    """``written`` as it stands in the mail, ``habit`` without anything that is about somebody; both "" when the mail
    has none, ``habit`` alone when nothing is left of it. ``language`` is that of its words, "" when several share
    them."""

    written: str = ""
    habit: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """``text`` is the mail without what follows its sign-off."""

    text: str
    greeting: Phrase
    signoff: Phrase


def small(text: str) -> str:
    """In small letters, character by character, so that a place in it is the same place in ``text``."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def read(text: str, readers: Iterable[str], writer: Iterable[str]) -> Frame:
    """The frame of a text that ``writer`` (the names he goes by) wrote to ``readers`` (their names)."""
    lines = text.split("\n")
    greeting = _greeting(next((line.strip() for line in lines if line.strip()), ""), tuple(readers))
    start, end, signoff = _signoff(lines, tuple(writer))
    if start < 0:
        return Frame(text.strip("\n"), greeting, Phrase())
    return Frame("\n".join(lines[:end]).strip("\n"), greeting, signoff)


def _greeting(line: str, readers: tuple[str, ...]) -> Phrase:
    if addressed := _ADDRESSED.fullmatch(line):
        return Phrase(line, f"{NAME}{addressed[1]}", "")
    found = _HEAD.match(line)
    if found is None:
        return Phrase()
    head = found[0].rstrip()
    word, language = _opening(head, phrases.GREETINGS)
    if word and len(head) == len(word) and _is_name(line[len(word) :], readers):
        head = line.rstrip(_EDGES)  # "Hola, Inés:"
    mark = _PUNCTUATION.match(line, len(head))
    end = mark[0].rstrip() if mark else ""
    rest = head[len(word) :].split()
    if not word and _is_pet_name(line, readers):
        return Phrase(line, f"{FIRST}{end}", "")
    if not word and _kinds(rest, readers) not in ([FIRST], [FIRST, LAST]):
        return Phrase()
    if len(rest) > CLOSING_WORDS or (word and not mark and len(head) < len(line)):
        return Phrase()
    habit = " ".join(filter(None, (head[: len(word)], *_kinds(rest, readers)))).replace(" ,", ",") + end
    return Phrase(head + end, habit, language)


def _is_pet_name(line: str, readers: tuple[str, ...]) -> bool:
    """Whether a line is one word and a mark, and the word begins as a reader's first name does: "Martita!"."""
    word = small(line.strip(_EDGES))
    firsts = (small(split_name(name)[0])[:PET] for name in readers)
    return word.isalpha() and word != small(line) and any(len(f) == PET and word.startswith(f) for f in firsts)


def _is_name(text: str, readers: tuple[str, ...]) -> bool:
    """Whether a text is nothing but how one of the readers is called."""
    words = [word for word in text.split() if word.strip(_EDGES)]
    known = all(kind != NAME for kind in _kinds(words, readers))
    return 0 < len(words) <= CLOSING_WORDS and len(text) <= GREETING and known


def _opening(text: str, tables: dict[str, tuple[str, ...]]) -> tuple[str, str]:
    """The longest phrase of the tables that the text begins with, and its language."""
    folded = small(text)
    found = [
        (phrase, language)
        for language, table in tables.items()
        for phrase in table
        if folded.startswith(phrase) and not folded[len(phrase) : len(phrase) + 1].isalpha()
    ]
    longest = max((phrase for phrase, _ in found), key=len, default="")
    languages = {language for phrase, language in found if phrase == longest}
    return longest, languages.pop() if len(languages) == 1 else ""


def _kinds(words: list[str], people: tuple[str, ...]) -> list[str]:
    """The words of a greeting with every name as its kind, the kinds that follow each other only once."""
    kinds: list[str] = []
    for word in words:
        bare = small(word.strip(_EDGES))
        kind = word if not bare or bare in phrases.TITLES else _kind(bare, people)
        if kind not in kinds or kind == word:
            kinds.append(kind)
    return kinds


def _kind(bare: str, people: tuple[str, ...]) -> str:
    for name in people:
        first, last = split_name(name)
        if bare and bare == small(first):
            return FIRST
        if bare and bare in small(last).split():
            return LAST
    return NAME


def split_name(name: str) -> tuple[str, str]:
    """First and last names: "Lindqvist, Mara" turned round."""
    last, comma, first = name.partition(",")
    if comma and "," not in first:
        name = f"{first} {last}"
    words = [word for word in name.split() if small(word.strip(".")) not in phrases.TITLES]
    return (words[0], " ".join(words[1:])) if words else ("", "")


def _signoff(lines: list[str], writer: tuple[str, ...]) -> tuple[int, int, Phrase]:
    """Where it begins and where the text behind it does, and what it is; (-1, -1, nothing) without one."""
    filled = [at for at, line in enumerate(lines) if line.strip()][1:][-END:]  # the first line is no sign-off
    closing = next((at for at in reversed(filled) if _closes(lines[at])), -1)
    if closing >= 0:
        after = [at for at in filled if at > closing][:1]
        signed = after[0] if after and _is_signed(lines[after[0]], writer) else closing
        return closing, signed + 1, _closed(lines[closing], lines[signed] if signed > closing else "", writer)
    signed = next((at for at in filled if _is_own_name(lines[at], writer)), -1)
    if signed < 0:
        return -1, -1, Phrase()
    return signed, signed + 1, Phrase(lines[signed].strip(), lines[signed].strip(), "")


def _closes(line: str) -> bool:
    bare = line.strip()
    phrase, _ = _opening(bare, phrases.CLOSINGS)
    return bool(phrase) and len(bare) <= CLOSING and len(bare.split()) <= CLOSING_WORDS and "?" not in bare


def _closed(line: str, name: str, writer: tuple[str, ...]) -> Phrase:
    written = line.strip()
    phrase, language = _opening(written, phrases.CLOSINGS)
    rest = written[len(phrase) :]
    end = rest.strip()[:1] if rest.strip()[:1] in tuple(",.!") else ""
    same_line = rest.strip(_EDGES)
    inline = f" {same_line}" if same_line and _is_own_name(same_line, writer) else ""
    habit = f"{written[: len(phrase)]}{end}{inline}"
    own = name.strip() if name and _is_own_name(name, writer) else ""
    parts = (habit, own) if own else (habit,)
    return Phrase("\n".join(filter(None, (written, name.strip()))), "\n".join(parts), language)


def _is_signed(line: str, writer: tuple[str, ...]) -> bool:
    """Whether the line below a closing is a name: one of the writer's, or short and without digits."""
    bare = line.strip()
    return _is_own_name(bare, writer) or (len(bare) <= SIGNED // 2 and len(bare.split()) <= 2 and bare.isalpha())


def _is_own_name(line: str, writer: tuple[str, ...]) -> bool:
    """Whether the line is nothing but a name of the writer: whole, first, last, or initials."""
    words = [small(word.strip(_EDGES)) for word in line.split()]
    words = [word for word in words if word]
    if not words or len(line) > SIGNED:
        return False
    for name in writer:
        known = [small(part.strip(_EDGES)) for part in name.split()]
        initials = "".join(part[:1] for part in known)
        whole = all(word in known or (len(word) == 1 and word in initials) for word in words)
        if whole or "".join(words) in (initials, initials[:1]):
            return True
    return False
