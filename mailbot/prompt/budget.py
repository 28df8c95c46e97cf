"""How many tokens a text costs, and what stands of it when there is room for fewer."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter

CRUMB = 100  # tokens; less of a text is not worth showing
CUT = "\n[... {:,} characters left out here ...]\n"
LETTERS = 4  # of a word in plain letters, to a token

# Tokens of one character outside plain words, where it is fewer than its octets. An estimate on the safe side: held
# against the tokenizers of DeepSeek V3, GPT-4o, Gemma 3, Llama 3 and Qwen 3, ordinary mail in thirteen languages costs
# at most as much as this, and noise (base64, digits, rare characters) at most 40 % more.
_SCRIPTS = {"LATIN": 1.8, "CYRILLIC": 0.6, "GREEK": 1.1, "ARABIC": 0.7, "HEBREW": 1.0, "THAI": 0.8, "DEVANAGARI": 1.2}
_SCRIPTS |= {"CJK": 1.5, "HIRAGANA": 1.0, "KATAKANA": 1.0, "HANGUL": 1.2, "IDEOGRAPHIC": 1.2, "FULLWIDTH": 1.2}

_WORD = re.compile(r"[A-Za-z]?[a-z]+")
_BLANKS = re.compile(r"[ \t]+")
_MANY_BLANKS = re.compile(r"[ \t]{8}")  # one alone belongs to the word behind it


def tokens(text: str) -> int:
    """At least as many as a model's server will count for any ordinary text."""
    words = _WORD.findall(text)
    rest = Counter(_BLANKS.sub("", _WORD.sub("", text)))
    spent = sum((len(word) + LETTERS - 1) // LETTERS for word in words) + len(_MANY_BLANKS.findall(text))
    return int(spent + sum(_weight(char) * count for char, count in rest.items())) + 1


def _weight(char: str) -> float:
    octets = len(char.encode("utf-8", "replace"))
    if octets == 1:
        return 1.0
    script = unicodedata.name(char, "").partition(" ")[0]
    return _SCRIPTS.get(script, octets) if octets < 4 else float(octets)


def cost(value: object) -> int:
    """What a value costs as the JSON that the model is shown."""
    return tokens(json.dumps(value, ensure_ascii=False))


def fit(text: str, room: int) -> str:
    """The text, or its head and tail around a visible mark."""
    spent, keep, fitted = cost(text), len(text), text
    while spent > room and keep > 0:
        keep = min(keep - 1, keep * room // spent)
        head = keep * 2 // 3
        mark = CUT.format(len(text) - keep)
        fitted = text[:head].rstrip() + mark + text[len(text) - (keep - head) :].lstrip()
        spent = cost(fitted)
    return fitted
