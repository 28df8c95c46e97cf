"""Whether the owner's instructions or wish name the language that a reply is in, and so want it. Pure.

The owner writes them in any language ("always in English", "immer auf Englisch", "英語で"), so a language is looked for
by what it is called in each of ours (Unicode CLDR, by way of babel), whatever ending the name has there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.language import language

ENDING = 2  # letters at the end of a long name that change: "английский", "на английском"
LONG = 6  # letters
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def mismatch(mail: str, reply: str, code: str, asked: Iterable[str]) -> str:
    """What is wrong with the language of a reply, as ``language.mismatch`` says it; "" also where ``asked``, what the
    owner wants of the reply, names it. ``code`` is what the model says that it is."""
    wrong = language.mismatch(mail, reply, code)
    return "" if wrong and names("\n".join(asked), language.written(reply, code, "")) else wrong


def names(text: str, code: str) -> bool:
    """Whether a text names the language with this ISO 639-1 code; never for ""."""
    if not code or not text.strip():
        return False
    from babel import Locale

    called = {Locale.parse(spoken).languages.get(code, "") for spoken in language.CODES} - {""}
    folded = text.casefold()
    return any(_is_in(folded, name.casefold()) for name in called)


def _is_in(text: str, name: str) -> bool:
    if UNSPACED.search(name):
        return name in text
    stem = name[:-ENDING] if len(name) > LONG else name
    return re.search(rf"(?<!\w){re.escape(stem)}", text) is not None
