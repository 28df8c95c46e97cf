"""What can be counted of how a mail is written: numbers, never content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from mailbot.own import phrases

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_END = re.compile(r"[.!?…]+(?=\s|$)|[。！？]|\n")
_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])\s+\S", re.MULTILINE)
_SMILE = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]|(?<!\\w)[:;]-?[)(D]")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
CHARACTERS_PER_WORD = 2  # of scripts without blanks, so that all lengths can be compared in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Of one mail, without greeting and sign-off. ``address`` is "du", "Sie", "tu" ..., "" when it cannot be told;
    ``contracted`` counts "don't", ``written_out`` "do not"."""

    words: int
    sentences: int
    address: str
    contracted: int
    written_out: int
    lists: bool
    exclaims: bool
    smiles: bool
    small: bool  # sentences begin with small letters


def read(text: str, language: str) -> Habits:
    """The habits in the body of a mail."""
    found = [word.replace("’", "'") for word in _WORD.findall(text)]
    folded = [word.lower() for word in found]
    pairs = list(pairwise(folded))
    sentences = [part.strip() for part in _END.split(text) if _WORD.search(part)]
    small = [part for part in sentences if (letter := next(filter(str.isalpha, part), "")) and letter.islower()]
    return Habits(
        words=len(found) + len(_UNSPACED.findall(text)) // CHARACTERS_PER_WORD,
        sentences=len(sentences),
        address=_most_used(sentences, language),
        contracted=sum(word in phrases.CONTRACTED for word in folded),
        written_out=sum(pair in phrases.WRITTEN_OUT for pair in pairs),
        lists=bool(_ITEM.search(text)),
        exclaims="!" in text,
        smiles=bool(_SMILE.search(text)),
        small=len(sentences) > 1 and len(small) > len(sentences) // 2,
    )


def address(text: str, language: str) -> str:
    """The form of address in a text: "du", "Sie", "tu", "vous" ...; "" when it cannot be told."""
    return _most_used([part.strip() for part in _END.split(text)], language)


def _most_used(sentences: list[str], language: str) -> str:
    forms = phrases.ADDRESS.get(language)
    if forms is None:
        return ""
    counts: dict[str, int] = {}
    for form, known in forms:
        # A capital tells something only behind the first word.
        begin = any(word[0].isupper() for word in known)
        found = [word for sentence in sentences for word in _WORD.findall(sentence)[begin:]]
        counts[form] = sum((word if begin else word.lower()) in known for word in found)
    (familiar, few), (polite, many) = counts.items()
    return "" if few == many else familiar if few > many else polite
